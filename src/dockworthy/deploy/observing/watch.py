"""Watches a release: its tasks, its probes and the edge's counters; and judges whether it works."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from msgspec import Struct, structs

from ...errors import EngineError
from ...model.counts import number_of
from ...model.deploy_settings import DeploySettings, Objectives, seconds_of
from ...model.release import Observation, Release, ShippedService
from ...model.rollout import Health, RolloutPlan, StepKind, Task, TaskState
from ...model.saying import Say
from .edge_stats import Counts, EdgeCounter, Stats, answering_errors, failed_in, told
from .probe import Probed, ProbeFailure, Prober, ProbeTarget, probe_targets


class TasksSeen:
    """`services`: what was shipped and is to run on. Old containers that are kept for the way back are none of it, nor
    those that are replaced by their like (`leaving`: their ids)."""

    def __init__(self, services: Mapping[str, ShippedService], leaving: Collection[str] = ()) -> None:
        self._services = services
        self._leaving = frozenset(leaving)
        self._over: frozenset[str] = frozenset()
        self._first: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self.tasks: tuple[Task, ...] = ()

    def leave_out(self, running: Mapping[str, Iterable[Task]], touched: Collection[str]) -> None:
        """Services that the release leaves alone and that do not serve as it is, and tasks of a swarm that were over
        before it began: they are none of its faults."""
        every = (task for tasks in running.values() for task in tasks)
        self._over = frozenset(task.attempt for task in every if task.attempt and task.state in _OVER)
        self._services = {
            service: shipped
            for service, shipped in self._services.items()
            if service in touched or _serves(shipped, running.get(service, ()))
        }

    def see(self, running: Mapping[str, Iterable[Task]]) -> None:
        self.tasks = tuple(
            task
            for service, shipped in self._services.items()
            for task in _of_release(shipped, running.get(service, ()))
            if task.id not in self._leaving and not (task.state in _OVER and task.attempt in self._over)
        )
        for task in self.tasks:
            self._first.setdefault(task.id, task.restarts)
            self._names[task.id] = task.name

    @property
    def restarts(self) -> dict[str, int]:
        """Since each was first seen: id -> how many."""
        return {task.id: more for task in self.tasks if (more := task.restarts - self._first[task.id]) > 0}

    @property
    def gone(self) -> tuple[str, ...]:
        """Names of those that were seen and are there no more, where too few are left."""
        here = {task.id for task in self.tasks}
        return tuple(name for id, name in self._names.items() if id not in here) if self._lacking() else ()

    @property
    def all_serve(self) -> bool:
        return not self._lacking() and all(task.is_serving for task in self.tasks)

    def not_serving(self) -> str:
        """Who does not serve, in words."""
        names = [f"{task.name} is {_state(task)}" for task in self.tasks if not task.is_serving]
        return "; ".join((*names, *self._lacking()))

    def _lacking(self) -> list[str]:
        counts = {service: sum(task.service == service for task in self.tasks) for service in self._services}
        return [
            f"{service} has {counts[service]} of {shipped.replicas} containers"
            for service, shipped in self._services.items()
            if counts[service] < shipped.replicas
        ]


def unwell(running: Mapping[str, Iterable[Task]]) -> dict[str, str]:
    """Services that do not serve as they should: service -> which of its tasks, and what they are. One that ended
    beside others that serve may be kept for the way back."""
    found = {}
    for service, tasks in running.items():
        own = [task for task in tasks if not task.is_job]
        serve = any(task.is_serving for task in own)
        bad = [task for task in own if not task.is_serving and not (serve and task.state in _OVER)]
        if bad:
            found[service] = ", ".join(f"{task.name} is {_state(task)}" for task in bad)
    return found


_OVER = (TaskState.EXITED, TaskState.DEAD)


def _state(task: Task) -> str:
    return task.health if task.state is TaskState.RUNNING and task.health else task.state


def _of_release(shipped: ShippedService, tasks: Iterable[Task]) -> Iterator[Task]:
    for task in tasks:
        if task.is_of(shipped) and not task.is_job:
            yield task


def _serves(shipped: ShippedService, tasks: Iterable[Task]) -> bool:
    return sum(task.is_serving for task in _of_release(shipped, tasks)) >= shipped.replicas


class ObservedRelease(Struct, frozen=True, kw_only=True):
    """What was seen of a release that is observed for `seconds`.

    `probed`: service -> each of its targets. `counted`: service -> what the edge counted, our probes among it; None
    where no edge tells. `tasks`: as they are now, `restarts` since the watch began: task's id -> how many. `gone`:
    names of tasks that somebody removed.
    """

    seconds: float
    probed: Mapping[str, Sequence[Probed]] = {}
    counted: Mapping[str, Counts] | None = None
    tasks: Sequence[Task] = ()
    restarts: Mapping[str, int] = {}
    gone: Sequence[str] = ()


def observation_of(seen: ObservedRelease, objectives: Objectives) -> Observation:
    """With all that is broken now: what is so for good, and the times of answers."""
    probes = [probed for of_one in seen.probed.values() for probed in of_one]
    counted = seen.counted
    return Observation(
        seconds=seen.seconds,
        probes=sum(probed.sent for probed in probes),
        probes_failed=sum(probed.failed for probed in probes),
        requests=None if counted is None else sum(_of_clients(seen, service)[0] for service in counted),
        requests_failed=None if counted is None else sum(_of_clients(seen, service)[1] for service in counted),
        p95=max((probed.p95 for probed in probes if probed.p95 is not None), default=None),
        restarts=sum(seen.restarts.values()),
        broken=(*broken_for_good(seen, objectives), *_too_slow(seen, objectives)),
    )


def broken_for_good(seen: ObservedRelease, objectives: Objectives) -> Iterator[str]:
    """What no further waiting mends."""
    for name in seen.gone:
        yield f"{name} was removed while the release was observed"
    for task in seen.tasks:
        yield from _ended(task)
    yield from _failures(seen, objectives.failed_requests)
    restarts = sum(seen.restarts.values())
    if restarts > objectives.restarts:
        names = ", ".join(sorted(task.name for task in seen.tasks if seen.restarts.get(task.id)))
        yield f"{names or 'containers'} restarted {_times(restarts)}; allowed: {objectives.restarts}"


def _ended(task: Task) -> Iterator[str]:
    if task.state in (TaskState.EXITED, TaskState.DEAD):
        yield f"{task.name} ended with status {task.exit_code}" + (f": {task.error}" if task.error else "")
    elif task.health is Health.UNHEALTHY and task.state is TaskState.RUNNING:
        yield f"{task.name} became unhealthy"


def _failures(seen: ObservedRelease, allowed: int) -> Iterator[str]:
    """All services together may fail as many as are allowed; then each that failed is named."""
    services = dict.fromkeys((*seen.probed, *(seen.counted or ())))
    failures = {service: _failed_of_all(seen, service) for service in services}
    if sum(failed for failed, _ in failures.values()) <= allowed:
        return
    for service, (failed, requests) in failures.items():
        if failed:
            first = min(
                (each for probed in seen.probed.get(service, ()) for each in probed.first), default=None, key=_at
            )
            example = f" (a probe: {first.says} at {_clock(first)})" if first else ""
            yield f"{service} failed {failed} of {requests} requests{example}; allowed: {allowed}"


def _failed_of_all(seen: ObservedRelease, service: str) -> tuple[int, int]:
    probes = seen.probed.get(service, ())
    requests, failed = _of_clients(seen, service)
    return failed + sum(probed.failed for probed in probes), requests + sum(probed.sent for probed in probes)


def _of_clients(seen: ObservedRelease, service: str) -> tuple[int, int]:
    """Requests and failed ones at the edge, without those of our own that it counted, too."""
    counts = (seen.counted or {}).get(service, Counts())
    probes = seen.probed.get(service, ())
    requests = counts.requests - sum(probed.answered for probed in probes)
    return max(0, requests), max(0, counts.failed - sum(probed.errors for probed in probes))


def _too_slow(seen: ObservedRelease, objectives: Objectives) -> Iterator[str]:
    if objectives.p95 is None:
        return
    allowed = seconds_of(objectives.p95)
    for service, probes in seen.probed.items():
        slowest = max((probed.p95 for probed in probes if probed.p95 is not None), default=None)
        if slowest is not None and slowest > allowed:
            yield f"{service} took {slowest:.2f} s or more for one of 20 probes; allowed: {allowed:.2f} s"


def _at(failure: ProbeFailure) -> float:
    return failure.at


def _clock(failure: ProbeFailure) -> str:
    return f"{datetime.datetime.fromtimestamp(failure.at, datetime.UTC):%H:%M:%S} UTC"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


ReadTasks = Callable[[], Awaitable[Mapping[str, Sequence[Task]]]]
"""Service -> its containers, as the engine has them now. Raises EngineError."""
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


class ReleaseWatch:
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

    def _seen(self) -> ObservedRelease:
        return ObservedRelease(
            seconds=round(self._clock() - self._began, 1),
            probed=self._prober.probed(),
            counted=self._counter.counted(self._prober.counting),
            tasks=self._tasks.tasks,
            restarts=self._tasks.restarts,
            gone=self._tasks.gone,
        )

    def _services(self) -> set[str]:
        return {target.service for target in self._targets}

    def _tell(self, seen: ObservedRelease) -> None:
        if self._clock() - self._told < _PROGRESS:
            return
        self._told = self._clock()
        found = observation_of(seen, self._watched.objectives)
        told = [f"observing for {found.seconds:.0f} s"]
        if found.probes:
            told.append(f"{number_of(found.probes, 'probe')}, {found.probes_failed} failed")
        if found.requests is not None:
            told.append(f"{number_of(found.requests, 'request')}, {found.requests_failed} failed")
        if not self._tasks.all_serve:
            told.append(self._tasks.not_serving())
        self._say("; ".join(told))


_ON_SERVICES = (StepKind.CREATE, StepKind.REPLACE, StepKind.SCALE, StepKind.RESTART, StepKind.RETURN)


def watched_of(
    release: Release,
    plan: RolloutPlan,
    settings: DeploySettings,
    at: Path | tuple[str, int] | None,
    *,
    tls: bool = False,
    ours: bool = True,
) -> Watched:
    """`at`: where the routes can be asked: the edge's socket for probes (`ours`), or where somebody else's answers.
    None: nobody is asked.

    A service that is new, or away for a moment as the plan says, may fail until the roll-out is over.
    """
    steps = [step for step in plan.steps if step.kind in _ON_SERVICES]
    touched = frozenset(step.subject for step in steps)
    away = {step.subject for step in steps if step.kind in (StepKind.CREATE, StepKind.RESTART) or step.gap != 0}
    if any(step.kind is StepKind.ROUTES and step.gap != 0 for step in plan.steps):  # the edge itself is away
        away |= {route.service for route in settings.routes}
    away |= {step.subject for step in plan.steps if step.kind is StepKind.JOIN_EDGE}  # its route is there before it
    jobs = {*release.jobs_before, *release.jobs_after}
    return Watched(
        project=release.project,
        services={name: shipped for name, shipped in release.services.items() if name not in jobs},
        objectives=settings.objectives,
        observe=seconds_of(settings.observe),
        healthy_within=seconds_of(settings.healthy_within),
        touched=touched,
        leaving=frozenset(task for step in steps if step.kind is StepKind.REPLACE for task in step.tasks),
        targets=[
            target
            for route in settings.routes
            if at is not None and route.service in release.services
            for target in probe_targets(
                route,
                at,
                strict=route.service not in away,
                touched=route.service in touched,
                tls=tls,
                ours=ours,
                drains=not ours and bool(settings.existing_edge.drain),
            )
        ],
    )
