"""An image's name as it was written: how exactly does it say which image is meant?"""

from __future__ import annotations

import re

from msgspec import Struct

_DIGEST = re.compile(r"@[a-z0-9+._-]+:[0-9a-fA-F]{32,}\Z")
_ID = re.compile(r"(?:sha256:)?[0-9a-f]{64}\Z|[0-9a-f]{12}\Z")

_MOVING = frozenset(
    "latest stable main master trunk edge nightly dev develop devel development test testing staging prod production"
    " release current rolling canary beta alpha snapshot lts next mainline unstable".split()
)


class ImageName(Struct, frozen=True):
    """`tag` `""` where none is written; `fixed`: a digest or an image's own id, which can only mean one image."""

    repository: str
    tag: str
    fixed: bool

    @property
    def is_moving(self) -> bool:
        """Is the tag made to be moved on to the next build? None at all means `latest`."""
        return not self.tag or self.tag.lower() in _MOVING

    @property
    def program(self) -> str:
        """The last part of the repository: `postgres` of `registry.example.com:5000/library/postgres`."""
        return self.repository.rsplit("/", 1)[-1]


def parse_image(written: str) -> ImageName:
    """A reference: `host:5000/team/shop:1.4@sha256:…`, a bare id, or a short id."""
    if _ID.match(written):
        return ImageName("", "", True)
    named = _DIGEST.sub("", written)
    head, slash, last = named.rpartition("/")
    last, _, tag = last.partition(":")
    return ImageName(f"{head}{slash}{last}", tag, named != written)
