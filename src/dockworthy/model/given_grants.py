"""Roles below admin that the guard's grants gave for a time, also those that are over."""

from __future__ import annotations

import datetime

from msgspec import Struct

from .guard_policy import Binding, Role

MAKERS = (Role.DEPLOYER, Role.OPERATOR)
"""Roles of those who make, change or enter containers and are not root."""


class GivenGrant(Struct, frozen=True, kw_only=True):
    """`since` and `until` are instants with their time zone; `until` is earlier than it was given where somebody
    revoked it."""

    id: str
    binding: Binding
    since: datetime.datetime
    until: datetime.datetime


class GivenGrants(Struct, frozen=True, kw_only=True):
    """`known_since`: what ended before that instant may be missing; None where nothing is."""

    known_since: datetime.datetime | None = None
    grants: tuple[GivenGrant, ...] = ()
