"""A task that begins at once: most requests are judged without waiting for anything, and need no turn of the loop."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any


def begin_task(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Called in a loop. Python 3.11 can't; there it begins in the loop's next turn."""
    loop = asyncio.get_running_loop()
    if sys.version_info >= (3, 12):
        return asyncio.Task(work, loop=loop, eager_start=True)
    return loop.create_task(work)


__all__ = ["begin_task"]
