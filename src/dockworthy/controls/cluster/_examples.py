"""For examples: a swarm as its manager sees it, laid over a tight machine."""

from __future__ import annotations

from typing import Any

from ..examples import known, not_seen


def node(name: str, role: str = "worker", **more: Any) -> dict[str, Any]:
    """`state`, `availability`, `reachability`, `version` where they are not the usual."""
    made: dict[str, Any] = {
        "ID": name,
        "Spec": {"Role": role, "Availability": more.get("availability", "active")},
        "Status": {"State": more.get("state", "ready"), "Addr": "10.0.0.5"},
        "Description": {"Hostname": name, "Engine": {"EngineVersion": more.get("version", "28.5.1")}},
    }
    if role == "manager":
        made["ManagerStatus"] = {"Reachability": more.get("reachability", "reachable")}
    return made


def swarm(*nodes: dict[str, Any], spec: dict[str, Any] | None = None, **engine: Any) -> dict[str, Any]:
    """`spec` is the swarm's own; `engine` what else the engine says (`services`, `networks`)."""
    return {
        "engine": {
            "info": {"Swarm": {"LocalNodeState": "active", "ControlAvailable": True}},
            "swarm": known({"ID": "x", "Spec": spec or {}}),
            "nodes": known(list(nodes)),
            "services": known([]),
            **engine,
        }
    }


def worker() -> dict[str, Any]:
    """What a worker sees: nothing."""
    hidden = {name: not_seen() for name in ("swarm", "nodes", "services")}
    return {"engine": {"info": {"Swarm": {"LocalNodeState": "active", "ControlAvailable": False}}, **hidden}}
