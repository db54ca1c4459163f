"""How many examples a property is tried with: half in the whole run, a quarter where `./test fast` asks."""

from __future__ import annotations

import os

_SHARE = 4 if os.environ.get("DOCKWORTHY_TEST_FAST") else 2


def examples(number: int) -> int:
    """Of so many as a long look tries. Each run takes others, so that a few of them see as much."""
    return max(1, number // _SHARE)
