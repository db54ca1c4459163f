"""Reads what a project runs on an engine: one list of all containers, one inspect a task.

Source: GET /containers/json, /containers/{id}/json, /volumes, /networks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from ...engine.connection import Connection
from ...engine.faults import NoSuchObject
from ...engine.filters import filters
from ...model.labels import COMPOSE_CONFIG_HASH, COMPOSE_ONEOFF, COMPOSE_PROJECT, COMPOSE_SERVICE, STACK, SWARM_TASK
from ...model.rollout import EDGE_NETWORK, Health, Running, Task, TaskState

_STATES = {"removing": TaskState.DEAD}


async def read_running(engine: Connection, project: str) -> Running:
    """Raises EngineError and its kinds. A container that goes meanwhile is left out."""
    containers, volumes, networks = await asyncio.gather(
        engine.get("/containers/json?all=true"), engine.get("/volumes"), engine.get("/networks")
    )
    ours = [each for each in made_by_compose(containers) if _labels(each).get(COMPOSE_PROJECT) == project]
    own = {each["Id"] for each in ours}
    others = [each for each in containers if each["Id"] not in own and _labels(each).get(STACK) != project]
    return Running(
        tasks=await _inspected(engine, ours),
        volumes={each["Name"]: each.get("Labels") or {} for each in volumes.get("Volumes") or ()},
        networks={each["Name"]: each.get("Labels") or {} for each in networks},
        volume_users=volume_users(others),
        host_ports=host_ports(others),
    )


async def read_tasks(engine: Connection, project: str) -> dict[str, tuple[Task, ...]]:
    """The tasks alone, service -> tasks. Raises EngineError and its kinds."""
    ours = filters(label=[f"{COMPOSE_PROJECT}={project}"])
    return await _inspected(engine, made_by_compose(await engine.get(f"/containers/json?all=true&{ours}")))


def made_by_compose(listed: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Of containers with a project's label those that are no tasks of a swarm's service: these may have the label from
    their image, which anybody makes."""
    return [each for each in listed if SWARM_TASK not in _labels(each)]


async def _inspected(engine: Connection, listed: Iterable[Mapping[str, Any]]) -> dict[str, tuple[Task, ...]]:
    tasks = await asyncio.gather(*(read_task(engine, each["Id"]) for each in listed))
    return _by_service(task for task in tasks if task is not None)


async def read_task(engine: Connection, container: str) -> Task | None:
    """One container as a task; None where it is gone."""
    facts = await inspected_or_none(engine, container)
    return task_of(facts) if facts is not None else None


async def inspected_or_none(engine: Connection, container: str) -> Mapping[str, Any] | None:
    """A container as the engine tells it in full; None where it is gone."""
    try:
        facts: Mapping[str, Any] = await engine.get(f"/containers/{container}/json")
        return facts
    except NoSuchObject:
        return None


def task_of(facts: Mapping[str, Any]) -> Task:
    """`facts`: what GET /containers/{id}/json answers."""
    labels = facts["Config"].get("Labels") or {}
    state = facts["State"]
    status = state.get("Status", "dead")
    networks = (facts.get("NetworkSettings") or {}).get("Networks") or {}
    return Task(
        id=facts["Id"],
        name=facts["Name"].lstrip("/"),
        service=labels.get(COMPOSE_SERVICE, ""),
        spec_hash=labels.get(COMPOSE_CONFIG_HASH, ""),
        image_id=facts["Image"],
        state=_STATES.get(status) or TaskState(status),
        health=Health((state.get("Health") or {}).get("Status") or "none"),
        restarts=facts.get("RestartCount", 0),
        exit_code=state.get("ExitCode", 0),
        error=state.get("Error", ""),
        started=state.get("StartedAt", ""),
        addresses={name: network.get("IPAddress", "") for name, network in networks.items()},
        edge_names=_names_on(networks.get(EDGE_NETWORK)),
        mounts={mount["Destination"]: mount.get("Name") or mount.get("Source", "") for mount in facts["Mounts"]},
        is_job=labels.get(COMPOSE_ONEOFF) == "True",
    )


def _names_on(network: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Those that somebody gave; engines tell them in one or the other place."""
    return tuple({*((network or {}).get("Aliases") or ()), *((network or {}).get("DNSNames") or ())})


def _by_service(tasks: Iterable[Task]) -> dict[str, tuple[Task, ...]]:
    found: dict[str, list[Task]] = {}
    for task in sorted(tasks, key=lambda task: (task.started, task.name)):
        found.setdefault(task.service, []).append(task)
    return {service: tuple(of_one) for service, of_one in sorted(found.items())}


def volume_users(containers: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    users: dict[str, tuple[str, ...]] = {}
    for container in containers:
        for mount in container.get("Mounts") or ():
            if mount.get("Type") == "volume" and mount.get("RW") and container.get("State") == "running":
                users[mount["Name"]] = (*users.get(mount["Name"], ()), _name(container))
    return users


def host_ports(containers: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {
        f"{_address(port)}{port['PublicPort']}/{port.get('Type', 'tcp')}": _name(container)
        for container in containers
        for port in container.get("Ports") or ()
        if port.get("PublicPort")
    }


def _address(port: Mapping[str, Any]) -> str:
    """Of the host; "" is all of them."""
    address = port.get("IP") or ""
    return "" if address in ("", "0.0.0.0", "::") else f"{address}:"


def _labels(container: Mapping[str, Any]) -> Mapping[str, str]:
    labels: Mapping[str, str] = container.get("Labels") or {}
    return labels


def _name(container: Mapping[str, Any]) -> str:
    names = container.get("Names") or [container["Id"][:12]]
    return str(names[0]).lstrip("/")
