"""A takeover that ended in the middle is taken back: the swarm's services want tasks again, Compose's containers go.

Source: Engine API v1.45, /services, /containers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ....engine.connection import Connection
from ....model.compose_project import ComposeProject
from ....model.release import Release
from ....model.rollout import Order, Task
from ...planning.replacing import replacing
from ..containers import STOP_SECONDS
from ..running import read_tasks
from ..swarm.names import of_project
from ..swarm.services import change
from ..swarm.waiting import Expected, tasks_of, until_serving
from ..waiting import OnEdge
from .emptied import WANTED, refilled


async def give_back(
    engine: Connection,
    release: Release,
    *,
    within: float,
    say: Callable[[str], None],
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
    expected = Expected.of(service, refilled(spec), earlier)
    await until_serving(engine, expected, within=within, on_edge=on_edge)


async def _remove(engine: Connection, tasks: Sequence[Task]) -> None:
    """In order, and without their volumes."""
    for task in tasks:
        at = f"/containers/{quote(task.id)}"
        await engine.send("POST", f"{at}/stop", answer=False, seconds=STOP_SECONDS)
        await engine.send("DELETE", f"{at}?force=true", answer=False)
