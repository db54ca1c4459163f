"""Waits until tasks that are to stop have stopped. Source: GET /tasks, /nodes."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

from ....engine.connection import Connection
from ....engine.faults import NoSuchObject

_LEAVING = 20.0
"""Seconds beyond its grace in which an old task must be gone."""
_EVERY = 0.1
_GONE = ("complete", "failed", "rejected", "shutdown", "orphaned", "remove")


async def until_gone(engine: Connection, which: str, staying: Collection[str] = (), *, only_told: bool = False) -> None:
    """All tasks of the query `which` but `staying` have stopped, or had the time to. `only_told`: of those that were
    told to. One on a host that is dead is never seen to go: it is not waited for."""
    nodes = await engine.get("/nodes")
    dead = {node["ID"] for node in nodes if node["Status"]["State"] != "ready"}
    clock = asyncio.get_running_loop().time
    ends = clock() + _LEAVING
    while True:
        leaving = [
            task
            for task in await _tasks(engine, which)
            if task["ID"] not in staying
            and task["Status"]["State"] not in _GONE
            and task.get("NodeID") not in dead
            and (task["DesiredState"] in ("shutdown", "remove") or not only_told)
        ]
        grace = max((_grace(task) for task in leaving), default=0.0)
        if not leaving or clock() >= ends + grace:
            return
        await asyncio.sleep(_EVERY)


async def until_told(engine: Connection, which: str, staying: Collection[str]) -> None:
    """All tasks of the query `which` but `staying` have been told to stop, or there was time for it. An engine takes
    such a one out of the names first, and gives that two seconds to get around, before it stops it."""
    clock = asyncio.get_running_loop().time
    ends = clock() + _LEAVING
    while clock() < ends:
        others = [task for task in await _tasks(engine, which) if task["ID"] not in staying]
        if not any(task["DesiredState"] == "running" and task["Status"]["State"] not in _GONE for task in others):
            return
        await asyncio.sleep(_EVERY)


async def _tasks(engine: Connection, which: str) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = await engine.get(f"/tasks{which}")
    except NoSuchObject:  # a service that is gone has none
        return []
    return found


def _grace(task: Mapping[str, Any]) -> float:
    return float(task["Spec"]["ContainerSpec"].get("StopGracePeriod") or 10**10) / 10**9
