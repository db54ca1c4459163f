"""The place at which an engine is asked, where dockworthy's guard stands there in its stead."""

from __future__ import annotations

from msgspec import Struct

from .field import NOT_READ, Field
from .guard_policy import Binding


class GuardedSocket(Struct, frozen=True, omit_defaults=True):
    """`path`: who connects there has the roles that the guard's policy gives them; `roles` are those of containers."""

    path: str
    roles: Field[tuple[Binding, ...]] = NOT_READ
