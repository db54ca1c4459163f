"""A project's containers on one engine: found, started, stopped, named, removed.

The engine calls a container that was told to stop "running" until it has ended, which an application that finishes its
work makes last. Such a one is named so before: a run that finds it, because the one before was killed, or that is to
start it again, waits for its end.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from urllib.parse import quote

from ...engine.connection import Connection
from ...engine.faults import NoSuchObject
from ...engine.filters import filters
from ...errors import EngineError
from ...model.labels import COMPOSE_ONEOFF, COMPOSE_PROJECT, COMPOSE_SERVICE
from ...model.rollout import EDGE_NETWORK, Desired, Health, TaskState
from ..edge.kept import old_name
from ..store.still_ours import NOBODY_ELSE, StillOurs
from .running import made_by_compose, read_task
from .waiting import OnEdge, until_healthy, until_reached

STOP_SECONDS = 3600.0
"""A container has the time that its stop_grace_period gives; the engine knows it."""
LEAVING = "-dockworthy-leaving"
"""Of the names of containers that were told to stop: nobody calls one so himself."""
_EVERY = 0.1
_START = ("POST", "/start", None)
_UNPAUSE = ("POST", "/unpause", None)
_STOP = ("POST", "/stop", STOP_SECONDS)
_REMOVE = ("DELETE", "?force=true", None)


class Containers:
    """By their ids. `on_edge`: service -> does the edge send requests to these addresses; `ours`: is the project still.
    Raises EngineError."""

    def __init__(
        self,
        engine: Connection,
        desired: Desired,
        *,
        healthy_within: float,
        on_edge: Callable[[str], OnEdge] | None = None,
        ours: StillOurs = NOBODY_ELSE,
    ) -> None:
        self._engine = engine
        self._desired = desired
        self._within = healthy_within
        self._on_edge = on_edge
        self.ours = ours

    async def settled(self) -> None:
        """What a run that was killed told to stop has ended."""
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
        """Raises StepFailed where they do not become so in time."""
        on_edge = self._edge_of(service)
        await until_healthy(self._engine, service, containers, within=self._within, on_edge=on_edge, ours=self.ours)

    async def until_reached(self, service: str, containers: Sequence[str]) -> None:
        """By the edge, where it is at one. Raises StepFailed."""
        if (on_edge := self._edge_of(service)) is not None:
            await until_reached(self._engine, service, containers, on_edge, within=self._within, ours=self.ours)

    def _edge_of(self, service: str) -> OnEdge | None:
        return self._on_edge(service) if self._on_edge and service in self._desired.routed else None

    async def start(self, service: str, containers: Sequence[str]) -> None:
        """Those that were told to stop have ended before; those that are paused go on.

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
        """Paused, it failed its health check: that says nothing until it was asked again."""
        clock = asyncio.get_running_loop().time
        ends = clock() + self._within
        while clock() < ends:
            await self.ours.check()
            task = await read_task(self._engine, container)
            if task is None or task.health is not Health.UNHEALTHY:
                return
            await asyncio.sleep(_EVERY)

    async def stop(self, containers: Sequence[str]) -> None:
        """Returns when they have ended."""
        await asyncio.gather(*(self._leave(each) for each in containers))
        await self._each(containers, _STOP)

    async def pause(self, containers: Sequence[str]) -> None:
        """As `stop`, under their own names: where we die somebody on the host starts them again at once."""
        await self._each(containers, _STOP)

    async def remove(self, containers: Sequence[str]) -> None:
        """Without its volumes: those without a name may hold what somebody misses later."""
        await self._each(containers, _REMOVE)

    async def runs(self, container: str) -> bool:
        task = await read_task(self._engine, container)
        return task is not None and task.state == "running"

    async def restartable(self, containers: Sequence[str]) -> Sequence[str]:
        """What the guard on the host is to bring back."""
        return containers

    async def exchange_name(self, service: str, to: Sequence[str], old: Sequence[str]) -> None:
        """`container_name` goes to the one container that is in force now."""
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
        """Those that are on its network."""
        for container in containers:
            with contextlib.suppress(EngineError):
                await leave_edge(self._engine, container)

    async def join_edge(self, service: str, containers: Sequence[str]) -> None:
        """The edge finds them there by the service's name, without their being made anew."""
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
        """At once; one that is gone is no error. Raises the first error when all have ended."""
        method, path, seconds = what
        calls = [
            self._engine.send(method, f"/containers/{each}{path}", answer=False, seconds=seconds) for each in containers
        ]
        for outcome in await asyncio.gather(*calls, return_exceptions=True):
            if isinstance(outcome, BaseException) and not isinstance(outcome, NoSuchObject):
                raise outcome


def edge_name_of(desired: Desired, service: str) -> str:
    """On the edge's network. A service that an older version put there goes back to the name it had."""
    return desired.edge_names.get(service) or old_name(desired.project, service)


async def join_edge(engine: Connection, name: str, container: str) -> None:
    """The edge's follower may have been faster. Raises EngineError."""
    body = {"Container": container, "EndpointConfig": {"Aliases": [name]}}
    try:
        await engine.send("POST", f"/networks/{EDGE_NETWORK}/connect", body, answer=False)
    except EngineError:
        task = await read_task(engine, container)
        if task is None or not task.is_found_by(name) or EDGE_NETWORK not in task.addresses:
            raise


async def leave_edge(engine: Connection, container: str) -> None:
    """Raises EngineError, also where it is not on the edge's network."""
    body = {"Container": container, "Force": False}
    await engine.send("POST", f"/networks/{EDGE_NETWORK}/disconnect", body, answer=False)
