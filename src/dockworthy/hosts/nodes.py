"""The nodes of a swarm, by a manager's API: found by the name that people use, changed by version check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..engine.connection import Connection
from ..errors import EngineError, UsageError
from ..model.hosts import HOST_LABEL, NodeRole, SwarmNode

_ATTEMPTS = 10

Change = Callable[[dict[str, Any]], None]
"""Changes a node's specification in place."""


async def nodes_of(engine: Connection) -> list[SwarmNode]:
    """Raises EngineError: also where this is no manager, or the majority is lost."""
    return [node_of(raw) for raw in await engine.get("/nodes")]


def node_of(raw: dict[str, Any]) -> SwarmNode:
    spec, says = raw.get("Spec") or {}, raw.get("Description") or {}
    manager, status = raw.get("ManagerStatus") or {}, raw.get("Status") or {}
    labels = spec.get("Labels") or {}
    return SwarmNode(
        id=raw["ID"],
        name=says.get("Hostname") or raw["ID"],
        role=NodeRole(spec.get("Role") or "worker"),
        leader=bool(manager.get("Leader")),
        reachable=manager.get("Reachability") == "reachable",
        votes="ManagerStatus" in raw or status.get("State") == "ready",
        ready=status.get("State") == "ready",
        availability=spec.get("Availability") or "active",
        host=labels.get(HOST_LABEL, ""),
        facts=_facts(raw, spec, says),
    )


def _facts(raw: dict[str, Any], spec: dict[str, Any], says: dict[str, Any]) -> dict[str, str]:
    platform, engine = says.get("Platform") or {}, says.get("Engine") or {}
    facts = {
        "node.id": raw["ID"],
        "node.hostname": says.get("Hostname") or "",
        "node.role": spec.get("Role") or "worker",
        "node.ip": (raw.get("Status") or {}).get("Addr") or "",
        "node.platform.os": platform.get("OS") or "",
        "node.platform.arch": platform.get("Architecture") or "",
    }
    facts |= {f"node.labels.{name}": str(value) for name, value in (spec.get("Labels") or {}).items()}
    return facts | {f"engine.labels.{name}": str(value) for name, value in (engine.get("Labels") or {}).items()}


def find(nodes: Sequence[SwarmNode], name: str) -> SwarmNode | None:
    """By the host's name in dockworthy.yaml, by its host name, or by the beginning of its id.

    Raises UsageError where several are called so.
    """
    ways: tuple[Callable[[SwarmNode], bool], ...] = (
        lambda node: node.host == name,
        lambda node: node.name == name,
        lambda node: len(name) >= 4 and node.id.startswith(name),
    )
    for way in ways:
        found = [node for node in nodes if way(node)]
        if len(found) > 1:
            ids = ", ".join(f"{node.id[:12]} ({'ready' if node.ready else 'down'})" for node in found)
            raise UsageError(f"{len(found)} nodes are called {name}", hint=f"name it by its id: {ids}")
        if found:
            return found[0]
    return None


async def change(engine: Connection, id: str, how: Change) -> bool:
    """Reads the node, changes it, writes it by its version; where somebody was quicker, reads it again.

    False where there was nothing to change. Raises EngineError.
    """
    for _ in range(_ATTEMPTS):
        raw = await engine.get(f"/nodes/{id}")
        spec = raw["Spec"]
        before = repr(spec)
        how(spec)
        if repr(spec) == before:
            return False
        try:
            await engine.send("POST", f"/nodes/{id}/update?version={raw['Version']['Index']}", spec)
        except EngineError as error:
            if "out of sequence" not in error.says:
                raise
            continue
        return True
    raise EngineError(
        "the node is changed by somebody else all the time", hint="who does? docker events --filter type=node"
    )


def available(availability: str) -> Change:
    """`active`, `pause` or `drain`."""

    def how(spec: dict[str, Any]) -> None:
        spec["Availability"] = availability

    return how


def as_role(role: NodeRole) -> Change:
    def how(spec: dict[str, Any]) -> None:
        spec["Role"] = str(role)

    return how


def called(host: str) -> Change:
    def how(spec: dict[str, Any]) -> None:
        spec["Labels"] = {**(spec.get("Labels") or {}), HOST_LABEL: host}

    return how
