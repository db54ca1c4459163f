"""Nothing could be proven: the service does not come up by itself, so no change could be told from no change."""

from __future__ import annotations

from collections.abc import Callable

from ...errors import DockworthyError
from .watching import Seen

_LAST = 5


class NotProven(DockworthyError):
    """The file was not changed."""

    exit_status = 16


def not_up(name: str, seen: Seen, clean: Callable[[str], str]) -> NotProven:
    """With the last lines of its log, secrets hidden."""
    last = [line for line in seen.log if line.strip()][-_LAST:]
    why = clean(seen.why)
    return NotProven(
        f"{name} does not come up, cut off from the world, so nothing is proven: {why}; "
        + ("the last lines of its log:" if last else "it wrote no log"),
        hint="it needs something that it has not here: see what it runs without, or hand it in with --hand-in NAME",
        excerpt=tuple(clean(line) for line in last),
    )
