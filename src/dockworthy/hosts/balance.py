"""How evenly the tasks of services lie on the nodes that may take them, and how many would move. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..model.hosts import Spread, SwarmNode
from ..model.labels import REBALANCED_FROM
from .placement import allows, constraints_of, is_wanted, replicas, volumes_of


def spreads_of(
    nodes: Sequence[SwarmNode],
    services: Sequence[Mapping[str, Any]],
    tasks: Sequence[Mapping[str, Any]],
    only: Collection[str] = (),
) -> tuple[Spread, ...]:
    """One for each service with tasks that are not one for every node, by name. `only`: these services (() all)."""
    chosen = (each for each in services if not only or each["Spec"]["Name"] in only)
    found = (spread_of(nodes, each, tasks) for each in chosen if replicas(each))
    return tuple(sorted(found, key=lambda spread: spread.service))


def spread_of(nodes: Sequence[SwarmNode], service: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]]) -> Spread:
    """`tasks`: of any services."""
    spec = service["Spec"]
    asked = constraints_of(service)
    takers = [node for node in nodes if node.takes_tasks and allows(asked, node)]
    mine = [task for task in tasks if task.get("ServiceID") == service["ID"] and is_wanted(task)]
    counted = Counter(str(task.get("NodeID") or "") for task in mine)
    where = {node.called: counted[node.id] for node in sorted(takers, key=lambda node: node.called)}
    before = _begun_with(service)
    return Spread(
        service=str(spec["Name"]),
        service_id=str(service["ID"]),
        replicas=before if before is not None else replicas(service) or 0,
        where=where,
        moves=_moves(list(where.values())),
        stop_first=(spec.get("UpdateConfig") or {}).get("Order") != "start-first",
        begun=before is not None,
        stays=_why_it_stays(service),
    )


def _begun_with(service: Mapping[str, Any]) -> int | None:
    """How many tasks it is to have, where a run was killed while one moved. Whoever scaled it since meant that."""
    label = str((service["Spec"].get("Labels") or {}).get(REBALANCED_FROM) or "")
    count = int(label) if label.isascii() and label.isdigit() and len(label) < 10 else None
    return count if count is not None and abs(count - (replicas(service) or 0)) <= 1 else None


def _why_it_stays(service: Mapping[str, Any]) -> str:
    if volumes := volumes_of(service):
        return f"volume {', '.join(volumes)} lies on a node alone: elsewhere it begins empty"
    state = (service.get("UpdateStatus") or {}).get("State") or ""
    if state in ("updating", "paused", "rollback_started", "rollback_paused"):
        return f"an update of it is {state.replace('_', ' ')}"
    return ""


def _moves(counts: Sequence[int]) -> int:
    """So that no node has two more than another: as few tasks as that takes."""
    if not counts:
        return 0
    each, more = divmod(sum(counts), len(counts))
    fullest = sorted(counts, reverse=True)
    return sum(max(0, count - each - (place < more)) for place, count in enumerate(fullest))
