"""A service of a swarm that is made to want no tasks, and knows how many it wanted. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WANTED = "dockworthy.replicas-before"
"""On a service that was emptied, so that a later run can fill it again."""


def emptied(spec: Mapping[str, Any]) -> dict[str, Any]:
    """`spec`: as the engine tells it."""
    labels = {**(spec.get("Labels") or {}), WANTED: str(wanted_before(spec))}
    return {**spec, "Labels": labels, "Mode": {"Replicated": {"Replicas": 0}}}


def refilled(spec: Mapping[str, Any]) -> dict[str, Any]:
    """As it was before it was emptied; one that was not is as it is."""
    labels = {key: value for key, value in (spec.get("Labels") or {}).items() if key != WANTED}
    return {**spec, "Labels": labels, "Mode": {"Replicated": {"Replicas": wanted_before(spec)}}}


def wanted_before(spec: Mapping[str, Any]) -> int:
    """How many it wants, or wanted before it was emptied."""
    said = (spec.get("Labels") or {}).get(WANTED)
    return int(said) if said is not None else int(spec["Mode"]["Replicated"].get("Replicas") or 0)
