"""Where the tasks of a node go when it is emptied. Pure: what a manager's API says of services, tasks and nodes."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ..model.hosts import TASK_ENDED, Move, MoveKind, SwarmNode

_CONSTRAINT = re.compile(r"\s*([\w.-]+)\s*(==|!=)\s*(.*?)\s*$", re.DOTALL)


def moves_from(
    node: SwarmNode,
    nodes: Sequence[SwarmNode],
    services: Sequence[Mapping[str, Any]],
    tasks: Sequence[Mapping[str, Any]],
) -> tuple[Move, ...]:
    """One for each service with tasks on `node` that run or are meant to."""
    wanted = [task for task in tasks if is_wanted(task)]
    here = Counter(str(task.get("ServiceID", "")) for task in wanted if task.get("NodeID") == node.id)
    running = Counter(str(task.get("ServiceID", "")) for task in wanted if task["Status"]["State"] == "running")
    known = {str(service["ID"]): service for service in services}
    found = [_move(node, nodes, known[id], count, running[id]) for id, count in here.items() if id in known]
    return tuple(sorted(found, key=lambda move: move.service))


def is_wanted(task: Mapping[str, Any]) -> bool:
    return task.get("DesiredState") == "running" and (task.get("Status") or {}).get("State") not in TASK_ENDED


def allows(constraints: Sequence[str], node: SwarmNode) -> bool:
    """Do all placement constraints hold on the node? One that is not understood is taken to hold."""
    return all(_holds(constraint, node) for constraint in constraints)


def pinned_to(service: Mapping[str, Any], node: SwarmNode, nodes: Sequence[SwarmNode]) -> bool:
    """May it run on this one, and on no other?"""
    asked = constraints_of(service)
    return allows(asked, node) and not any(allows(asked, other) for other in nodes if other.id != node.id)


def replicas(service: Mapping[str, Any]) -> int | None:
    """How many tasks it is to have; None where it has one on every node, or they end by themselves."""
    mode = (service.get("Spec") or {}).get("Mode") or {}
    return int(mode["Replicated"].get("Replicas") or 0) if "Replicated" in mode else None


def _move(node: SwarmNode, nodes: Sequence[SwarmNode], service: Mapping[str, Any], count: int, running: int) -> Move:
    """No more than runs now is waited for: a service that lacked tasks before may lack them afterwards."""
    spec = service["Spec"]
    wanted = replicas(service)
    kind, to, why = (MoveKind.ENDS, (), "each node has one") if wanted is None else _way(node, nodes, service)
    return Move(
        service=str(spec.get("Name", service["ID"])),
        service_id=str(service["ID"]),
        tasks=count,
        wanted=min(wanted or 0, running),
        kind=kind,
        to=to,
        why=why,
    )


def _way(
    node: SwarmNode, nodes: Sequence[SwarmNode], service: Mapping[str, Any]
) -> tuple[MoveKind, tuple[str, ...], str]:
    asked = constraints_of(service)
    others = [other for other in nodes if other.id != node.id and other.takes_tasks]
    to = tuple(sorted(other.called for other in others if allows(asked, other)))
    volumes = volumes_of(service)
    if not to:
        why = f"no other node may take it ({', '.join(asked)})" if asked and others else "no other node takes tasks now"
        return MoveKind.STUCK, (), f"{why}; volume {', '.join(volumes)} stays here" if volumes else why
    if volumes:
        return MoveKind.LOSES, to, f"volume {', '.join(volumes)} is on this node alone: elsewhere it begins empty"
    return MoveKind.MOVES, to, ""


def volumes_of(service: Mapping[str, Any]) -> list[str]:
    """Names of volumes that lie on the node itself; another driver's may be everywhere."""
    container = service["Spec"].get("TaskTemplate", {}).get("ContainerSpec") or {}
    found = []
    for mount in container.get("Mounts") or ():
        driver = ((mount.get("VolumeOptions") or {}).get("DriverConfig") or {}).get("Name") or "local"
        if mount.get("Type") == "volume" and mount.get("Source") and driver == "local":
            found.append(str(mount["Source"]))
    return found


def constraints_of(service: Mapping[str, Any]) -> list[str]:
    """As the API tells of a service."""
    placement = service["Spec"].get("TaskTemplate", {}).get("Placement") or {}
    return [str(each) for each in placement.get("Constraints") or ()]


def _holds(constraint: str, node: SwarmNode) -> bool:
    parts = _CONSTRAINT.match(constraint)
    if parts is None:
        return True
    key, operator, value = parts[1], parts[2], parts[3]
    if key == "node.ip":
        same = _in_network(node.facts.get(key, ""), value)
    elif key in node.facts or key.startswith(("node.labels.", "engine.labels.")):
        same = node.facts.get(key, "").casefold() == value.casefold()
    else:
        return True
    return same == (operator == "==")


def _in_network(address: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
