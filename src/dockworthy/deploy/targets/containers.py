"""A project's containers on one engine: found, started, waited for, stopped, named, removed.

The engine calls a container that was told to stop "running" until it has ended, which an application that finishes its
work makes last. Such a one is named so before: a run that finds it, because the one before was killed, or that is to
start it again, waits for its end.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote

from msgspec import Struct

from ...engine.connection import Connection
from ...engine.faults import NoSuchObject
from ...engine.filters import filters
from ...errors import EngineError, HostError
from ...model.labels import COMPOSE_ONEOFF, COMPOSE_PROJECT, COMPOSE_SERVICE
from ...model.rollout import EDGE_NETWORK, Desired, Health, Task, TaskState
from ..edge.routes import old_name
from ..store.release_store import NO_LOCK, StillOurs
from .running import made_by_compose, read_task
from .target import StepFailed

_HEADER = 8
"""Bytes before each piece: stream, three zeros, length. Source: POST /containers/{id}/attach, "Stream format"."""


async def log_tail(engine: Connection, container: str, lines: int = 10) -> tuple[str, ...]:
    """() where it has none, or a log driver that can't be read.

    Source: GET /containers/{id}/logs.
    """
    try:
        content = await engine.raw(f"/containers/{container}/logs?stdout=true&stderr=true&tail={lines}")
    except EngineError:
        return ()
    return tuple(line[:300] for line in demultiplexed(content).decode(errors="replace").splitlines() if line.strip())


def demultiplexed(content: bytes) -> bytes:
    """Both streams in the order that they came in; a terminal's log has no headers and is given back as it is."""
    pieces, at = [], 0
    while at + _HEADER <= len(content):
        if content[at] > 2 or content[at + 1 : at + 4] != b"\0\0\0":
            return content
        size = int.from_bytes(content[at + 4 : at + _HEADER])
        pieces.append(content[at + _HEADER : at + _HEADER + size])
        at += _HEADER + size
    return b"".join(pieces) if pieces else content


_STABLE = 2.0
"""Seconds that a container without a health check must have run."""
_LOOKS_EVERY = 0.1
"""Seconds."""
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
    ours: StillOurs = NO_LOCK,
) -> list[Task]:
    """Waits until all of them are healthy, or have run for 2 s where they have no health check; and until the edge
    reaches them, where `on_edge` is given.

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
        await asyncio.sleep(_LOOKS_EVERY)


async def until_reached(
    engine: Connection,
    service: str,
    containers: Sequence[str],
    on_edge: OnEdge,
    *,
    within: float,
    ours: StillOurs = NO_LOCK,
) -> None:
    """Waits until the edge reaches all of them, whatever their health checks say. Raises StepFailed, Occupied."""
    clock = asyncio.get_running_loop().time
    ends = clock() + within
    while True:
        await ours.check()
        tasks = [await _present(engine, service, container) for container in containers]
        if await on_edge.all_up(_at_edge(tasks)):
            return
        if clock() >= ends:
            raise await _not_reached(engine, tasks, on_edge, within)
        await asyncio.sleep(_LOOKS_EVERY)


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


STOP_SECONDS = 3600.0
"""How long we wait for the answer to a stop: the engine itself gives a container its stop_grace_period."""
LEAVING = "-dockworthy-leaving"
"""The end of the names of containers that were told to stop: no person gives such a name."""
_START = ("POST", "/start", None)
_UNPAUSE = ("POST", "/unpause", None)
_STOP = ("POST", "/stop", STOP_SECONDS)
_REMOVE = ("DELETE", "?force=true", None)


class Containers:
    """The containers of one project on one engine, named by their ids. `on_edge`: service -> the edge, as it serves
    that; `ours`: does the project still belong to this run. Every method raises EngineError."""

    def __init__(
        self,
        engine: Connection,
        desired: Desired,
        *,
        healthy_within: float,
        on_edge: Callable[[str], OnEdge] | None = None,
        ours: StillOurs = NO_LOCK,
    ) -> None:
        self._engine = engine
        self._desired = desired
        self._within = healthy_within
        self._on_edge = on_edge
        self.ours = ours

    async def settled(self) -> None:
        """Waits until the containers have ended that a killed run told to stop."""
        found = filters(label=[f"{COMPOSE_PROJECT}={self._desired.project}"], name=[f"{LEAVING}$"], status=["running"])
        await self._each([each["Id"] for each in await self._engine.get(f"/containers/json?{found}")], _STOP)

    async def of(self, service: str) -> list[str]:
        labels = [
            f"{COMPOSE_PROJECT}={self._desired.project}",
            f"{COMPOSE_SERVICE}={service}",
            f"{COMPOSE_ONEOFF}=False",
        ]
        listed = await self._engine.get(f"/containers/json?all=true&{filters(label=labels)}")
        return [each["Id"] for each in made_by_compose(listed)]

    async def until_healthy(self, service: str, containers: Sequence[str]) -> None:
        """Waits until they are healthy, and reached by the edge where it serves them. Raises StepFailed, if not in
        time."""
        on_edge = self._edge_of(service)
        await until_healthy(self._engine, service, containers, within=self._within, on_edge=on_edge, ours=self.ours)

    async def until_reached(self, service: str, containers: Sequence[str]) -> None:
        """Waits until the edge reaches them, if it serves this service. Raises StepFailed."""
        if (on_edge := self._edge_of(service)) is not None:
            await until_reached(self._engine, service, containers, on_edge, within=self._within, ours=self.ours)

    def _edge_of(self, service: str) -> OnEdge | None:
        return self._on_edge(service) if self._on_edge and service in self._desired.routed else None

    async def start(self, service: str, containers: Sequence[str]) -> None:
        """Starts them. Waits first for those that were told to stop, and unpauses those that are paused.

        A new one with routes joins the edge's network when it runs: started on it, the engine's DNS would name it there
        up to 200 ms before it can be reached, and the edge send it requests. One that was there before stays on it:
        somebody on the host may start it in our place.
        """
        await asyncio.gather(*(self._stay(each) for each in containers))
        tasks = await asyncio.gather(*(read_task(self._engine, each) for each in containers))
        paused = [task.id for task in tasks if task is not None and task.state is TaskState.PAUSED]
        await self._each(paused, _UNPAUSE)
        await self._each([each for each in containers if each not in paused], _START)
        await asyncio.gather(*(self._recovered(each) for each in paused))
        if service in self._desired.routed:
            await asyncio.gather(*(self._enter_edge(service, each) for each in containers))

    async def _recovered(self, container: str) -> None:
        """Waits for its next health check: while it was paused it failed them all, which says nothing."""
        clock = asyncio.get_running_loop().time
        ends = clock() + self._within
        while clock() < ends:
            await self.ours.check()
            task = await read_task(self._engine, container)
            if task is None or task.health is not Health.UNHEALTHY:
                return
            await asyncio.sleep(_LOOKS_EVERY)

    async def stop(self, containers: Sequence[str]) -> None:
        """Stops them, under a name that tells it, and waits until they have ended."""
        await asyncio.gather(*(self._leave(each) for each in containers))
        await self._each(containers, _STOP)

    async def pause(self, containers: Sequence[str]) -> None:
        """As `stop`, but they keep their names: if this run dies, the swap guard on the host starts them again at
        once."""
        await self._each(containers, _STOP)

    async def remove(self, containers: Sequence[str]) -> None:
        """Removes them, and no volume: an anonymous one may hold data that somebody misses later."""
        await self._each(containers, _REMOVE)

    async def runs(self, container: str) -> bool:
        task = await read_task(self._engine, container)
        return task is not None and task.state == "running"

    async def restartable(self, containers: Sequence[str]) -> Sequence[str]:
        """Those that the swap guard on the host starts again if this run dies."""
        return containers

    async def exchange_name(self, service: str, to: Sequence[str], old: Sequence[str]) -> None:
        """Gives `container_name` of the Compose file to the one container that serves from now on."""
        name = self._desired.container_names.get(service)
        if not name or len(to) != 1:
            return
        for container in old:
            task = await read_task(self._engine, container)
            if task is not None and task.name == name:
                await self._rename(container, f"{name}-{container[:12]}")
        await self._rename(to[0], name)

    async def _rename(self, container: str, name: str) -> None:
        await self._engine.send("POST", f"/containers/{container}/rename?name={quote(name)}", answer=False)

    async def leave_edge(self, containers: Sequence[str]) -> None:
        """Takes those off the edge's network that are on it."""
        for container in containers:
            with contextlib.suppress(EngineError):
                await leave_edge(self._engine, container)

    async def join_edge(self, service: str, containers: Sequence[str]) -> None:
        """Puts them on the edge's network, under the service's name there: none is recreated for it."""
        for container in containers:
            await join_edge(self._engine, edge_name_of(self._desired, service), container)

    async def _leave(self, container: str) -> None:
        task = await read_task(self._engine, container)
        if task is not None and task.state is TaskState.RUNNING and not task.name.endswith(LEAVING):
            with contextlib.suppress(EngineError):  # one that ends again and again has no name in between
                await self._rename(container, f"{task.name}{LEAVING}")

    async def _stay(self, container: str) -> None:
        task = await read_task(self._engine, container)
        if task is not None and task.name.endswith(LEAVING):
            await self._each([container], _STOP)
            await self._rename(container, task.name.removesuffix(LEAVING))

    async def _enter_edge(self, service: str, container: str) -> None:
        task = await read_task(self._engine, container)
        if task is None or EDGE_NETWORK in task.addresses:
            return
        try:
            await join_edge(self._engine, edge_name_of(self._desired, service), container)
        except EngineError:
            if await self.runs(container):  # else why it does not is what matters
                raise

    async def _each(self, containers: Sequence[str], what: tuple[str, str, float | None]) -> None:
        """Asks the same of all of them at once; one that is gone is no error. Raises the first error when all are
        answered."""
        method, path, seconds = what
        calls = [
            self._engine.send(method, f"/containers/{each}{path}", answer=False, seconds=seconds) for each in containers
        ]
        for outcome in await asyncio.gather(*calls, return_exceptions=True):
            if isinstance(outcome, BaseException) and not isinstance(outcome, NoSuchObject):
                raise outcome


def edge_name_of(desired: Desired, service: str) -> str:
    """The service's name on the edge's network. One that an older version put there keeps the name that it had."""
    return desired.edge_names.get(service) or old_name(desired.project, service)


async def join_edge(engine: Connection, name: str, container: str) -> None:
    """Puts a container on the edge's network, unless the edge's follower was faster. Raises EngineError."""
    body = {"Container": container, "EndpointConfig": {"Aliases": [name]}}
    try:
        await engine.send("POST", f"/networks/{EDGE_NETWORK}/connect", body, answer=False)
    except EngineError:
        task = await read_task(engine, container)
        if task is None or not task.is_found_by(name) or EDGE_NETWORK not in task.addresses:
            raise


async def leave_edge(engine: Connection, container: str) -> None:
    """Takes a container off the edge's network. Raises EngineError, also where it is not on it."""
    body = {"Container": container, "Force": False}
    await engine.send("POST", f"/networks/{EDGE_NETWORK}/disconnect", body, answer=False)
