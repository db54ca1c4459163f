"""How many examples a property is tried with: all in the whole run, a quarter of them where `./test fast` asks."""

from __future__ import annotations

import os

_SHARE = 4 if os.environ.get("DOCKWORTHY_TEST_FAST") else 1


def examples(number: int) -> int:
    """Of so many as the whole run tries. Each run takes others, so that many fast ones see as much as a whole one."""
    return max(1, number // _SHARE)
