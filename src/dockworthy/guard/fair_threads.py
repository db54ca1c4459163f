"""Threads for what may take long, which several people share: nobody has all of them while somebody else waits."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from typing import TypeVar

ASKER: ContextVar[str] = ContextVar("asker", default="")
"""Whose request is being judged, by the name in the audit; `""` where nobody knows, as behind the plugin alone."""

_THREADS = 4
_OF_ONE = 2
"""Threads that one person has at a time, and all together of whom nobody knows who they are. Their other requests wait,
also while threads are free: a look at a disk can't be broken off when somebody else comes."""

Result = TypeVar("Result")


class FairThreads:
    """For one loop. People take turns, whatever number of requests each has waiting."""

    def __init__(self, name: str, *, threads: int = _THREADS) -> None:
        self._name = name
        self._pool: ThreadPoolExecutor | None = None
        self._threads = threads
        self._working: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        """Who waits; whose turn is next comes first."""

    async def run(self, work: Callable[[], Result]) -> Result:
        """`work` in a thread, for the ASKER. Raises what `work` raises. Who is cancelled keeps the thread until
        `work` ends."""
        loop, who = asyncio.get_running_loop(), ASKER.get()
        await self._turn(who)
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix=self._name)
        working = self._pool.submit(work)

        def ended(_: Future[Result]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._end, who)

        working.add_done_callback(ended)
        return await asyncio.wrap_future(working)

    async def _turn(self, who: str) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(who, deque()).append(turn)
        self._give_turns()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it came at the same moment
                self._end(who)
            raise

    def _end(self, who: str) -> None:
        self._working[who] -= 1
        if not self._working[who]:
            del self._working[who]
        self._give_turns()

    def _give_turns(self) -> None:
        for who in list(self._waiting):
            turns = self._waiting[who]
            while turns and turns[0].done():  # cancelled
                turns.popleft()
            is_free = sum(self._working.values()) < self._threads
            if turns and is_free and self._working[who] < _OF_ONE:
                self._working[who] += 1
                turns.popleft().set_result(None)
                self._waiting[who] = self._waiting.pop(who)  # the others come first
            if not turns:
                del self._waiting[who]
