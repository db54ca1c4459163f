"""Tasks move to nodes that have fewer of their service, one after another: first the services, then it is waited for.

`docker service update --force` does not do that: it starts all tasks anew, and with new before old it counts the old
ones while it places the new ones: simulated, three replicas on one of three nodes leave a node without one in two of
three cases. One more task goes to the emptiest node, and one less is taken from the fullest: that is how swarmkit
places them (manager/orchestrator/replicated/services.go), and what stays is not started again.

Source: Engine API v1.45, POST /services/{id}/update, GET /tasks.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from ..deploy.targets.swarm.services import change
from ..deploy.targets.swarm.waiting import failure, is_ready
from ..engine.connection import Connection
from ..errors import EngineError
from ..model.hosts import TASK_ENDED, Move, MoveKind, ServiceGap, Spread, SwarmNode
from ..model.labels import REBALANCED_FROM
from ..model.saying import Say
from ..report.hosts import where_in_words
from .nodes import nodes_of
from .placement import allows, constraints_of, is_wanted, replicas, volumes_of
from .watching import LOOK, Gaps, tasks_of_services

_SETTLES = 3.0
"""Seconds that a task has run before one that it replaces ends: until who sends requests has found it."""
_UNCHECKED = 8.0
"""The same where no health check says when it answers."""


async def plan_rebalance(
    engine: Connection, nodes: Sequence[SwarmNode], only: Sequence[str] = ()
) -> tuple[Spread, ...]:
    """Of all services, or of those named. Changes nothing. Raises EngineError."""
    services, tasks = await asyncio.gather(engine.get("/services"), engine.get("/tasks"))
    return spreads_of(nodes, services, tasks, only)


def spreads_of(
    nodes: Sequence[SwarmNode],
    services: Sequence[Mapping[str, Any]],
    tasks: Sequence[Mapping[str, Any]],
    only: Collection[str] = (),
) -> tuple[Spread, ...]:
    """One for each replicated service, by name. `only`: these services (() all)."""
    chosen = (each for each in services if not only or each["Spec"]["Name"] in only)
    found = (spread_of(nodes, each, tasks) for each in chosen if replicas(each))
    return tuple(sorted(found, key=lambda spread: spread.service))


def spread_of(nodes: Sequence[SwarmNode], service: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]]) -> Spread:
    """`tasks`: of any services."""
    spec = service["Spec"]
    asked = constraints_of(service)
    takers = [node for node in nodes if node.takes_tasks and allows(asked, node)]
    mine = [task for task in tasks if task.get("ServiceID") == service["ID"] and is_wanted(task)]
    counted = Counter(str(task.get("NodeID") or "") for task in mine)
    where = {node.called: counted[node.id] for node in sorted(takers, key=lambda node: node.called)}
    before = _begun_with(service)
    return Spread(
        service=str(spec["Name"]),
        service_id=str(service["ID"]),
        replicas=before if before is not None else replicas(service) or 0,
        where=where,
        moves=_moves(list(where.values())),
        stop_first=(spec.get("UpdateConfig") or {}).get("Order") != "start-first",
        begun=before is not None,
        stays=_why_it_stays(service),
    )


def _begun_with(service: Mapping[str, Any]) -> int | None:
    """How many tasks it is to have, where a run was killed while one moved. Whoever scaled it since meant that."""
    label = str((service["Spec"].get("Labels") or {}).get(REBALANCED_FROM) or "")
    count = int(label) if label.isascii() and label.isdigit() and len(label) < 10 else None
    return count if count is not None and abs(count - (replicas(service) or 0)) <= 1 else None


def _why_it_stays(service: Mapping[str, Any]) -> str:
    if volumes := volumes_of(service):
        return f"volume {', '.join(volumes)} is on one node alone: elsewhere it begins empty"
    state = (service.get("UpdateStatus") or {}).get("State") or ""
    if state in ("updating", "paused", "rollback_started", "rollback_paused"):
        return f"an update of it is {state.replace('_', ' ')}"
    return ""


def _moves(counts: Sequence[int]) -> int:
    """So that no node has two more than another: as few tasks as that takes."""
    if not counts:
        return 0
    each, more = divmod(sum(counts), len(counts))
    fullest = sorted(counts, reverse=True)
    return sum(max(0, count - each - (place < more)) for place, count in enumerate(fullest))


async def rebalance(engine: Connection, spread: Spread, *, seconds: float, say: Say) -> tuple[Spread, ServiceGap]:
    """One service. `seconds`: for each task. Returns how it is spread then, and for how long fewer of it ran meanwhile.

    Raises StepFailed where a new task does not come up: nothing is taken away then; EngineError where it takes longer,
    or somebody else changes how many there are.
    """
    mover = _Mover(engine, spread, seconds)
    now = spread
    for _ in range(spread.moves + spread.begun):
        await mover.move()
        before, now = now, await mover.spread()
        say(f"  {spread.service}: {where_in_words(now)}")
        if not now.moves:
            break
        if now.moves >= before.moves and not before.begun:
            raise EngineError(
                f"{spread.service} is spread no better: the swarm put the new task on a node that already has more",
                hint="has the other node room for it (reservations, ports, max_replicas_per_node)? docker node inspect",
            )
    return now, mover.gap()


class _Mover:
    """Of one service."""

    def __init__(self, engine: Connection, spread: Spread, seconds: float) -> None:
        self._engine = engine
        self._service = spread
        self._seconds = seconds
        wanted = spread.replicas - spread.stop_first
        moved = Move(service=spread.service, service_id=spread.service_id, tasks=1, wanted=wanted, kind=MoveKind.MOVES)
        self._gaps = Gaps([moved])

    def gap(self) -> ServiceGap:
        (told,) = self._gaps.told()
        return told

    async def spread(self) -> Spread:
        nodes, service, tasks = await asyncio.gather(
            nodes_of(self._engine), self._engine.get(f"/services/{self._service.service_id}"), self._tasks()
        )
        return spread_of(nodes, service, tasks)

    async def move(self) -> None:
        """New before old, where the service is replaced so; else the other way round."""
        usual = self._service.replicas
        earlier = {task["ID"] for task in await self._tasks()}
        if self._service.stop_first:
            await self._scale(usual - 1, during=True)
            await self._until_ended(usual - 1)
            await self._scale(usual)
            await self._until_serving(usual, earlier)
            return
        await self._scale(usual + 1, during=True)
        await self._until_serving(usual + 1, earlier)
        await self._scale(usual)
        await self._until_ended(usual)

    async def _scale(self, count: int, *, during: bool = False) -> None:
        """`during`: another one follows, and its label says what was there before."""
        usual = self._service.replicas

        def to(now: dict[str, Any]) -> Mapping[str, Any]:
            found = int(now["Mode"]["Replicated"].get("Replicas") or 0)
            if found not in (usual - 1, usual, usual + 1):
                raise EngineError(
                    f"somebody else changed how many tasks {self._service.service} has meanwhile: {found}",
                    hint="when that is done: dockworthy hosts rebalance, once more",
                )
            labels = {key: value for key, value in (now.get("Labels") or {}).items() if key != REBALANCED_FROM}
            labels |= {REBALANCED_FROM: str(usual)} if during else {}
            return {**now, "Labels": labels, "Mode": {"Replicated": {"Replicas": count}}}

        await change(self._engine, self._service.service, to)

    async def _until_serving(self, count: int, earlier: set[str]) -> None:
        """So many run, and have for a while."""

        async def is_so(tasks: Sequence[Mapping[str, Any]]) -> bool:
            for task in tasks:
                if task["ID"] not in earlier and task["Status"]["State"] in ("failed", "rejected"):
                    raise await self._failed(task)
            return sum(is_ready(task, checked=_SETTLES, unchecked=_UNCHECKED) for task in tasks) >= count

        await self._until(is_so, f"has fewer than {count} healthy tasks")

    async def _until_ended(self, count: int) -> None:
        """No more than so many are there, and those that were told to end have ended."""

        async def is_so(tasks: Sequence[Mapping[str, Any]]) -> bool:
            return sum(task["Status"]["State"] not in TASK_ENDED for task in tasks) <= count

        await self._until(is_so, f"has more than {count} tasks")

    async def _until(self, is_so: Callable[[Sequence[Mapping[str, Any]]], Any], otherwise: str) -> None:
        clock = asyncio.get_running_loop().time
        ends = looked = clock()
        ends += self._seconds
        while True:
            tasks = await self._tasks()
            now = clock()
            running = sum(task["Status"]["State"] == "running" for task in tasks)
            self._gaps.add({self._service.service_id: running}, now - looked)
            looked = now
            if await is_so(tasks):
                return
            if now > ends:
                raise EngineError(
                    f"{self._service.service} {otherwise} after {self._seconds:.0f} s",
                    hint=f"docker service ps {self._service.service}; dockworthy hosts rebalance goes on from there",
                )
            await asyncio.sleep(LOOK)

    async def _failed(self, task: Mapping[str, Any]) -> EngineError:
        name = f"{self._service.service}.{task.get('Slot', 0)}"
        why = await failure(self._engine, self._service.service, name, task)
        kept = "" if self._service.stop_first else f"; nothing was taken away, {self._service.replicas} go on"
        hint = why.hint or "mend its node, or dockworthy hosts drain NODE"
        return EngineError(f"{why.says}{kept}", hint=f"{hint}; then dockworthy hosts rebalance goes on")

    async def _tasks(self) -> list[dict[str, Any]]:
        return await tasks_of_services(self._engine, [self._service.service_id])
