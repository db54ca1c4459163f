"""Containers whose task the swarm gave up: they run on beside those that took their place, and get requests.

An engine that is killed and comes back lets them run, and the swarm has long started others (seen on engine 26.1.5:
four, two of them of the version before). Nobody ends them: no task is theirs any more. A manager's API tells of its own
containers alone, so each other node is asked by the way that `hosts:` in dockworthy.yaml names. What a node that can't
be asked runs is unknown, and is said to be (docs/adr/0043).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from ....engine.connection import Connection
from ....engine.faults import NoSuchObject
from ....engine.filters import filters
from ....engine.membership import membership_of
from ....engine.site import engine_at
from ....errors import DockworthyError
from ....model.hosts import TASK_ENDED
from ....model.labels import STACK, SWARM_SERVICE, SWARM_TASK
from ....model.rollout import LostContainer, RolloutStep, StepKind, UnseenNode
from ....model.saying import Say
from .names import of_project
from .node_ways import NodeWay, must_be_node, way_to

_STOP_SECONDS = 10.0
_ASKING = 15.0
"""Seconds in which a node must have told what it runs."""
_WHY = "the swarm gave up their tasks, as it does when an engine is killed, and started others"

Containers = Sequence[Mapping[str, Any]]


class Lost(Struct, frozen=True, kw_only=True):
    """`found`: service -> its containers, on any node, that run for no task. `unseen`: nodes that nobody could ask."""

    found: dict[str, tuple[LostContainer, ...]] = {}
    unseen: tuple[UnseenNode, ...] = ()


class _Told(Struct, frozen=True, kw_only=True):
    """What another node says that it runs, or why it does not."""

    way: NodeWay
    containers: Containers = ()
    unseen: UnseenNode | None = None


def lost_of(
    project: str, containers: Iterable[Mapping[str, Any]], tasks: Iterable[Mapping[str, Any]], node: str = ""
) -> Iterator[LostContainer]:
    """The containers of one engine that run for no task that is to. `node`: what its node is called, "" for the manager
    that is asked. Pure; as the API tells of both."""
    states = {task["ID"]: task["Status"]["State"] for task in tasks}
    for each in containers:
        labels = each.get("Labels") or {}
        if labels.get(STACK) != project or SWARM_TASK not in labels or each.get("State") != "running":
            continue
        if states.get(labels[SWARM_TASK], "remove") in TASK_ENDED:
            service = str(labels.get(SWARM_SERVICE) or "").removeprefix(f"{project}_")
            yield LostContainer(id=each["Id"], service=service, node=node)


def steps_for(lost: Lost) -> Iterator[RolloutStep]:
    """They go when all that is wanted runs. One step for each service and node."""
    for service, containers in sorted(lost.found.items()):
        for node in sorted({each.node for each in containers}):
            there = tuple(each.id for each in containers if each.node == node)
            many = "1 container" if len(there) == 1 else f"{len(there)} containers"
            of = f"{service} on {node}" if node else service
            says = f"remove {many} of {of} without a task in the swarm"
            yield RolloutStep(kind=StepKind.CLEAR, subject=service, says=says, causes=(_WHY,), tasks=there)


class LostTasks:
    """Of one project on the swarm of the manager `engine`. `hosts`: those of dockworthy.yaml, name -> endpoint."""

    def __init__(self, engine: Connection, project: str, hosts: Mapping[str, str], *, sudo: bool) -> None:
        self._engine = engine
        self._project = project
        self._hosts = hosts
        self._sudo = sudo
        self._ways: dict[str, NodeWay] = {}
        """Container -> the node, other than the manager, on which it was found."""

    async def look(self) -> Lost:
        """On all nodes at once. Raises EngineError where the manager does not answer; another node that does not is
        `unseen`."""
        nodes, asked = await asyncio.gather(self._engine.get("/nodes"), membership_of(self._engine))
        others = [each for each in nodes if each["ID"] != asked.node]
        # Tasks are asked for last: a task that begins meanwhile is known by then, and its container is not lost.
        mine, theirs = await asyncio.gather(
            _containers(self._engine, self._project), asyncio.gather(*(self._told(each) for each in others))
        )
        tasks = await self._engine.get(f"/tasks{of_project(self._project)}")
        every = [*lost_of(self._project, mine, tasks)]
        unseen: list[UnseenNode] = []
        for told in theirs:
            if told.unseen is not None:
                unseen.append(told.unseen)
            found = [*lost_of(self._project, told.containers, tasks, told.way.name)]
            self._ways |= {each.id: told.way for each in found}
            every += found
        services = dict.fromkeys(each.service for each in every)
        return Lost(
            found={name: tuple(each for each in every if each.service == name) for name in services},
            unseen=tuple(sorted(unseen, key=lambda each: each.name)),
        )

    async def clear(self, step: RolloutStep, say: Say) -> None:
        """Those of the step that are still lost. They have their time to end. What another node does not let us remove
        is said, and found again by the next deploy: that is no reason to take a release back that runs.

        Raises EngineError for containers of the manager."""
        way = next((self._ways[each] for each in step.tasks if each in self._ways), None)
        if way is None:
            await self._clear(self._engine, step)
            return
        try:
            async with engine_at(way.endpoint, command="deploy", sudo=self._sudo) as engine:
                await must_be_node(engine, way)
                await self._clear(engine, step)
        except DockworthyError as error:
            say(f"  not removed on {way.name}: {error.says}; `dockworthy deploy` tries it again")

    async def _clear(self, engine: Connection, step: RolloutStep) -> None:
        containers = await _containers(engine, self._project)
        tasks = await self._engine.get(f"/tasks{of_project(self._project)}")
        left = {each.id for each in lost_of(self._project, containers, tasks)}.intersection(step.tasks)
        await asyncio.gather(*(_remove(engine, container) for container in sorted(left)))

    async def _told(self, node: Mapping[str, Any]) -> _Told:
        """Never raises. One that is down may believe in another swarm by now: nothing there is ours to remove."""
        way = way_to(node, self._hosts)
        state = str(node["Status"].get("State"))
        if state != "ready":
            return _unseen(way, f"to the swarm it is {state}")
        if not way.endpoint:
            add = "dockworthy hosts add ssh://root@HOST --name NODE"
            return _unseen(way, "`hosts:` in dockworthy.yaml names no way there", add)
        try:
            async with (
                asyncio.timeout(_ASKING),
                engine_at(way.endpoint, command="deploy", sudo=self._sudo) as engine,
            ):
                await must_be_node(engine, way)
                return _Told(way=way, containers=await _containers(engine, self._project))
        except DockworthyError as error:
            return _unseen(way, error.says, error.hint)
        except TimeoutError:
            return _unseen(way, f"it did not answer within {_ASKING:.0f} s")


def _unseen(way: NodeWay, why: str, hint: str = "") -> _Told:
    return _Told(way=way, unseen=UnseenNode(name=way.name, why=why, hint=hint))


async def _containers(engine: Connection, project: str) -> Containers:
    found: Containers = await engine.get(f"/containers/json?{filters(label=[f'{STACK}={project}'])}")
    return found


async def _remove(engine: Connection, container: str) -> None:
    at = f"/containers/{quote(container)}"
    try:
        grace = float((await engine.get(f"{at}/json"))["Config"].get("StopTimeout") or _STOP_SECONDS)
        await engine.send("POST", f"{at}/stop", answer=False, seconds=grace + 60.0)
        await engine.send("DELETE", f"{at}?force=true", answer=False)
    except NoSuchObject:
        return
