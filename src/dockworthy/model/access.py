"""Who may do what: rights that a file gives to people and programs."""

from __future__ import annotations

from msgspec import Struct

from .field import Source


class Access(Struct, frozen=True, kw_only=True):
    """One grant: a role and those who hold it. `id` is the file and the object's name."""

    id: str
    kind: str
    source: Source
