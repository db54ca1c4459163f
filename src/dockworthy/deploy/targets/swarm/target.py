"""A swarm as a target: the swarm makes the tasks; dockworthy tells it what to make, judges what came of it, and can go
back.

A job is a service of the mode `replicated-job`: one task that runs once. Its name is taken while it is there, so a job
never runs twice at a time; one that a killed deploy left is waited for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from ....engine.connection import Connection
from ....engine.filters import filters
from ....errors import Occupied, UsageError
from ....interruption import to_its_end
from ....model.hosts import TASK_ENDED
from ....model.labels import REBALANCED_FROM
from ....model.rollout import Desired, RolloutPlan, RolloutStep, Running, StepKind, Task
from ....model.saying import Say
from ....report.releases import unseen_in_words
from ...store.release_store import NO_LOCK, StillOurs
from ..containers import OnEdge
from ..target import StepFailed
from .lost import LostTasks, steps_for
from .names import job_name, of_project, service_name
from .needs import edge_can_be_had, edge_network, ids_of
from .node_images import NodeImages
from .reading import read_swarm
from .service_spec import job_spec, service_spec, with_edge_names
from .services import change, create, remove, service_of
from .spec_hash import spec_hash
from .waiting import ExpectedTasks, failure, task_log, tasks_of, until_gone, until_serving

_EVERY = 0.2
_SHOWN = 20
"""Lines of its log."""


async def run_job(
    engine: Connection,
    desired: Desired,
    job: str,
    say: Say,
    *,
    within: float,
    ours: StillOurs = NO_LOCK,
) -> None:
    """Runs it to its end and shows its log. `within`: seconds in which the swarm must find it a node.

    Raises StepFailed where it fails.
    """
    name = job_name(desired.project, job)
    if await service_of(engine, name) is not None:
        say(f"{job} was begun by an earlier deploy: waiting until that has ended")
        await _ended(engine, job, name, within, ours)
        await remove(engine, name)
    try:
        ids = await ids_of(engine, desired.spec, job)
    except UsageError as error:  # it names what the swarm has not
        raise StepFailed(job, error.says, hint=error.hint, began=False) from None
    await create(engine, job_spec(desired.spec, job, ids))
    try:
        task = await _ended(engine, job, name, within, ours)
        if task["Status"]["State"] != "complete":
            raise await failure(engine, job, f"the job {job}", task, _SHOWN)
        lines = await task_log(engine, task, _SHOWN)
    except StepFailed:
        await remove(engine, name)
        raise
    for line in lines:
        say(f"  {job}: {line}")
    await remove(engine, name)


async def _ended(engine: Connection, job: str, name: str, within: float, ours: StillOurs) -> Mapping[str, Any]:
    clock = asyncio.get_running_loop().time
    ends = clock() + within
    while True:
        await ours.check()
        tasks = await tasks_of(engine, name)
        if tasks and tasks[-1]["Status"]["State"] in TASK_ENDED:
            return tasks[-1]
        if clock() >= ends and (not tasks or tasks[-1]["Status"]["State"] == "pending"):
            said = tasks[-1]["Status"].get("Err", "") if tasks else ""
            raise StepFailed(job, f"the swarm found no node for the job {job} in {within:.0f} s: {said}", began=False)
        await asyncio.sleep(_EVERY)


_ON_SERVICES = (StepKind.CREATE, StepKind.REPLACE, StepKind.SCALE, StepKind.RESTART)


class Changed(Struct, frozen=True):
    """A service and what it was before; None: there was none. `served`: all of its tasks ran. `removed`: it has no task
    now, and goes when the release is kept."""

    service: str
    before: dict[str, Any] | None
    served: bool = False
    removed: bool = False


class SwarmTarget:
    """Carries out one plan. `on_edge`: service -> does the edge send requests to these addresses."""

    def __init__(
        self,
        engine: Connection,
        desired: Desired,
        *,
        healthy_within: float,
        say: Say,
        images: NodeImages,
        lost: LostTasks,
        on_edge: Callable[[str], OnEdge] | None = None,
        ours: StillOurs = NO_LOCK,
    ) -> None:
        self._engine = engine
        self._desired = desired
        self._within = healthy_within
        self._say = say
        self._images = images
        self._lost = lost
        self._on_edge = on_edge
        self._ours = ours
        self._done: list[Changed] = []

    async def running(self) -> Running:
        return await read_swarm(self._engine, self._desired.project)

    async def tasks(self) -> Mapping[str, Sequence[Task]]:
        return (await self.running()).tasks

    async def settled(self) -> None:
        """The swarm goes on by itself: the next plan begins with what it has come to."""
        await until_gone(self._engine, of_project(self._desired.project), only_told=True)

    async def planned(self, plan: RolloutPlan) -> RolloutPlan:
        if self._desired.routed:
            await edge_can_be_had(self._engine)
        lost = await self._lost.look()
        notes = (*plan.notes, *unseen_in_words(lost.unseen))
        plan = structs.replace(plan, steps=(*plan.steps, *steps_for(lost)), notes=notes)
        return await self._images.planned(plan, self._desired)

    async def begin(self) -> None:
        """The edge's network is there before the edge."""
        if self._desired.routed:
            await edge_network(self._engine)

    async def carry_out(self, step: RolloutStep) -> None:
        """Raises StepFailed and EngineError; then what this step began is taken back, and earlier ones stand."""
        if step.kind is StepKind.JOB:
            await run_job(self._engine, self._desired, step.subject, self._say, within=self._within, ours=self._ours)
        elif step.kind is StepKind.LOAD:
            await self._images.load(step)
        elif step.kind in _ON_SERVICES:
            await self._bring(step)
        elif step.kind is StepKind.ADOPT:
            await self._serves(step.subject)
        elif step.kind is StepKind.REMOVE:
            await self._empty(step.subject)
        elif step.kind is StepKind.CLEAR:  # of tasks that are too much the swarm itself ends the containers
            await self._lost.clear(step, self._say)

    async def take_back(self) -> None:
        """All that was changed, the last one first. Raises StepFailed where old tasks do not run again."""
        while self._done:
            changed = self._done[-1]
            self._say(f"{changed.service}: back to what it was")
            await self._undo(changed)
            self._done.pop()

    async def retire(self) -> None:
        for changed in self._done:
            if changed.removed:
                await remove(self._engine, self._name(changed.service))
        if self._done:
            await self.settled()  # what left the edge's rotation only stops while the release is observed
        self._done.clear()

    async def _bring(self, step: RolloutStep) -> None:
        service = step.subject
        before = await service_of(self._engine, self._name(service))
        earlier = await tasks_of(self._engine, self._name(service)) if before is not None else ()
        served = any(task["Status"]["State"] == "running" and task["DesiredState"] == "running" for task in earlier)
        changed = Changed(service, before["Spec"] if before is not None else None, served)
        wanted = await self._wanted(service)
        try:
            if before is None:
                await create(self._engine, wanted)
            else:
                again = step.kind is StepKind.RESTART
                await change(self._engine, self._name(service), lambda now: as_wanted(now, wanted, again=again))
            expected = ExpectedTasks.of(service, wanted, [task["ID"] for task in earlier])
            await until_serving(
                self._engine, expected, within=self._within, on_edge=self._edge_of(service), ours=self._ours
            )
        except Occupied:
            raise
        except BaseException:
            await self._ours.before_cleaning_up()
            await to_its_end(self._undo_now(changed))
            raise
        self._done.append(changed)

    async def _serves(self, service: str) -> None:
        """As it is on the swarm, whoever made it."""
        found = await service_of(self._engine, self._name(service))
        if found is None:
            raise StepFailed(service, f"{service} was removed by somebody else meanwhile")
        earlier = [task["ID"] for task in await tasks_of(self._engine, self._name(service))]
        expected = ExpectedTasks.of(service, found["Spec"], earlier)
        await until_serving(
            self._engine, expected, within=self._within, on_edge=self._edge_of(service), ours=self._ours
        )

    async def _undo_now(self, changed: Changed) -> None:
        """What does not succeed is tried once more with all the others, and then said."""
        try:
            await self._undo(changed)
        except StepFailed:
            self._done.append(changed)

    async def _undo(self, changed: Changed) -> None:
        name, before = self._name(changed.service), changed.before
        if before is None:
            await remove(self._engine, name)
            await self.settled()
            return
        earlier = [task["ID"] for task in await tasks_of(self._engine, name)]
        await change(self._engine, name, lambda _: before)
        if changed.served:
            expected = ExpectedTasks.of(changed.service, before, earlier)
            await until_serving(self._engine, expected, within=self._within)

    async def _empty(self, service: str) -> None:
        found = await service_of(self._engine, self._name(service))
        if found is None:
            return
        await change(self._engine, self._name(service), lambda now: {**now, "Mode": {"Replicated": {"Replicas": 0}}})
        self._done.append(Changed(service, found["Spec"], served=True, removed=True))
        await until_gone(self._engine, f"?{filters(service=[self._name(service)])}")

    async def _wanted(self, service: str) -> dict[str, Any]:
        shipped = self._desired.services[service]
        ids = await ids_of(self._engine, self._desired.spec, service)
        spec = with_edge_names(self._desired.spec, self._desired.edge_names)
        return service_spec(spec, service, replicas=shipped.replicas, reference=shipped.reference, ids=ids)

    def _edge_of(self, service: str) -> OnEdge | None:
        return self._on_edge(service) if self._on_edge and service in self._desired.routed else None

    def _name(self, service: str) -> str:
        return service_name(self._desired.project, service)


def as_wanted(now: dict[str, Any], wanted: dict[str, Any], *, again: bool) -> dict[str, Any]:
    """What runs already as it is to run is not recreated, whoever wrote it: only its number changes. Pure.

    `again`: each task is to be recreated all the same. So it is, too, where nothing but the placement changes: a swarm
    would keep the tasks whose node still fits, with a spec that is no longer the service's, and an engine that compares
    one that has no node yet (26.1.5) crashes.
    """
    old, new = now["TaskTemplate"], wanted["TaskTemplate"]
    count = old.get("ForceUpdate", 0) + again
    same_image = old["ContainerSpec"]["Image"] == new["ContainerSpec"]["Image"]
    if same_image and spec_hash(old, secret_names=True) == spec_hash(new, secret_names=True):
        labels = {key: value for key, value in (now.get("Labels") or {}).items() if key != REBALANCED_FROM}
        return {**now, "Labels": labels, "Mode": wanted["Mode"], "TaskTemplate": {**old, "ForceUpdate": count}}
    if same_image and spec_hash({**old, "Placement": None}) == spec_hash({**new, "Placement": None}):
        count += 1
    return {**wanted, "TaskTemplate": {**new, "ForceUpdate": count}}
