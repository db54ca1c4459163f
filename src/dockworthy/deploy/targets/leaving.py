"""Containers leave an edge that is not ours before they are stopped, as far as it can be made to notice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from ...engine.connection import Connection
from ...engine.faults import NoSuchObject
from ...errors import Occupied
from ...interruption import to_its_end
from ...model.rollout import Health, Leaving, TaskState
from ..store.still_ours import NOBODY_ELSE, StillOurs
from .running import read_task

_EVERY = 0.2
_MOST = 60.0
"""Seconds that a container may take to become unhealthy; then it is stopped as it is."""


async def leave(
    engine: Connection,
    service: str,
    how: Leaving | None,
    containers: Sequence[str],
    say: Callable[[str], None],
    *,
    ours: StillOurs = NOBODY_ELSE,
) -> None:
    """New ones run beside them: the edge gets its time to notice those; then these turn unhealthy, if they can, and
    the edge gets its time to notice that.

    Ended in between, they are started again: one that is told to leave has no way to come back. Raises EngineError,
    Occupied.
    """
    if how is None or not containers:
        return
    await asyncio.sleep(how.settle)
    if not how.signal:
        return
    try:
        for container in containers:
            await _ask(engine, container, f"kill?signal={how.signal}")
        if not await _turned(engine, containers, ours):
            say(f"{service}: {how.signal} makes no container unhealthy within {_MOST:.0f} s: stopped as it is")
        await asyncio.sleep(how.settle)
    except Occupied:
        raise
    except BaseException:
        await ours.before_cleaning_up()
        await to_its_end(_started_again(engine, containers))
        raise


async def _started_again(engine: Connection, containers: Sequence[str]) -> None:
    await asyncio.gather(*(_ask(engine, each, "restart") for each in containers))


async def _turned(engine: Connection, containers: Sequence[str], ours: StillOurs) -> bool:
    ends = asyncio.get_running_loop().time() + _MOST
    while asyncio.get_running_loop().time() < ends:
        await ours.check()
        tasks = [await read_task(engine, each) for each in containers]
        if all(t is None or t.state is not TaskState.RUNNING or t.health is Health.UNHEALTHY for t in tasks):
            return True
        await asyncio.sleep(_EVERY)
    return False


async def _ask(engine: Connection, container: str, what: str) -> None:
    """One that is gone, or does not run, has left already."""
    task = await read_task(engine, container)
    if task is not None and (task.state is TaskState.RUNNING or what == "restart"):
        try:
            await engine.send("POST", f"/containers/{container}/{what}", answer=False)
        except NoSuchObject:
            return
