"""What a change makes of the policy that it is itself judged by."""

from __future__ import annotations

from msgspec import Struct

from .field import Source


class Loosening(Struct, frozen=True):
    """One thing that is asked no more, or accepted now: `says` which."""

    says: str
    source: Source


class PolicyChange(Struct, frozen=True, kw_only=True):
    """A policy that is not as it was. `id` is its file's name, `since` the commit it is compared with."""

    id: str
    source: Source
    since: str
    loosened: tuple[Loosening, ...] = ()
