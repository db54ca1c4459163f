"""Names that an object may be given: none that is spelt as the id of another one begins."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from ..decision import Refusal, refused
from .case import Case

BEGINNING = re.compile(r"[0-9a-f]{1,63}")
"""Of a container's id; many a good name is spelt so, too (`db`)."""
MIGHT_BE_AN_ID = re.compile(r"[0-9a-z]{1,64}")
"""So the id of an object may begin, also of a swarm's."""
_LIKE_AN_ID = re.compile(r"[0-9a-z]{4,64}")
"""The engine's ids are hexadecimal, the swarm's have all letters. People paste 12 digits and type four; what is shorter
begins the id of something ever so often by chance."""


async def refused_name(case: Case, name: str, kind: str = "container") -> AsyncIterator[Refusal]:
    """The engine takes a name before the beginning of an id: who pastes the id of another object meant that one.

    `kind`: container, network, service, secret or config. Volumes have no ids, and only admins name nodes.
    """
    if not _LIKE_AN_ID.fullmatch(name):
        return
    if kind == "container":
        found = await case.world.containers_beginning(name)
    else:
        found = await case.world.ids_beginning(kind, name)
    if found:
        yield refused(
            "guard/names",
            f"A name is not the id of another {kind}",
            f"another {kind}'s id begins with {name}",
            "choose another name",
        )
