"""Watches a release until it may be judged: that long after its last task is healthy, or until something is broken."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from msgspec import Struct, structs

from ...errors import EngineError
from ...model.deploy_settings import Objectives
from ...model.release import Observation, ShippedService
from ...model.rollout import Task
from .edge_counter import EdgeCounter, Stats
from .failed_requests import answering_errors, failed_in, told
from .judging import Seen, broken_for_good, observation_of
from .probe_target import ProbeTarget
from .probing import Prober
from .tasks_seen import TasksSeen, unwell

ReadTasks = Callable[[], Awaitable[Mapping[str, Sequence[Task]]]]
"""Service -> its containers, as the engine has them now. Raises EngineError."""
Say = Callable[[str], None]
Log = Callable[[float], Awaitable[str]]
"""What the edge wrote since a moment (seconds since 1970). Raises EngineError."""

_LOOK = 0.1
"""Seconds between looks at the probes; the engine is asked once a second."""
_ENGINE = 1.0
_ENGINE_SILENT = 20.0
"""Seconds that the engine may be away: one that is restarted lets its containers run."""
_PROGRESS = 10.0
_BEFORE = 10.0
"""Seconds before the roll-out in which what runs may have shown that it is sick."""


class Watched(Struct, frozen=True, kw_only=True):
    """What is watched, and what it must keep to. `services`: shipped, without jobs. `observe`: seconds in which all of
    them serve. `healthy_within`: seconds until they have to. `touched`: the services that the release changes.
    `leaving`: ids of the tasks that it replaces."""

    project: str
    services: Mapping[str, ShippedService]
    objectives: Objectives
    observe: float
    healthy_within: float
    touched: Collection[str]
    leaving: Collection[str] = ()
    targets: Sequence[ProbeTarget] = ()


class Watch:
    """Probes and counts from when it is entered, before the roll-out begins, until it is left."""

    def __init__(
        self, watched: Watched, tasks: ReadTasks, *, say: Say, stats: Stats | None = None, log: Log | None = None
    ) -> None:
        self._watched = watched
        self._read = tasks
        self._say = say
        self._log = log
        self._targets = tuple(watched.targets)
        self._prober = Prober(self._targets)
        self._counter = EdgeCounter(stats, watched.project)
        self._tasks = TasksSeen(watched.services, watched.leaving)
        self._stack = AsyncExitStack()
        self._told = 0.0

    async def __aenter__(self) -> Self:
        self._clock = asyncio.get_running_loop().time
        self._began, self._since = self._clock(), time.time()
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._counter)
            tasks = await self._read_tasks()
            await self._forgive(tasks)
            await stack.enter_async_context(self._prober)
            self._tasks.leave_out(tasks, self._watched.touched)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _forgive(self, tasks: Mapping[str, Sequence[Task]]) -> None:
        """What does not serve as it is, or answers with errors, may fail until the new one serves: that is mended."""
        known = {**await self._failing(tasks), **unwell(tasks)}
        sick = {service: why for service, why in known.items() if service in self._watched.touched}
        for service in sick.keys() & self._services():
            self._say(f"{sick[service]}: what {service} fails before the new one serves does not count")
        self._targets = tuple(
            structs.replace(target, strict=target.strict and target.service not in sick) for target in self._targets
        )
        self._prober = Prober(self._targets)

    async def _failing(self, tasks: Mapping[str, Sequence[Task]]) -> dict[str, str]:
        """Services whose containers, as they run now, gave answers of 5xx just before, by the edge's log."""
        if self._log is None:
            return {}
        with contextlib.suppress(EngineError):
            return answering_errors(await self._log(self._since - _BEFORE), self._watched.project, tasks)
        return {}

    async def observed(self) -> Observation:
        """To be called when all that is to run was started. Raises EngineError where the engine stays away."""
        await self._counter.look()
        late = {target.service for target in self._targets if not target.strict}
        self._counter.forget(late.union(self._services()) - (self._prober.counting - late))
        self._prober.begin()
        self._began = self._told = self._clock()
        asked = serving = None
        while True:
            if asked is None or self._clock() - asked >= _ENGINE:
                self._tasks.see(await self._read_tasks())
                asked = self._clock()
                serving = (serving or asked) if self._tasks.all_serve else None
            seen = self._seen()
            if any(broken_for_good(seen, self._watched.objectives)):
                return await self._judged()
            if serving is None and asked - self._began > self._watched.healthy_within:
                return await self._judged(f"not all of it was healthy in time: {self._tasks.not_serving()}")
            if serving is not None and self._clock() - serving >= self._watched.observe:
                return await self._judged()
            self._tell(seen)
            await asyncio.sleep(_LOOK)

    async def _read_tasks(self) -> Mapping[str, Sequence[Task]]:
        ends = self._clock() + _ENGINE_SILENT
        while True:
            try:
                return await self._read()
            except EngineError:
                if self._clock() >= ends:
                    raise
            await asyncio.sleep(_ENGINE)

    async def _judged(self, more: str = "") -> Observation:
        await self._counter.look()
        found = observation_of(self._seen(), self._watched.objectives)
        if found.p95 is None and self._watched.objectives.p95 is not None:
            self._say("p95 can't be told: nothing was asked, or nothing answered, while the release was observed")
        which = await self._which_failed() if found.broken and (found.requests_failed or found.probes_failed) else ""
        return structs.replace(found, broken=(*found.broken, *filter(None, (more, which))))

    async def _which_failed(self) -> str:
        """Empty where the edge's log can't be read: its counts hold."""
        if self._log is None:
            return ""
        with contextlib.suppress(EngineError):
            return told(list(failed_in(await self._log(self._since), self._watched.project, self._prober.counting)))
        return ""

    def _seen(self) -> Seen:
        return Seen(
            seconds=round(self._clock() - self._began, 1),
            probed=self._prober.probed(),
            counted=self._counter.counted(self._prober.counting),
            tasks=self._tasks.tasks,
            restarts=self._tasks.restarts,
            gone=self._tasks.gone,
        )

    def _services(self) -> set[str]:
        return {target.service for target in self._targets}

    def _tell(self, seen: Seen) -> None:
        if self._clock() - self._told < _PROGRESS:
            return
        self._told = self._clock()
        found = observation_of(seen, self._watched.objectives)
        told = [f"observing for {found.seconds:.0f} s"]
        if found.probes:
            told.append(f"{found.probes} probes, {found.probes_failed} failed")
        if found.requests is not None:
            told.append(f"{found.requests} requests, {found.requests_failed} failed")
        if not self._tasks.all_serve:
            told.append(self._tasks.not_serving())
        self._say("; ".join(told))
