"""Names that a container may be given."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from ..decision import Refusal, refused
from .case import Case

BEGINNING = re.compile(r"[0-9a-f]{1,63}")
"""Of an id; many a good name is spelt so, too (`db`)."""
_SHORT_ID = re.compile(r"[0-9a-f]{12,64}")
"""As `docker ps` shows ids. Shorter ones begin the id of something ever so often by chance."""


async def refused_name(case: Case, name: str) -> AsyncIterator[Refusal]:
    """The engine takes a name before the beginning of an id: who pastes the id of another container meant that one."""
    if _SHORT_ID.fullmatch(name) and await case.world.containers_beginning(name):
        yield refused(
            "guard/names", "A name is not the id of another container", f"another container's id begins with {name}"
        )
