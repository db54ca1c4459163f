"""Several questions to the engine at a time, but never more than a few; and tasks that begin at once."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar


def begin_task(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Called in a loop. Python 3.11 can't; there it begins in the loop's next turn."""
    loop = asyncio.get_running_loop()
    if sys.version_info >= (3, 12):
        return asyncio.Task(work, loop=loop, eager_start=True)
    return loop.create_task(work)


AT_A_TIME = 8
"""More would only wait in the engine, and hold connections that other requests need."""

Asked = TypeVar("Asked")
Found = TypeVar("Found")


async def look_up(ask: Callable[[Asked], Awaitable[Found]], wanted: Iterable[Asked]) -> list[Found]:
    """The answers in the order of what was wanted. The first error ends it, and is raised."""
    asked = list(wanted)
    if len(asked) < 2:
        return [await ask(each) for each in asked]
    places = asyncio.Semaphore(AT_A_TIME)

    async def one(each: Asked) -> Found:
        async with places:
            return await ask(each)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(each)) for each in asked]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [task.result() for task in tasks]
