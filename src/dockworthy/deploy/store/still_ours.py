"""Does the project still belong to who is at work on it? Asked in the middle of what takes long: a deploy that slept
(a laptop that was shut) must not go on beside the one that took over, nor take anything back there."""

from __future__ import annotations

import asyncio
import contextlib

from ...errors import EngineError, HostError
from .release_store import Lock

_EVERY = 2.0
"""Seconds: who took over waits for nobody, and a look costs some milliseconds."""


class StillOurs:
    """`lock`: None where nothing is changed."""

    def __init__(self, lock: Lock | None = None) -> None:
        self._lock = lock
        self._looked = float("-inf")

    async def check(self) -> None:
        """For loops: looks where the last look is some time ago. Raises Occupied, and what the lock raises."""
        clock = asyncio.get_running_loop().time
        if self._lock is not None and clock() - self._looked >= _EVERY:
            await self._lock.check()
            self._looked = clock()

    async def before_cleaning_up(self) -> None:
        """Raises Occupied: what is there is another one's by now, and is left to it."""
        if self._lock is None:
            return
        with contextlib.suppress(HostError, EngineError):  # nobody tells: what was begun is taken back all the same
            await self._lock.check()


NOBODY_ELSE = StillOurs()
"""Where no lock is held, and so nobody takes it over: always still ours."""
