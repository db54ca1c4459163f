"""Waits until new containers do what they are there for, or says why they never will."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct

from ...engine.connection import Connection
from ...errors import HostError
from ...model.rollout import EDGE_NETWORK, Health, Task, TaskState
from ..store.still_ours import NOBODY_ELSE, StillOurs
from .log_tail import log_tail
from .running import read_task
from .step_failed import StepFailed

_STABLE = 2.0
"""Seconds that a container without a health check must have run."""
_EVERY = 0.1
_KILLED = 137
_MORE = "`deploy.healthy_within` gives more"


class Unreached(Struct, frozen=True):
    """A container that gets no requests from the edge. `meets`: what the edge meets there, after "the edge". `silent`:
    nothing comes back, not even a refusal."""

    address: str
    meets: str
    silent: bool = False


class OnEdge(Protocol):
    """The edge, as it serves one service."""

    async def all_up(self, addresses: Collection[str]) -> bool:
        """Do containers at these addresses get requests from the edge?"""

    async def troubles(self, addresses: Collection[str]) -> Sequence[Unreached]:
        """What the edge meets at those that do not. Raises HostError where the edge does not answer."""


async def until_healthy(
    engine: Connection,
    service: str,
    containers: Sequence[str],
    *,
    within: float,
    on_edge: OnEdge | None = None,
    ours: StillOurs = NOBODY_ELSE,
) -> list[Task]:
    """All of them, healthy, or running for a while where nothing tells of their health; at the edge too, if asked.

    Raises Occupied where another one took over meanwhile, and StepFailed with what the container, its health check and
    its log say.
    """
    clock = asyncio.get_running_loop().time
    ends = clock() + within
    stable = Stable(clock)
    while True:
        await ours.check()
        tasks = [await _present(engine, service, container) for container in containers]
        for task in tasks:
            await _must_not_have_failed(engine, task)
        late = [task for task in tasks if not stable.is_ready(task)]
        if not late and (on_edge is None or await on_edge.all_up(_at_edge(tasks))):
            return tasks
        if clock() >= ends:
            raise (
                await _too_late(engine, late[0], within) if late else await _not_reached(engine, tasks, on_edge, within)
            )
        await asyncio.sleep(_EVERY)


async def until_reached(
    engine: Connection,
    service: str,
    containers: Sequence[str],
    on_edge: OnEdge,
    *,
    within: float,
    ours: StillOurs = NOBODY_ELSE,
) -> None:
    """By the edge; of their health nothing is asked. Raises StepFailed, Occupied."""
    clock = asyncio.get_running_loop().time
    ends = clock() + within
    while True:
        await ours.check()
        tasks = [await _present(engine, service, container) for container in containers]
        if await on_edge.all_up(_at_edge(tasks)):
            return
        if clock() >= ends:
            raise await _not_reached(engine, tasks, on_edge, within)
        await asyncio.sleep(_EVERY)


async def _present(engine: Connection, service: str, container: str) -> Task:
    task = await read_task(engine, container)
    if task is None:
        raise StepFailed(service, f"{container[:12]} was removed by somebody else while it was started")
    return task


class Stable:
    """Since when each container is seen to run, by our own clock: the host's may be another one."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since: dict[tuple[str, str], float] = {}

    def is_ready(self, task: Task) -> bool:
        """Healthy; or running for a while, where nothing tells of its health."""
        if task.state is not TaskState.RUNNING:
            return False
        if task.health is not Health.NONE:
            return task.health is Health.HEALTHY
        now = self._clock()
        return now - self._since.setdefault((task.id, task.started), now) >= _STABLE


async def _must_not_have_failed(engine: Connection, task: Task) -> None:
    why = ""
    if task.state in (TaskState.EXITED, TaskState.DEAD):
        why = f"{task.name} ended with status {task.exit_code}" + (f": {task.error}" if task.error else "")
    elif task.state is TaskState.RESTARTING or task.restarts:
        why = f"{task.name} ends again and again, with status {task.exit_code}"
    elif task.health is Health.UNHEALTHY:
        why = f"{task.name} is unhealthy: {await _last_probe(engine, task)}"
    if why:
        raise StepFailed(task.service, why, log=await log_tail(engine, task.id))


async def _too_late(engine: Connection, late: Task, within: float) -> StepFailed:
    why = f"{late.name} was not healthy after {within:.0f} s: {await _last_probe(engine, late)}"
    return StepFailed(late.service, why, log=await log_tail(engine, late.id), hint=_MORE)


async def _not_reached(engine: Connection, tasks: Sequence[Task], on_edge: OnEdge | None, within: float) -> StepFailed:
    """They are well, and the edge sends them nothing."""
    troubles = {each.address: each for each in await troubles_of(on_edge, _at_edge(tasks))}
    late = next((task for task in tasks if task.addresses.get(EDGE_NETWORK, "") in troubles), tasks[0])
    trouble = troubles.get(late.addresses.get(EDGE_NETWORK, ""))
    why = f"the edge does not reach {late.name} after {within:.0f} s"
    why += f": it {trouble.meets}" if trouble is not None else ""
    return StepFailed(late.service, why, log=await log_tail(engine, late.id), hint=_MORE)


async def troubles_of(on_edge: OnEdge | None, addresses: Collection[str]) -> Sequence[Unreached]:
    """None where the edge does not tell."""
    try:
        return await on_edge.troubles(addresses) if on_edge is not None else ()
    except HostError:
        return ()


async def _last_probe(engine: Connection, task: Task) -> str:
    """What its health check said last, in one line."""
    return last_probe_in(await engine.get(f"/containers/{task.id}/json"))


def last_probe_in(facts: Mapping[str, Any]) -> str:
    """`facts`: of a container, as the API inspects it."""
    log = ((facts["State"].get("Health") or {}).get("Log")) or []
    if not log:
        return "its health check did not run yet"
    # The engine kills a health check that runs while it stops the container: that one tells nothing.
    own = [each for each in log if each.get("ExitCode") != _KILLED or str(each.get("Output", "")).strip()]
    last = (own or log)[-1]
    said = " ".join(str(last.get("Output", "")).split())[:200]
    return f"its health check ended with status {last.get('ExitCode')}" + (f": {said}" if said else "")


def _at_edge(tasks: Sequence[Task]) -> set[str]:
    return {task.addresses.get(EDGE_NETWORK, "") for task in tasks}
