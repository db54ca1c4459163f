"""Which base images are known by their name alone to leave the user to be root."""

from __future__ import annotations

from ...model.knowledge.base_images import ROOT_IMAGES
from ..supported_images import official_name


def starts_as_root(written: str) -> bool:
    """Is it known that the image names no user? Neither does it then check its health."""
    return official_name(written) in ROOT_IMAGES
