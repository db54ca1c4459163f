"""An identity, and the names by which dockworthy.yaml may speak of it."""

from __future__ import annotations

from msgspec import Struct


class Identity(Struct, frozen=True, kw_only=True):
    """`name` is how it is told of in an answer (`user alice`); `names` all under which it may be bound
    (`user:alice`, `group:ops`). `is_root`: the host's own root, who could change anything here anyway."""

    name: str
    names: frozenset[str] = frozenset()
    is_root: bool = False


NOBODY = Identity(name="somebody who can't be identified")

__all__ = ["NOBODY", "Identity"]
