"""Where volumes are: a service that has one stays on its node, for a volume does not go along.

Source: Engine API v1.45, GET /info, /tasks, /services, /volumes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from ....engine.connection import Connection
from ....engine.membership import membership_of
from ....model.compose_project import ComposeProject, ComposeService
from .constraints import fits
from .names import of_project, service_name

_AT = ("node.id", "node.hostname")


class Volumes(Struct, frozen=True):
    """`here`: this node's id. `places`: volume -> id of the node where a task of the project has or had it. `bound`:
    service's name on the swarm -> the node that it is bound to already. `names`: node's id -> what it is called.
    `nodes`: as the API tells of those that are ready."""

    here: str
    places: Mapping[str, str]
    bound: Mapping[str, str]
    names: Mapping[str, str]
    nodes: Sequence[Mapping[str, Any]] = ()


async def where_volumes_are(engine: Connection, project: str) -> Volumes:
    ours = of_project(project)
    mine, tasks, services, nodes, volumes = await asyncio.gather(
        membership_of(engine), engine.get(f"/tasks{ours}"), engine.get(f"/services{ours}"), engine.get("/nodes"),
        engine.get("/volumes"),
    )  # fmt: skip
    places = {each["Name"]: mine.node for each in volumes.get("Volumes") or ()}
    for task in sorted(tasks, key=lambda task: str(task["CreatedAt"])):
        for mount in task["Spec"]["ContainerSpec"].get("Mounts") or ():
            if mount["Type"] == "volume" and mount.get("Source") and task.get("NodeID"):
                places[mount["Source"]] = task["NodeID"]
    bound = {}
    for service in services:
        constraints = (service["Spec"]["TaskTemplate"].get("Placement") or {}).get("Constraints") or ()
        for node in (each.partition("==")[2].strip() for each in constraints if each.startswith("node.id")):
            bound[service["Spec"]["Name"]] = node
    names = {each["ID"]: each["Description"]["Hostname"] for each in nodes}
    return Volumes(mine.node, places, bound, names, [each for each in nodes if each["Status"]["State"] == "ready"])


def placed(spec: ComposeProject, volumes: Volumes) -> tuple[ComposeProject, tuple[str, ...]]:
    """The project with each service that has volumes bound to their node, and what is to be said of it. Pure.

    A service that its file binds to a node itself, or whose volumes are of a driver that goes over nodes, is left.
    """
    services, notes = {}, []
    chosen = dict(volumes.places)
    for name, service in spec.services.items():
        services[name] = service
        mine = [*_volumes(spec, service)]
        if not mine or _is_bound(service):
            continue
        known = (chosen[volume] for volume in mine if volume in chosen)
        node = volumes.bound.get(service_name(spec.name, name)) or next(known, None) or _chosen(service, volumes)
        chosen.update(dict.fromkeys(mine, node))
        services[name] = service.with_deploy(service.deploy.with_constraint(f"node.id=={node}"))
        notes.append(f"{name} stays on {volumes.names.get(node, node)}: its volume {mine[0]} is there")
    return spec.with_services(services), tuple(notes)


def _volumes(spec: ComposeProject, service: ComposeService) -> Iterator[str]:
    for mount in service.mounts:
        if mount.type == "volume" and mount.source:
            definition = spec.volumes.get(mount.source)
            if definition is None or definition.driver in ("", "local"):
                yield spec.object_name("volumes", mount.source)


def _chosen(service: ComposeService, volumes: Volumes) -> str:
    """For a volume that is nowhere yet: this node, or another one where the file's own constraints want it."""
    nodes = sorted(volumes.nodes, key=lambda node: node["ID"] != volumes.here)
    fitting = (node["ID"] for node in nodes if all(fits(node, each) for each in service.deploy.placement.constraints))
    return next(fitting, volumes.here)


def _is_bound(service: ComposeService) -> bool:
    return any(each.replace(" ", "").startswith(_AT) for each in service.deploy.placement.constraints)
