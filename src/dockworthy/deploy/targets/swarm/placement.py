"""On which nodes a service's tasks may run: its constraints, the room there, and the node that has its volumes.

Source: `docker service create --constraint`; Engine API v1.45, GET /nodes, /info, /tasks, /services, /volumes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from ....engine.connection import Connection
from ....engine.membership import membership_of
from ....errors import UsageError
from ....model.compose_project import ComposeProject, ComposeService
from ....model.rollout import Order
from .names import of_project, service_name


def takes_tasks(node: Mapping[str, Any]) -> bool:
    """Is it there, and neither drained nor paused?"""
    return node["Status"]["State"] == "ready" and (node["Spec"].get("Availability") or "active") == "active"


def may_take(node: Mapping[str, Any], service: ComposeService) -> bool:
    """Does it take tasks, and does it fit all constraints?"""
    return takes_tasks(node) and all(fits(node, each) for each in service.deploy.placement.constraints)


def fits(node: Mapping[str, Any], constraint: str) -> bool:
    """`node`: as the API tells of it. `constraint`: `KEY==VALUE`, `KEY!=VALUE`; another one fits none."""
    unlike = "!=" in constraint
    key, sign, wanted = constraint.partition("!=" if unlike else "==")
    has = _value(node, key.strip())
    return bool(sign) and has is not None and (has.lower() == wanted.strip().lower()) != unlike


def _value(node: Mapping[str, Any], key: str) -> str | None:
    """ "" for a label that it does not have, None for what is no key."""
    description, spec = node.get("Description") or {}, node.get("Spec") or {}
    if key.startswith("node.labels."):
        return str((spec.get("Labels") or {}).get(key.removeprefix("node.labels."), ""))
    if key.startswith("engine.labels."):
        labels = (description.get("Engine") or {}).get("Labels") or {}
        return str(labels.get(key.removeprefix("engine.labels."), ""))
    platform = description.get("Platform") or {}
    return {
        "node.id": node.get("ID", ""),
        "node.hostname": description.get("Hostname", ""),
        "node.role": spec.get("Role", ""),
        "node.platform.os": platform.get("OS", ""),
        "node.platform.arch": platform.get("Architecture", ""),
    }.get(key)


def made_room(spec: ComposeProject, nodes: Sequence[Mapping[str, Any]]) -> tuple[ComposeProject, tuple[str, ...]]:
    """The project with each service replaced old first that `max_replicas_per_node` leaves no other way, and what is to
    be said of it. `nodes`: those that are ready, as the API tells of them. Raises UsageError where not even the tasks
    themselves have room."""
    services, notes = {}, []
    for name, service in spec.services.items():
        services[name] = service
        deploy = service.deploy
        most = deploy.placement.max_replicas_per_node
        takers = sum(may_take(node, service) for node in nodes)
        wanted, places = 2 * service.replicas, most * takers
        _must_have_room(name, service, most, takers)
        if not most or wanted <= places or deploy.update_order == Order.STOP_FIRST:
            continue
        services[name] = service.with_deploy(deploy.with_update_order(Order.STOP_FIRST.value))
        notes.append(
            f"{name} is replaced old first: beside each other old and new ones need {wanted} places, and "
            f"max_replicas_per_node: {most} leaves {places}"
        )
    return spec.with_services(services), tuple(notes)


def _must_have_room(name: str, service: ComposeService, most: int, takers: int) -> None:
    """A node gives a port of its own to one task."""
    ports = [each.published for each in service.ports if each.mode == "host"]
    once = [port for port in ports if port.isdigit()]
    most = 1 if once else most
    tasks = service.replicas
    if not most or tasks <= most * takers or not takers:
        return
    why = f"port {once[0]} of a node can be had once" if once else f"max_replicas_per_node is {most}"
    raise UsageError(
        f"{name} is to run {tasks} times, and {why}: nodes that may take it ({takers}) have room for {most * takers}",
        hint="fewer replicas, or more nodes (dockworthy hosts add, hosts resume)"
        + ("; a route in place of the port needs none of a node" if once else ""),
    )


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
