"""Containers whose task the swarm gave up: they run on beside those that took their place, and get requests.

An engine that is killed and comes back lets them run, and the swarm has long started others (seen on engine 26.1.5:
four, two of them of the version before). Nobody ends them: no task is theirs any more. Only those of the engine that is
asked can be seen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ....engine.connection import Connection
from ....engine.faults import NoSuchObject
from ....engine.filters import filters
from ....model.hosts import TASK_ENDED
from ....model.labels import STACK, SWARM_SERVICE, SWARM_TASK
from ....model.rollout import RolloutStep, StepKind
from .names import of_project

_STOP_SECONDS = 10.0
_WHY = "the swarm gave their tasks up, as after an engine that was killed, and started others"


def lost_of(
    project: str, containers: Iterable[Mapping[str, Any]], tasks: Iterable[Mapping[str, Any]]
) -> dict[str, tuple[str, ...]]:
    """Service -> ids of its containers here that run for no task that is to. Pure; as the API tells of both."""
    states = {task["ID"]: task["Status"]["State"] for task in tasks}
    found: dict[str, tuple[str, ...]] = {}
    for each in containers:
        labels = each.get("Labels") or {}
        if labels.get(STACK) != project or SWARM_TASK not in labels or each.get("State") != "running":
            continue
        if states.get(labels[SWARM_TASK], "remove") in TASK_ENDED:
            service = str(labels.get(SWARM_SERVICE) or "").removeprefix(f"{project}_")
            found[service] = (*found.get(service, ()), each["Id"])
    return found


async def lost_now(engine: Connection, project: str) -> dict[str, tuple[str, ...]]:
    """Raises EngineError."""
    ours = filters(label=[f"{STACK}={project}"])
    containers, tasks = await asyncio.gather(
        engine.get(f"/containers/json?{ours}"), engine.get(f"/tasks{of_project(project)}")
    )
    return lost_of(project, containers, tasks)


def steps_for(lost: Mapping[str, Sequence[str]]) -> Iterator[RolloutStep]:
    """They go when all that is wanted runs."""
    for service, containers in sorted(lost.items()):
        many = "1 container" if len(containers) == 1 else f"{len(containers)} containers"
        says = f"remove {many} of {service} that no task of the swarm is for"
        yield RolloutStep(kind=StepKind.CLEAR, subject=service, says=says, causes=(_WHY,), tasks=tuple(containers))


async def clear(engine: Connection, project: str, step: RolloutStep) -> None:
    """Those of the step that are still lost. They have their time to end. Raises EngineError."""
    left = set((await lost_now(engine, project)).get(step.subject, ())).intersection(step.tasks)
    await asyncio.gather(*(_remove(engine, container) for container in sorted(left)))


async def _remove(engine: Connection, container: str) -> None:
    at = f"/containers/{quote(container)}"
    try:
        grace = float((await engine.get(f"{at}/json"))["Config"].get("StopTimeout") or _STOP_SECONDS)
        await engine.send("POST", f"{at}/stop", answer=False, seconds=grace + 60.0)
        await engine.send("DELETE", f"{at}?force=true", answer=False)
    except NoSuchObject:
        return
