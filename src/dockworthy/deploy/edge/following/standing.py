"""How the follower of an edge stands: does it run, and which containers does it not let join."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

from msgspec import Struct

from ...site import Site

_LOOK = """
cd {folder}/follow 2>/dev/null && [ -f follower.py ] || exit 0
if [ -f lock ] && ! flock -n lock true; then echo runs; else echo ended; fi
if [ -f told.json ]; then head -c 1000000 told.json; fi
"""


class FollowerStanding(Struct, frozen=True):
    """`is_there`: a deploy put it there. `refused`: name of a container -> why it does not join the edge."""

    is_there: bool = False
    runs: bool = False
    refused: dict[str, str] = {}

    def cares(self) -> Iterator[str]:
        if self.is_there and not self.runs:
            yield (
                "the edge's follower does not run: containers recreated by hand (`docker compose up`) get no requests "
                "until `dockworthy deploy`, which starts it again, too"
            )
        elif self.runs:
            for name, why in sorted(self.refused.items()):
                yield f"{name} does not join the edge by itself: {why}: `dockworthy deploy` lets it join"


async def follower_standing(site: Site, folder: str) -> FollowerStanding:
    """Changes nothing. `folder`: the edge's. Raises HostError."""
    done = await site.hand.run(_LOOK.format(folder=shlex.quote(folder)))
    first, _, told = done.output.partition("\n")
    try:
        refused = json.loads(told or "{}").get("refused") or {}
        refused = {str(each["name"]): str(each["why"]) for each in refused.values()}
    except (ValueError, KeyError, AttributeError, TypeError):  # it is written anew with the next change
        refused = {}
    return FollowerStanding(bool(first), first == "runs", refused)
