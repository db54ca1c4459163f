"""Waits until tasks run where they are meant to, and measures meanwhile how many of each service ran."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ..engine.connection import Connection
from ..engine.filters import filters
from ..errors import EngineError
from ..model.half_begun import HALF_BEGUN, RESTART_IT
from ..model.hosts import TASK_ENDED, Move, MoveKind, ServiceGap, SwarmNode

_LATEST = 8
"""Of the newest tasks: what one said that failed holds until another one runs."""
LOOK = 0.25
"""Seconds between two looks: a gap is known as exactly as that."""


class Gaps:
    """Adds up, look by look, how long fewer tasks ran than before, and how long none did."""

    def __init__(self, moves: Sequence[Move]) -> None:
        self._moves = moves
        self._below: dict[str, float] = {}
        self._none: dict[str, float] = {}

    def add(self, running: Mapping[str, int], seconds: float) -> None:
        """`running`: service id -> tasks that run now; `seconds` since the look before."""
        for move in self._moves:
            if running.get(move.service_id, 0) < move.wanted:
                self._below[move.service] = self._below.get(move.service, 0.0) + seconds
            if move.wanted and not running.get(move.service_id, 0):
                self._none[move.service] = self._none.get(move.service, 0.0) + seconds

    def told(self) -> tuple[ServiceGap, ...]:
        return tuple(
            ServiceGap(
                service=move.service, below=self._below.get(move.service, 0.0), none=self._none.get(move.service, 0.0)
            )
            for move in self._moves
            if move.kind not in (MoveKind.ENDS, MoveKind.STUCK)
        )


async def until_moved(
    engine: Connection, moves: Sequence[Move], *, away_from: SwarmNode | None, seconds: float
) -> tuple[ServiceGap, ...]:
    """Until nothing of `moves` runs on the node `away_from` (None: it does not matter), and what can move has moved.

    A node that is down tells nothing of what it runs: that is not counted, and not waited for.

    Raises EngineError, with the engine's own words for each task, where that is not so within `seconds`.
    """
    clock = asyncio.get_running_loop().time
    gaps, ends, looked = Gaps(moves), clock() + seconds, clock()
    while moves:
        tasks = await tasks_of_services(engine, [move.service_id for move in moves])
        if away_from is not None and not away_from.ready:
            tasks = [task for task in tasks if task.get("NodeID") != away_from.id]
        running = Counter(task["ServiceID"] for task in tasks if task["Status"]["State"] == "running")
        now = clock()
        gaps.add(running, now - looked)
        looked = now
        waits = [move for move in moves if _waits_for(move, tasks, running, away_from)]
        if not waits:
            break
        if now > ends:
            raise _too_late(waits, tasks, running, seconds)
        await asyncio.sleep(LOOK)
    return gaps.told()


def _waits_for(
    move: Move, tasks: Sequence[Mapping[str, Any]], running: Mapping[str, int], away_from: SwarmNode | None
) -> bool:
    mine = [task for task in tasks if task["ServiceID"] == move.service_id]
    left = away_from.id if away_from is not None else ""
    if any(task.get("NodeID") == left and task["Status"]["State"] not in TASK_ENDED for task in mine if left):
        return True
    if move.kind in (MoveKind.ENDS, MoveKind.STUCK):
        return False
    return running.get(move.service_id, 0) < move.wanted


async def tasks_of_services(engine: Connection, services: Sequence[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await engine.get(f"/tasks?{filters(service=list(services))}")
    return [task for task in found if task.get("Status")]


def _too_late(
    waits: Sequence[Move], tasks: Sequence[Mapping[str, Any]], running: Mapping[str, int], seconds: float
) -> EngineError:
    told = []
    for move in waits:
        mine = [task for task in tasks if task["ServiceID"] == move.service_id]
        mine.sort(key=lambda task: str(task.get("CreatedAt")))
        said = [err for task in mine[-_LATEST:] if (err := task["Status"].get("Err"))]
        state = mine[-1]["Status"]["State"] if mine else "not there yet"
        why = said[-1] if said else f"its last task is {state}"
        told.append(f"{move.service}: {running.get(move.service_id, 0)} of {move.wanted} tasks run ({why})")
    says = f"after {seconds:.0f} s not all has moved: {'; '.join(told)}"
    if HALF_BEGUN in says:
        return EngineError(says, hint=f"on the node that is to run them {RESTART_IT}, then this again")
    return EngineError(
        says, hint="it goes on by itself where it can; `dockworthy hosts resume NODE` takes the node back into use"
    )
