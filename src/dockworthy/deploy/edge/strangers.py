"""Containers and services on the edge's networks that no release put there: they reach what is routed of all projects.

Source: Engine API v1.45, GET /networks/{id}, /containers/{id}/json, /services.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ...engine.connection import Connection
from ...engine.faults import NoSuchObject
from ...model.edge_network import EDGE_NETWORK, EDGE_NETWORKS, EDGE_PROJECT
from ...model.labels import COMPOSE_PROJECT, SWARM_TASK
from ..targets.running import task_of
from .compose_file import CONTAINER
from .kept import ProjectRoutes, old_name


async def strangers(engine: Connection, projects: Mapping[str, ProjectRoutes]) -> tuple[str, ...]:
    """Their names, each with where it is. Of a service with several tasks the service is named. Raises EngineError."""
    secret = {alias for routes in projects.values() for alias in routes.aliases.values()}
    found: list[str] = []
    for network in EDGE_NETWORKS:
        facts = await _asked(engine, f"/networks/{network}")
        if facts is None:
            continue
        ids = [id for id in facts.get("Containers") or {} if not id.startswith("lb-")]
        for container in await asyncio.gather(*(_asked(engine, f"/containers/{quote(id)}/json") for id in ids)):
            if container is None or _belongs(container, network, projects, secret):
                continue
            if facts.get("Scope") != "swarm" or not await _is_task(engine, container):
                found.append(f"the container {container['Name'].lstrip('/')} on {network}")
        if facts.get("Scope") == "swarm":
            for service in await engine.get("/services"):
                names = _names(service, facts["Id"])
                if names is not None and not secret & names:
                    found.append(f"the service {service['Spec']['Name']} on {network}")
    return tuple(sorted(found))


async def _asked(engine: Connection, path: str) -> dict[str, Any] | None:
    try:
        answer: dict[str, Any] = await engine.get(path)
    except NoSuchObject:
        return None
    return answer


def _belongs(
    container: Mapping[str, Any], network: str, projects: Mapping[str, ProjectRoutes], secret: set[str]
) -> bool:
    labels = container["Config"].get("Labels") or {}
    project = labels.get(COMPOSE_PROJECT, "")
    if project == EDGE_PROJECT and container["Name"] == f"/{CONTAINER}":
        return True
    if network != EDGE_NETWORK:
        return False
    task = task_of(container)
    names = set(task.edge_names)
    routes = projects.get(project)
    if routes is not None and (task.service in routes.old_names or task.service not in routes.aliases):
        secret = {*secret, old_name(project, task.service)}
    return bool(names & secret)


async def _is_task(engine: Connection, container: Mapping[str, Any]) -> bool:
    """By what the swarm knows of it: the label alone can be given to any container. Whether its service may be there is
    asked of the service."""
    id = str((container["Config"].get("Labels") or {}).get(SWARM_TASK) or "")
    task = await _asked(engine, f"/tasks/{quote(id, safe='')}") if id else None
    status = (task or {}).get("Status") or {}
    return bool((status.get("ContainerStatus") or {}).get("ContainerID") == container["Id"])


def _names(service: Mapping[str, Any], network: str) -> set[str] | None:
    """Of a service on that network; None where it is not on it."""
    template = service["Spec"].get("TaskTemplate") or {}
    joined = [each for each in template.get("Networks") or () if each.get("Target") == network]
    return {name for each in joined for name in each.get("Aliases") or ()} if joined else None
