"""Reads what a project runs on a swarm.

A task here is what stands in one slot with one spec: a swarm makes a new task for each attempt, and those that failed
before count as its restarts. Source: GET /services, /tasks, /nodes, /networks, /volumes, /containers/json.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ....engine.connection import Connection
from ....engine.faults import NoSuchObject
from ....model.hosts import TASK_ENDED
from ....model.labels import STACK
from ....model.rollout import EDGE_NETWORK, Health, Running, Task, TaskState
from ..running import host_ports, volume_users
from .names import JOB, of_project
from .spec_hash import spec_hash

_UP = {"starting": TaskState.RUNNING, "running": TaskState.RUNNING, "complete": TaskState.EXITED}
_FAILED = ("failed", "rejected", "complete")

Attempts = Sequence[Mapping[str, Any]]
"""Tasks of the API, of one slot and spec, oldest first."""


class SwarmAnswers:
    """The answers of the engine, together."""

    def __init__(self, project: str, services: Any, tasks: Any, nodes: Any, networks: Any, containers: Any) -> None:
        self.services = {each["ID"]: each for each in services}
        mine = (task for task in tasks if task["ServiceID"] in self.services)
        self.tasks = sorted(mine, key=lambda task: str(task["CreatedAt"]))
        self.ran = {each["Id"]: each["ImageID"] for each in containers}
        self.nodes = {each["ID"]: each["Description"]["Hostname"] for each in nodes}
        self.networks = {each["Id"]: each["Name"] for each in networks}
        self.images: dict[str, str] = {}
        self._prefix = f"{project}_"

    def service_of(self, task: Mapping[str, Any]) -> str:
        service = self.services[task["ServiceID"]]["Spec"]
        return str((service.get("Labels") or {}).get(JOB) or service["Name"].removeprefix(self._prefix))


async def read_swarm(engine: Connection, project: str) -> Running:
    """Raises EngineError and its kinds."""
    ours = of_project(project)
    services, tasks, nodes, networks, volumes, containers = await asyncio.gather(
        *(
            engine.get(path)
            for path in (f"/services{ours}", f"/tasks{ours}", "/nodes", "/networks", "/volumes",
                         "/containers/json?all=true")
        )
    )  # fmt: skip
    seen = SwarmAnswers(project, services, tasks, nodes, networks, containers)
    await _resolve_images(engine, seen)
    others = [each for each in containers if (each.get("Labels") or {}).get(STACK) != project]
    found: dict[str, list[Task]] = {}
    for task in (*_tasks(seen), *_absent(seen)):
        found.setdefault(task.service, []).append(task)
    return Running(
        tasks={service: tuple(of_one) for service, of_one in sorted(found.items())},
        volumes={each["Name"]: each.get("Labels") or {} for each in volumes.get("Volumes") or ()},
        networks={each["Name"]: each.get("Labels") or {} for each in networks},
        volume_users=volume_users(others),
        host_ports=host_ports(others),
    )


def _tasks(seen: SwarmAnswers) -> Iterator[Task]:
    for attempts in _slots(seen):
        tasks = [_task(seen, of_one) for of_one in _by_spec(seen, attempts)]
        serving = any(task.is_serving for task in tasks)
        for task in tasks:
            # A slot whose old task serves on: the new one is not there before it serves, too.
            if task.is_serving or not serving:
                yield task


def _slots(seen: SwarmAnswers) -> Iterator[Attempts]:
    """The attempts of each slot that counts: a service that was made smaller, or whose tasks were moved, leaves slots
    behind. One of which none is to run counts only where the service lacks one, the newest first."""
    slots: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for task in seen.tasks:
        slots.setdefault((task["ServiceID"], task.get("Slot", 0)), []).append(task)
    runs = Counter(service for (service, _), attempts in slots.items() if _is_to_run(attempts))
    left: dict[str, list[Attempts]] = {}
    for (service, _), attempts in slots.items():
        if _is_to_run(attempts):
            yield attempts
        elif not _still_wanted(seen, attempts):
            continue
        elif "Replicated" in seen.services[service]["Spec"]["Mode"]:
            left.setdefault(service, []).append(attempts)
        else:  # a job that failed
            yield attempts
    for service, each in left.items():
        lacking = max(0, _replicas(seen, service) - runs[service])
        newest = sorted(each, key=lambda attempts: str(attempts[-1]["CreatedAt"]), reverse=True)
        yield from newest[:lacking]


def _is_to_run(attempts: Attempts) -> bool:
    return any(task["DesiredState"] in ("running", "ready", "complete") for task in attempts)


def _replicas(seen: SwarmAnswers, service: str) -> int:
    return int((seen.services[service]["Spec"]["Mode"].get("Replicated") or {}).get("Replicas", 0))


def _still_wanted(seen: SwarmAnswers, attempts: Attempts) -> bool:
    """None is to run, and yet it failed by itself: with `restart: no`, or between two attempts."""
    replicas = _replicas(seen, attempts[-1]["ServiceID"])
    return attempts[-1]["Status"]["State"] in _FAILED and attempts[-1].get("Slot", 0) <= replicas


def _by_spec(seen: SwarmAnswers, attempts: Attempts) -> Iterator[Attempts]:
    """Those of each spec that has one which is to run; else of the newest."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for task in attempts:
        groups.setdefault(f"{_exact(seen, task)} {_image(seen, task)}", []).append(task)
    alive = [group for group in groups.values() if any(_lives(task) for task in group)]
    newest = groups[f"{_exact(seen, attempts[-1])} {_image(seen, attempts[-1])}"]
    yield from alive or [newest]


def _lives(task: Mapping[str, Any]) -> bool:
    return task["DesiredState"] in ("running", "ready", "complete") and task["Status"]["State"] not in TASK_ENDED


def _task(seen: SwarmAnswers, attempts: Attempts) -> Task:
    task = next((each for each in reversed(attempts) if _lives(each)), attempts[-1])
    spec, status = task["Spec"]["ContainerSpec"], task["Status"]
    state = status["State"]
    service = seen.service_of(task)
    failed = [each for each in attempts if each["Status"]["State"] in _FAILED]
    node = seen.nodes.get(task.get("NodeID", ""), "")
    return Task(
        id=f"{task['ServiceID']}.{task.get('Slot', 0)}.{_exact(seen, task)}.{_image(seen, task)[-12:]}",
        name=f"{service}.{task.get('Slot', 0)}" + (f" on {node}" if node else ""),
        service=service,
        spec_hash=_hash(seen, task),
        image_id=_image(seen, task),
        state=_UP.get(state, TaskState.EXITED if state in TASK_ENDED else TaskState.CREATED),
        health=_health(spec, state),
        restarts=len([each for each in failed if each is not task]),
        exit_code=(failed[-1]["Status"].get("ContainerStatus") or {}).get("ExitCode", 0) if failed else 0,
        error=status.get("Err") or (failed[-1]["Status"].get("Err", "") if failed else ""),
        started=status.get("Timestamp", ""),
        addresses=_addresses(task),
        edge_names=_edge_names(seen, task),
        mounts={each["Target"]: each.get("Source", "") for each in spec.get("Mounts") or ()},
        is_job=JOB in (seen.services[task["ServiceID"]]["Spec"].get("Labels") or {}),
        attempt=task["ID"],
    )


def _absent(seen: SwarmAnswers) -> Iterator[Task]:
    """Services that have no task at all: made smaller to none, or just made."""
    having = {task["ServiceID"] for task in seen.tasks}
    for identity, service in seen.services.items():
        if identity not in having and "Replicated" in service["Spec"]["Mode"]:
            template = service["Spec"]["TaskTemplate"]
            fake = {"ServiceID": identity, "Spec": template, "Status": {"State": "new"}, "ID": "",
                    "DesiredState": "running", "CreatedAt": ""}  # fmt: skip
            if service["Spec"]["Mode"]["Replicated"].get("Replicas"):
                yield _task(seen, [fake])


def _health(spec: Mapping[str, Any], state: str) -> Health:
    """A swarm holds a task at `starting` until its health check passes, and ends one that becomes unhealthy."""
    if state == "starting":
        return Health.STARTING
    checked = (spec.get("Healthcheck") or {}).get("Test") or ["NONE"]
    return Health.HEALTHY if state == "running" and checked[0] != "NONE" else Health.NONE


def _addresses(task: Mapping[str, Any]) -> dict[str, str]:
    return {
        each["Network"]["Spec"]["Name"]: (each.get("Addresses") or [""])[0].partition("/")[0]
        for each in task.get("NetworksAttachments") or ()
    }


def _edge_names(seen: SwarmAnswers, task: Mapping[str, Any]) -> tuple[str, ...]:
    joined = task["Spec"].get("Networks") or ()
    at_edge = [each for each in joined if seen.networks.get(each["Target"], each["Target"]) == EDGE_NETWORK]
    return tuple(name for each in at_edge for name in each.get("Aliases") or ())


def _exact(seen: SwarmAnswers, task: Mapping[str, Any]) -> str:
    return spec_hash(task["Spec"], seen.networks, secret_names=True)


def _hash(seen: SwarmAnswers, task: Mapping[str, Any]) -> str:
    return spec_hash(task["Spec"], seen.networks)


def _image(seen: SwarmAnswers, task: Mapping[str, Any]) -> str:
    """A name without a digest may be another image on each node: only a container of this one tells which."""
    reference: str = task["Spec"]["ContainerSpec"]["Image"]
    if reference.startswith("sha256:"):
        return reference
    container = (task["Status"].get("ContainerStatus") or {}).get("ContainerID", "")
    return seen.ran.get(container) or seen.images.get(reference, reference)


async def _resolve_images(engine: Connection, seen: SwarmAnswers) -> None:
    """Digests to ids, as this engine knows them."""
    references = {task["Spec"]["ContainerSpec"]["Image"] for task in seen.tasks}
    references |= {each["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] for each in seen.services.values()}
    for reference in sorted(references):
        if "@sha256:" in reference:
            try:
                seen.images[reference] = (await engine.get(f"/images/{quote(reference, safe='')}/json"))["Id"]
            except NoSuchObject:
                continue
