"""May a service's tasks come to a node? Pure. Source: `docker service create --constraint`; GET /nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....model.compose_project import ComposeService


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
