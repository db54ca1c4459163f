"""A project goes from a swarm to Compose on one engine (`deploy.target`), and back where that fails.

Before: can Compose run it there, and what does the swarm have of it? Then the swarm's tasks are the old "containers":
one stops when its service is set to no replicas, and starts again when it gets back as many as before.

Source: Engine API v1.45, GET /info, /services, /nodes, /tasks, /networks, /containers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from msgspec import Struct, structs

from ...engine.connection import Connection
from ...engine.faults import NoSuchObject
from ...engine.filters import filters
from ...engine.membership import membership_of
from ...errors import UsageError
from ...model.compose_project import DEFAULT_NETWORK, FILE_PARTS, ComposeProject, NetworkDefinition
from ...model.release import Release
from ...model.rollout import Order, RolloutPlan, RolloutStep, Running, StepKind, Task
from ...model.saying import Say
from ..planning.causes import GONE
from ..planning.steps import replacing
from .compose import ComposeTarget
from .containers import STOP_SECONDS, Containers, OnEdge
from .running import read_running, read_tasks
from .swarm.names import JOB, node_name, of_project
from .swarm.reading import read_swarm
from .swarm.ready import must_have_leader
from .swarm.services import change, remove
from .swarm.waiting import ExpectedTasks, tasks_of, until_gone, until_serving

WANTED = "dockworthy.replicas-before"
"""On a service that was emptied, so that a later run can fill it again."""


def emptied(spec: Mapping[str, Any]) -> dict[str, Any]:
    """`spec`: as the engine tells it."""
    labels = {**(spec.get("Labels") or {}), WANTED: str(wanted_before(spec))}
    return {**spec, "Labels": labels, "Mode": {"Replicated": {"Replicas": 0}}}


def refilled(spec: Mapping[str, Any]) -> dict[str, Any]:
    """As it was before it was emptied; one that was not is as it is."""
    labels = {key: value for key, value in (spec.get("Labels") or {}).items() if key != WANTED}
    return {**spec, "Labels": labels, "Mode": {"Replicated": {"Replicas": wanted_before(spec)}}}


def wanted_before(spec: Mapping[str, Any]) -> int:
    """How many it wants, or wanted before it was emptied."""
    said = (spec.get("Labels") or {}).get(WANTED)
    return int(said) if said is not None else int(spec["Mode"]["Replicated"].get("Replicas") or 0)


def must_have_files(spec: ComposeProject, services: Sequence[str]) -> None:
    """Compose mounts secrets and configs from files. Raises UsageError that names all that only a swarm could have."""
    missing = {
        f"{part.removesuffix('s')} {use.source} ({name})"
        for name in services
        for part in FILE_PARTS
        for use in spec.services[name].references(part)
        if use.source in spec.files(part) and spec.files(part)[use.source].external
    }
    if missing:
        raise UsageError(
            f"only a swarm keeps {', '.join(sorted(missing))}: it is external, and nobody can read it back from there",
            hint="write each value to a file of the project, and `secrets: {NAME: {file: PATH}}` (or `environment: "
            "VARIABLE`) to compose.yaml",
        )


def must_be_joined(spec: ComposeProject, networks: Mapping[str, bool]) -> None:
    """`spec`: as Compose renders it; `networks`: of the part. Raises UsageError for a network of the swarm that no
    container of Compose may join. Pure."""
    for service, definition in spec.services.items():
        for name in () if definition.network_mode else sorted(spec.joined_by(service)):
            if not networks.get(name, True):
                raise UsageError(
                    f"{service} is to join {name}, which is the swarm's and lets no container of Compose in",
                    hint="it was made without `attachable` (by `docker stack deploy`): `docker stack rm "
                    f"{spec.name}` (volumes stay), then deploy",
                )


def on_networks_of_swarm(spec: ComposeProject, networks: Mapping[str, bool]) -> ComposeProject:
    """The project as Compose can make it while a swarm has networks of its names: it joins those. Pure."""
    if not networks:
        return spec
    defined = {**spec.networks}
    if any(not service.networks and not service.network_mode for service in spec.services.values()):
        defined.setdefault(DEFAULT_NETWORK, NetworkDefinition.from_json(None))
    for key in defined:
        if (name := spec.object_name("networks", key)) in networks:
            defined[key] = NetworkDefinition.from_json({"name": name, "external": True})
    return spec.with_networks(defined) if defined else spec


class SwarmsPart(Struct, frozen=True):
    """`services`: names on the swarm of the project's services. `networks`: name of each network of the swarm -> may
    containers of one engine join it."""

    services: tuple[str, ...] = ()
    networks: Mapping[str, bool] = {}


async def swarms_part(engine: Connection, project: str) -> SwarmsPart:
    """Nothing at all where this engine manages no swarm. Raises UsageError for services that can't be taken over, with
    the names of those that run elsewhere; EngineError where the managers don't answer."""
    mine = await membership_of(engine)
    if not mine.manager:
        return SwarmsPart()
    await must_have_leader(engine)
    services, networks = await asyncio.gather(engine.get(f"/services{of_project(project)}"), engine.get("/networks"))
    if services:
        names = {each["ID"]: each["Spec"]["Name"].removeprefix(f"{project}_") for each in services}
        await _must_be_here(engine, project, mine.node, names)
        for each in services:
            _must_be_counted(each["Spec"])
    return SwarmsPart(
        tuple(sorted(each["Spec"]["Name"] for each in services)),
        {each["Name"]: bool(each.get("Attachable")) for each in networks if each.get("Scope") == "swarm"},
    )


async def _must_be_here(engine: Connection, project: str, node: str, services: Mapping[str, str]) -> None:
    """A task of another node can't be stood beside by a container of this one, nor its volumes."""
    nodes, tasks = await asyncio.gather(engine.get("/nodes"), engine.get(f"/tasks{of_project(project)}"))
    others = {each["ID"]: node_name(each) for each in nodes if each["ID"] != node}
    if not others:
        return
    away = sorted(
        {
            f"{services.get(task['ServiceID'], 'a service')} on {others[task['NodeID']]}"
            for task in tasks
            if task.get("NodeID") in others and task["DesiredState"] == "running"
        }
    )
    where = f"; elsewhere run {', '.join(away)}" if away else ""
    raise UsageError(
        f"{project} runs as services of a swarm that has other nodes, too ({', '.join(sorted(others.values()))})"
        f"{where}",
        hint="`target: compose` is one engine: `dockworthy hosts remove NAME` empties the others first (what has a "
        "volume there stays behind); or `deploy.target: swarm`",
    )


def _must_be_counted(spec: Mapping[str, Any]) -> None:
    if "Replicated" not in spec["Mode"] and JOB not in (spec.get("Labels") or {}):
        raise UsageError(
            f"the service {spec['Name']} has no number of replicas, so it can't be emptied and brought back",
            hint=f"docker service rm {spec['Name']} (its volumes stay), then deploy",
        )


_SEPARATOR = "."
"""In the id of a swarm's task, and in no container's."""


class Emptied(Struct, frozen=True):
    """A service that was told to want no tasks. `spec`: as it was before; `tasks`: those that it had."""

    name: str
    spec: dict[str, Any]
    tasks: tuple[str, ...]


class ContainersAndTasks(Containers):
    """The id of a task is that of its service, and its own."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._emptied: dict[str, Emptied] = {}

    async def stop(self, containers: Sequence[str]) -> None:
        await super().stop(await self._emptied_of_services(containers))

    async def pause(self, containers: Sequence[str]) -> None:
        await super().pause(await self._emptied_of_services(containers))

    async def start(self, service: str, containers: Sequence[str]) -> None:
        composed, services = _sorted(containers)
        for each in services:
            await self._refill(each)
        await super().start(service, composed)

    async def remove(self, containers: Sequence[str]) -> None:
        composed, services = _sorted(containers)
        for service in services:
            if service in self._emptied:
                await remove(self._engine, self._emptied[service].name)
        await super().remove(composed)

    async def runs(self, container: str) -> bool:
        return _SEPARATOR in container or await super().runs(container)

    async def until_healthy(self, service: str, containers: Sequence[str]) -> None:
        composed, services = _sorted(containers)
        for each in services:
            if each in self._emptied:
                was = self._emptied[each]
                expected = ExpectedTasks.of(service, was.spec, was.tasks)
                await until_serving(self._engine, expected, within=self._within)
        if composed:
            await super().until_healthy(service, composed)

    async def exchange_name(self, service: str, to: Sequence[str], old: Sequence[str]) -> None:
        await super().exchange_name(service, _sorted(to)[0], _sorted(old)[0])

    async def restartable(self, containers: Sequence[str]) -> list[str]:
        composed, services = _sorted(containers)
        found = [await self._service(each) for each in services]
        return [*composed, *(f"{each['Spec']['Name']}={wanted_before(each['Spec'])}" for each in found if each)]

    async def _emptied_of_services(self, containers: Sequence[str]) -> list[str]:
        """Those of Compose; the services of the others want no tasks by then."""
        composed, services = _sorted(containers)
        for service in services:
            await self._empty(service)
        return composed

    async def _empty(self, service: str) -> None:
        """It keeps its definition, and how many it wanted."""
        found = await self._service(service)
        if found is None:
            return
        name = str(found["Spec"]["Name"])
        if service not in self._emptied:
            tasks = tuple(task["ID"] for task in await tasks_of(self._engine, name))
            self._emptied[service] = Emptied(name, refilled(found["Spec"]), tasks)
        await change(self._engine, name, emptied)
        await until_gone(self._engine, f"?{filters(service=[name])}")

    async def _refill(self, service: str) -> None:
        if service in self._emptied:
            await change(self._engine, self._emptied[service].name, refilled)

    async def _service(self, service: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = await self._engine.get(f"/services/{service}")
        except NoSuchObject:
            return None
        return found


def _sorted(ids: Sequence[str]) -> tuple[list[str], list[str]]:
    """Containers of Compose, and services of the swarm whose tasks are named."""
    composed = [each for each in ids if _SEPARATOR not in each]
    services = dict.fromkeys(each.partition(_SEPARATOR)[0] for each in ids if _SEPARATOR in each)
    return composed, list(services)


async def give_back(
    engine: Connection,
    release: Release,
    *,
    within: float,
    say: Say,
    on_edge: Callable[[str], OnEdge | None],
) -> None:
    """`release`: the takeover that ended; `on_edge`: service -> does the edge send requests to these addresses. Can be
    done again where it is ended, too. Raises StepFailed where a service of the swarm does not run again: what Compose
    runs of it then stays, unless both can't be at a time."""
    project = release.project
    composed = await read_tasks(engine, project)
    for each in await engine.get(f"/services{of_project(project)}"):
        spec = each["Spec"]
        if WANTED not in (spec.get("Labels") or {}):
            continue
        name = str(spec["Name"]).removeprefix(f"{project}_")
        say(f"{name}: back to the swarm's")
        if _old_first(release.spec, release.container_names, name):
            await _remove(engine, composed.pop(name, ()))
        await _refill(engine, name, spec, within, on_edge(name) if name in composed else None)
    for tasks in composed.values():
        await _remove(engine, tasks)


def _old_first(spec: ComposeProject, names: Mapping[str, str], service: str) -> bool:
    definition = spec.services.get(service)
    return definition is None or replacing(definition, names.get(service, "")).order is Order.STOP_FIRST


async def _refill(
    engine: Connection, service: str, spec: dict[str, Any], within: float, on_edge: OnEdge | None
) -> None:
    name = str(spec["Name"])
    earlier = [task["ID"] for task in await tasks_of(engine, name)]
    await change(engine, name, refilled)
    expected = ExpectedTasks.of(service, refilled(spec), earlier)
    await until_serving(engine, expected, within=within, on_edge=on_edge)


async def _remove(engine: Connection, tasks: Sequence[Task]) -> None:
    """In order, and without their volumes."""
    for task in tasks:
        at = f"/containers/{quote(task.id)}"
        await engine.send("POST", f"{at}/stop", answer=False, seconds=STOP_SECONDS)
        await engine.send("DELETE", f"{at}?force=true", answer=False)


_LEAVING = 2.0
"""Seconds that a swarm takes beyond a container's own to end its task."""


class TakeoverTarget(ComposeTarget):
    """As on one engine, but for the old ones, which are the swarm's."""

    async def settled(self) -> None:
        await super().settled()
        await until_gone(self._engine, of_project(self._desired.project), only_told=True)

    async def planned(self, plan: RolloutPlan) -> RolloutPlan:
        return as_takeover(await super().planned(plan))

    async def running(self) -> Running:
        """Both: Compose's containers, and the swarm's tasks as what is to be replaced."""
        composed = await read_running(self._engine, self._desired.project)
        return structs.replace(composed, tasks=_together(composed.tasks, await self._swarms()))

    async def tasks(self) -> Mapping[str, Sequence[Task]]:
        composed, swarms = await asyncio.gather(super().tasks(), self._swarms())
        return _together(composed, swarms)

    async def retire(self) -> None:
        """Nothing of the project is left in the swarm but its records: also what an earlier run emptied goes."""
        await super().retire()
        left = []
        for service in await self._engine.get(f"/services{of_project(self._desired.project)}"):
            labels = service["Spec"].get("Labels") or {}
            if WANTED in labels or JOB in labels:
                await remove(self._engine, service["Spec"]["Name"])
            else:
                left.append(service["Spec"]["Name"])
        self._say(await self._what_is_next(left))

    async def _what_is_next(self, left: Sequence[str]) -> str:
        project = self._desired.project
        others = [each["Spec"]["Name"] for each in await self._engine.get("/services")]
        if left:
            return f"what was asked for runs by Compose now; the swarm still has {', '.join(left)}"
        if others:
            return f"{project} runs by Compose now; the swarm goes on for {', '.join(others)}"
        if self._desired.spec.joined.isdisjoint(await self._networks()):
            return f"{project} runs by Compose now, and the swarm has nothing any more: `docker swarm leave --force`"
        return (
            f"{project} runs by Compose now, on networks of the swarm, which nothing else uses. To end it: "
            "`docker swarm leave --force`, and at once `dockworthy deploy`: in between the project does not answer"
        )

    async def _networks(self) -> set[str]:
        return {each["Name"] for each in await self._engine.get("/networks") if each.get("Scope") == "swarm"}

    async def _swarms(self) -> Mapping[str, Sequence[Task]]:
        return (await read_swarm(self._engine, self._desired.project)).tasks


def _together(
    composed: Mapping[str, Sequence[Task]], swarms: Mapping[str, Sequence[Task]]
) -> dict[str, tuple[Task, ...]]:
    return {name: (*composed.get(name, ()), *swarms.get(name, ())) for name in sorted({*composed, *swarms})}


def as_takeover(plan: RolloutPlan) -> RolloutPlan:
    """The plan says that it takes the project over. It names no cause "its definition changed": Compose makes each
    container anew from the same files, and its hash is another one anyway."""
    steps = tuple(_step_as_takeover(step) for step in plan.steps)
    if steps == plan.steps:
        return plan
    note = "takes over from swarm: its services become Compose's own containers; volumes and their data stay"
    return structs.replace(plan, steps=steps, notes=(note, *plan.notes))


def _step_as_takeover(step: RolloutStep) -> RolloutStep:
    if step.kind is not StepKind.REPLACE or not any("." in task for task in step.tasks):
        return step
    old_first = step.order is Order.STOP_FIRST
    how = "the swarm's first" if old_first else "new beside old, the swarm's stop when the new ones are healthy"
    why = tuple(cause for cause in step.causes if cause != "its definition changed" and not cause.startswith(GONE))
    says = f"take {step.subject} over from swarm: {how}"
    gap = step.gap + _LEAVING if step.gap else step.gap
    return structs.replace(step, says=says, causes=("deploy.target is compose", *why), gap=gap)
