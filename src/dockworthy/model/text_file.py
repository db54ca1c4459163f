"""A file as text: what must not stand in it, whatever syntax it is in."""

from __future__ import annotations

from msgspec import Struct

from .field import Source


class TextFile(Struct, frozen=True, kw_only=True):
    """A file of the project. `id` is its name as a person writes it."""

    id: str
    source: Source
