"""One engine: Compose makes the containers, this brings them up and the old ones down, and can go back."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence

from msgspec import Struct, structs

from ...engine.connection import Connection
from ...errors import EngineError, Occupied
from ...interruption import to_its_end
from ...model.rollout import Desired, Order, RolloutPlan, RolloutStep, Running, StepKind, Task
from ..compose_command import ComposeCommand
from ..desired import off_edge
from .containers import Containers
from .jobs import run_job
from .leaving import leave
from .running import read_running, read_tasks
from .standby import StandBy
from .step_failed import StepFailed
from .swap_guard import SwapGuard

Say = Callable[[str], None]


class Replaced(Struct, frozen=True):
    """A service whose old containers are stopped and kept, so that there is a way back; or that run on (`stand_by`)."""

    service: str
    new: tuple[str, ...]
    old: tuple[str, ...]
    order: Order
    stand_by: bool = False


class ComposeTarget:
    """Carries out one plan. `standby`: for the steps in which old containers run on, or come back."""

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
        """Raises StepFailed and EngineError; then what this step began is taken back, or is by `take_back` as what
        earlier ones did."""
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
        """All that was replaced, the last one first: old containers run again. Raises StepFailed where one fails."""
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
        """Removes the old containers: there is no way back to them any more. Of those that stand by the time begins."""
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
        """Interrupted in the middle, the new ones stay until the old ones, which are on their way, are started anew."""
        self._done.append(replaced)
        if not replaced.stand_by:
            await self._containers.stop(replaced.old)

    async def _others_serve(self, step: RolloutStep) -> None:
        """Old ones go where newer ones run: those must get the edge's requests by then."""
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
