"""How a guard ends: no new connections, what is under way is finished, and all of that is bounded."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Collection
from typing import Protocol

QUICK = 2.0
"""Seconds for what is under way when it is to end."""
WHEN_REPLACED = 600.0
"""Seconds for streams (logs, exec) of a guard beside which another one serves already."""
IDLE = 10.0
"""Seconds without a request after which a connection is closed, while it is replaced: its client opens another."""
_LOOK_EVERY = 0.1


class Leaver(Protocol):
    """A connection."""

    @property
    def is_busy(self) -> bool:
        """A request or a stream is under way on it."""

    def abort(self) -> None: ...


class ShutdownAsked:
    """Asked by SIGTERM and SIGINT, or by SIGUSR1 where another process serves the same sockets already."""

    def __init__(self) -> None:
        """Called in the loop whose signals these are."""
        self._loop = asyncio.get_running_loop()
        self._asked = asyncio.Event()
        self._until, self._idle = 0.0, 0.0
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._ask, QUICK, 0.0)
        self._loop.add_signal_handler(signal.SIGUSR1, self._ask, WHEN_REPLACED, IDLE)

    def _ask(self, within: float, idle: float) -> None:
        self._until, self._idle = self._loop.time() + within, idle
        self._asked.set()

    async def asked(self) -> None:
        await self._asked.wait()

    async def see_off(self, connections: Collection[Leaver]) -> None:
        """Waits until they are gone: a busy one as long as there is time, an idle one as long as it may be idle."""
        since: dict[int, float] = {}
        while connections:
            now = self._loop.time()
            for each in list(connections):
                idle_from = now if each.is_busy else since.get(id(each), now)
                since[id(each)] = idle_from
                if now >= self._until or (not each.is_busy and now - idle_from >= self._idle):
                    each.abort()
            await asyncio.sleep(_LOOK_EVERY if self._idle else 0.01)
