"""One engine as a target: Compose makes the containers, dockworthy brings them up, takes the old ones down, and can go
back. Jobs run once; containers leave an edge that is not ours before they are stopped.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Mapping, Sequence

from msgspec import Struct, structs

from ...engine.connection import Connection
from ...engine.faults import NoSuchObject
from ...errors import EngineError, Occupied
from ...interruption import to_its_end
from ...model.rollout import (
    Desired,
    Health,
    Leaving,
    Order,
    RolloutPlan,
    RolloutStep,
    Running,
    StepKind,
    Task,
    TaskState,
)
from ...model.saying import Say
from ..compose_command import ComposeCommand
from ..desired import off_edge
from ..store.release_store import NO_LOCK, StillOurs
from .containers import Containers, log_tail
from .running import inspected_or_none, read_running, read_task, read_tasks, task_of
from .standby import StandBy
from .swap_guard import SwapGuard
from .target import StepFailed

_LOOKS_EVERY = 0.2
"""Seconds."""
_SHOWN = 20
"""Lines of its log."""


async def run_job(
    engine: Connection,
    compose: ComposeCommand,
    desired: Desired,
    job: str,
    say: Say,
    *,
    ours: StillOurs = NO_LOCK,
) -> None:
    """Runs the job to its end and shows its log. Raises StepFailed where it fails, and Occupied where another one took
    over meanwhile: that one waits for it."""
    tasks = await read_tasks(engine, desired.project)
    for earlier in (task for task in tasks.get(job, ()) if task.is_job):
        if earlier.state is TaskState.RUNNING:
            say(f"{job} is still running as {earlier.name}, from an earlier deploy: waiting for it")
            await _ended(engine, earlier.id, ours)
        await _remove(engine, earlier.id)
    name = f"{desired.project}-{job}-job"
    try:
        await compose.run_job(desired.spec, job, name)
    except EngineError as error:
        if await _never_ran(engine, name):
            raise StepFailed(job, error.says, hint=error.hint, began=False) from None
        raise
    task = await _ended(engine, name, ours)
    lines = await log_tail(engine, name, _SHOWN)
    if task.exit_code:
        raise StepFailed(job, f"the job {job} ended with status {task.exit_code}", log=lines)
    for line in lines:
        say(f"  {job}: {line}")
    await _remove(engine, name)


async def _never_ran(engine: Connection, name: str) -> bool:
    container = await inspected_or_none(engine, name)
    return container is None or container["State"]["Status"] == "created"


async def _ended(engine: Connection, container: str, ours: StillOurs) -> Task:
    while True:
        await ours.check()
        facts = await engine.get(f"/containers/{container}/json")
        task = task_of(facts)
        if task.state in (TaskState.EXITED, TaskState.DEAD):
            return task
        await asyncio.sleep(_LOOKS_EVERY)


async def _remove(engine: Connection, container: str) -> None:
    await engine.send("DELETE", f"/containers/{container}?force=true", answer=False)


_MOST = 60.0
"""Seconds that a container may take to become unhealthy; then it is stopped as it is."""


async def leave(
    engine: Connection,
    service: str,
    how: Leaving | None,
    containers: Sequence[str],
    say: Say,
    *,
    ours: StillOurs = NO_LOCK,
) -> None:
    """Drains containers from an edge that is not dockworthy's, before they are stopped. The new ones run already: the
    edge gets `settle` seconds to notice those. Then the old ones get a signal at which they turn unhealthy, if they
    have one, and the edge gets its time to notice that.

    Interrupted, they are restarted: a container that was told to leave can't take that back. Raises EngineError,
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
        await asyncio.sleep(_LOOKS_EVERY)
    return False


async def _ask(engine: Connection, container: str, what: str) -> None:
    """One that is gone, or does not run, needs no signal: it has left."""
    task = await read_task(engine, container)
    if task is not None and (task.state is TaskState.RUNNING or what == "restart"):
        try:
            await engine.send("POST", f"/containers/{container}/{what}", answer=False)
        except NoSuchObject:
            return


class Replaced(Struct, frozen=True):
    """A service whose old containers are stopped and kept, so that there is a way back; or that run on (`stand_by`)."""

    service: str
    new: tuple[str, ...]
    old: tuple[str, ...]
    order: Order
    stand_by: bool = False


class ComposeTarget:
    """Carries out the steps of one plan. `standby` does those in which old containers run on, or come back."""

    def __init__(
        self,
        engine: Connection,
        compose: ComposeCommand,
        desired: Desired,
        *,
        containers: Containers,
        healthy_within: float,
        say: Say,
        guard: SwapGuard,
        standby: StandBy,
    ) -> None:
        self._engine = engine
        self._standby = standby
        self._compose = compose
        self._desired = desired
        self._within = healthy_within
        self._say = say
        self._guard = guard
        self._containers = containers
        self._done: list[Replaced] = []
        self._left: list[RolloutStep] = []

    async def settled(self) -> None:
        await self._guard.settled()
        await self._containers.settled()
        await self._standby.settled()

    async def planned(self, plan: RolloutPlan) -> RolloutPlan:
        return plan

    async def begin(self) -> None:
        return

    async def running(self) -> Running:
        running = await read_running(self._engine, self._desired.project)
        return structs.replace(running, standby=await self._standby.read())

    async def tasks(self) -> Mapping[str, Sequence[Task]]:
        return await read_tasks(self._engine, self._desired.project)

    async def carry_out(self, step: RolloutStep) -> None:
        """Raises StepFailed and EngineError. What the step began is taken back by then, or is by `take_back`, as are
        the steps before it."""
        if step.kind is StepKind.JOB:
            await run_job(
                self._engine, self._compose, self._desired, step.subject, self._say, ours=self._containers.ours
            )
        elif step.kind in (StepKind.CREATE, StepKind.REPLACE):
            await self._replace(step)
        elif step.kind is StepKind.SCALE:
            await self._scale(step)
        elif step.kind is StepKind.RESTART:
            await self._containers.start(step.subject, step.tasks)
            await self._containers.until_healthy(step.subject, step.tasks)
        elif step.kind is StepKind.ADOPT:
            await self._containers.until_healthy(step.subject, step.tasks)
        elif step.kind is StepKind.JOIN_EDGE:
            await self._containers.join_edge(step.subject, step.tasks)
            await self._containers.until_reached(step.subject, step.tasks)
        elif step.kind is StepKind.LEAVE_EDGE:
            self._left.append(step)
            await self._containers.leave_edge(step.tasks)
        elif step.kind is StepKind.RETURN:
            await self._return(step)
        elif step.kind is StepKind.CLEAR:
            await self._standby.take(step.tasks)
            await self._others_serve(step)
            if step.newer:
                await self._end(Replaced(step.subject, step.newer, step.tasks, step.order or Order.START_FIRST))
            else:
                await self._containers.stop(step.tasks)
                await self._containers.remove(step.tasks)
        elif step.kind is StepKind.REMOVE:
            await self._end(Replaced(step.subject, (), step.tasks, Order.STOP_FIRST))

    async def take_back(self) -> None:
        """Starts the old containers of all services that were replaced, the last one first, and removes the new ones.
        Raises StepFailed where one does not run again."""
        for step in self._left:
            await self._containers.join_edge(step.subject, step.tasks)
        self._left.clear()
        while self._done:
            replaced = self._done[-1]
            self._say(f"{replaced.service}: back to the old containers")
            if replaced.order is Order.STOP_FIRST:
                await self._containers.stop(replaced.new)
                await self._containers.exchange_name(replaced.service, replaced.old, replaced.new)
            if replaced.stand_by:
                await self._standby.bring_back(replaced.service, replaced.old, within=self._within)
            elif replaced.old:
                await self._containers.start(replaced.service, replaced.old)
                await self._containers.until_healthy(replaced.service, replaced.old)
            await self._leave(replaced.service, replaced.new)
            await self._containers.stop(replaced.new)
            await self._containers.remove(replaced.new)
            self._done.pop()

    async def retire(self) -> None:
        """The release is kept: removes the old containers, and begins the time of those that stand by."""
        for replaced in self._done:
            if not replaced.stand_by:
                await self._containers.remove(replaced.old)
        if stay := [each for replaced in self._done if replaced.stand_by for each in replaced.old]:
            await self._standby.keep(stay)
        self._done.clear()

    async def _replace(self, step: RolloutStep) -> None:
        service, order, stand_by = step.subject, step.order or Order.START_FIRST, False
        async with self._created(service, step.replicas) as new:
            if order is Order.STOP_FIRST:
                await self._stop_first(service, new, step.tasks)
            else:
                await self._containers.start(service, new)
                await self._containers.until_healthy(service, new)
                await self._containers.exchange_name(service, new, step.tasks)
                await self._leave(service, step.tasks)
                stand_by = step.stand_by and await self._standby.may_put(service, step.tasks)
        await self._end(Replaced(service, tuple(new), step.tasks, order, stand_by))

    async def _return(self, step: RolloutStep) -> None:
        relieved = await self._standby.relieve(step.subject, step.back, step.tasks, within=self._within)
        await self._end(Replaced(step.subject, step.back, step.tasks, Order.START_FIRST))
        await self._standby.freed(step.subject, relieved)

    async def _end(self, replaced: Replaced) -> None:
        """Stops the old ones. It is noted before: interrupted in the middle, `take_back` knows the old ones, and starts
        them again."""
        self._done.append(replaced)
        if not replaced.stand_by:
            await self._containers.stop(replaced.old)

    async def _others_serve(self, step: RolloutStep) -> None:
        """Before old ones go, the newer ones that run must get the edge's requests."""
        others = [each for each in await self._containers.of(step.subject) if each not in step.tasks]
        if running := [each for each in others if await self._containers.runs(each)]:
            await self._containers.until_reached(step.subject, running)

    async def _stop_first(self, service: str, new: Sequence[str], old: Sequence[str]) -> None:
        ran = [task for task in old if await self._containers.runs(task)]
        async with self._guard.until_done(new, await self._containers.restartable(ran)):
            await self._containers.pause(old)
            try:
                await self._containers.exchange_name(service, new, old)
                await self._containers.start(service, new)
                await self._containers.until_healthy(service, new)
            except Occupied:
                raise
            except BaseException:
                await self._containers.ours.before_cleaning_up()
                await to_its_end(self._old_again(service, new, ran))
                raise

    async def _old_again(self, service: str, new: Sequence[str], old: Sequence[str]) -> None:
        self._say(f"{service}: the old containers are started again")
        await self._containers.stop(new)
        await self._containers.pause(old)  # they may be on their way
        await self._containers.exchange_name(service, old, new)
        await self._containers.start(service, old)

    async def _scale(self, step: RolloutStep) -> None:
        if step.tasks:
            await self._containers.stop(step.tasks)
            await self._containers.remove(step.tasks)
            return
        missing = step.replicas - len(await self._containers.of(step.subject))
        async with self._created(step.subject, missing) as new:
            await self._containers.start(step.subject, new)
            await self._containers.until_healthy(step.subject, new)

    @contextlib.asynccontextmanager
    async def _created(self, service: str, count: int) -> AsyncIterator[list[str]]:
        """Compose makes new containers beside those that there are: their ids. They are not started, and removed again
        where what follows does not succeed.

        Raises StepFailed, and EngineError in Compose's words; Occupied: then they are left to who took over.
        """
        before = await self._containers.of(service)
        new: list[str] = []
        try:
            spec = off_edge(self._desired.spec, self._desired.routed)
            await self._compose.create(spec, service, len(before) + count)
            new += [each for each in await self._containers.of(service) if each not in before]
            if len(new) != count:
                raise StepFailed(service, f"Compose made {len(new)} containers of {service}, not {count}")
            yield new
        except Occupied:
            raise
        except BaseException:
            await self._containers.ours.before_cleaning_up()
            await to_its_end(self._remove_new(service, before))
            raise

    async def _remove_new(self, service: str, before: Collection[str]) -> None:
        with contextlib.suppress(EngineError):  # what is said is why it came to this; the next run clears up
            new = [each for each in await self._containers.of(service) if each not in before]
            await self._containers.stop(new)
            await self._containers.remove(new)

    async def _leave(self, service: str, containers: Sequence[str]) -> None:
        how = self._desired.leaving.get(service)
        await leave(self._engine, service, how, containers, self._say, ours=self._containers.ours)
