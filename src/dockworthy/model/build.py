"""An image build: what a Dockerfile says."""

from __future__ import annotations

from msgspec import Struct

from .field import Source


class ImageBuild(Struct, frozen=True, kw_only=True):
    """A Dockerfile. `id` is its file's name."""

    id: str
    source: Source
