"""Large requests are judged aside, in a thread, so that the small ones of everybody else are answered meanwhile."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cache
from typing import Any, TypeVar, cast

from .request import TooMuch

_LARGE = 16 * 1024
"""Bytes. What Docker and Compose send for a container has a tenth."""
_LONG = 256
"""Entries of lists and objects, by what parts them. `docker run` sends 114."""
_THREADS = 2
"""More would only take the one interpreter from each other; what comes while they work waits for them."""
_SWITCH = 0.0005
"""Seconds for which a thread may keep the interpreter while the loop wants it: Python's own 5 ms are twenty times what
a small request takes."""

MOST_SECONDS = 20.0
"""For one request. The largest that the bounds let pass takes one, and as long as its look-ups at the engine take."""

World = TypeVar("World")
Result = TypeVar("Result")


def is_large(body: bytes) -> bool:
    """Is it to be judged aside?"""
    return len(body) > _LARGE or (len(body) > _LONG and body.count(b",") + body.count(b"{") > _LONG)


async def aside(work: Callable[[World], Coroutine[Any, Any, Result]], world: World) -> Result:
    """`work` in a thread and a loop of its own. It is given a `world` whose questions are asked in this loop, where the
    connections to the engine live. Raises what `work` raises, and TooMuch where it takes longer than MOST_SECONDS."""
    loop = asyncio.get_running_loop()
    bridged = cast(World, _Bridged(world, loop))

    async def limited() -> Result:
        try:
            return await asyncio.wait_for(work(bridged), MOST_SECONDS)
        except TimeoutError:
            raise TooMuch(f"it can't be judged within {MOST_SECONDS:.0f} s") from None

    context = copy_context()  # whose request it is
    return await loop.run_in_executor(_pool(), lambda: context.run(asyncio.run, limited()))


async def computed_aside(work: Callable[[], Result]) -> Result:
    """`work` in threads of their own: what is judged aside waits for this, and would wait for itself."""
    return await asyncio.get_running_loop().run_in_executor(_computing(), work)


@cache
def _pool() -> ThreadPoolExecutor:
    sys.setswitchinterval(_SWITCH)
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="aside")


@cache
def _computing() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="computing")


class _Bridged:
    def __init__(self, world: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._world, self._loop = world, loop

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._world, name)
        if not inspect.iscoroutinefunction(found):
            return found

        async def ask(*arguments: Any, **named: Any) -> Any:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(found(*arguments, **named), self._loop))

        return ask
