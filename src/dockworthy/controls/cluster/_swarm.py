"""Parts of the swarm's objects, and the gap of a worker, which sees none of them."""

from __future__ import annotations

from typing import Any

from ...model.engine import Cluster
from ...model.field import Field, Set, Source, Unknown
from ...model.finding import Judgement, unknown
from ...model.json_parts import part

TELL = "the same on a manager of the swarm"


def gap(field: Field[Any]) -> Judgement:
    """Why the field can't be judged."""
    reason = field.reason if isinstance(field, Unknown) else "a worker does not see it"
    return unknown(reason, field.source, tell=TELL)


def swarm_source(path: str) -> Source:
    return Source("GET /swarm", path)


def spec(cluster: Cluster, *keys: str) -> Any:
    """A part of the swarm's own settings; ask whether `cluster.swarm` is Set first."""
    return part(cluster.swarm.value, "Spec", *keys) if isinstance(cluster.swarm, Set) else None


def managers(cluster: Cluster) -> list[dict[str, Any]]:
    nodes = cluster.nodes.value if isinstance(cluster.nodes, Set) else ()
    return [node for node in nodes if part(node, "Spec", "Role") == "manager"]


def node_name(node: dict[str, Any]) -> str:
    name = part(node, "Description", "Hostname") or node.get("ID")
    return name if isinstance(name, str) else "?"
