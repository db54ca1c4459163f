"""A node that is down is capacity that is missing, and a manager that is down is a vote that is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...model.control import Control, Subject, nist
from ...model.engine import Cluster
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, passed
from ...model.half_begun import HALF_BEGUN, RESTART_IT, RESTART_STOPPED, STOPPED, half_begun_nodes
from ...model.json_parts import part
from ...model.levels import Level, Severity
from ..examples import known
from ._examples import node, swarm, worker
from ._swarm import gap, node_name


def _rejected(at: str) -> dict[str, Any]:
    return {"NodeID": "m", "Status": {"Timestamp": f"2026-11-01T{at}Z", "State": "rejected", "Err": HALF_BEGUN}}


control = Control(
    id="cluster/nodes-ready",
    title="Every node of the swarm is ready and reachable",
    fault="{n} [node is|nodes are] not ready or not reachable",
    rationale="The swarm goes on while a node is missing, so nobody notices, until the next one fails.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="7.foundation",
    subject=Subject.CLUSTER,
    references=(nist("4.3.5"),),
    remedy=Remedy("Bring the node back, or remove it if it is gone for good.", "nothing stops", "docker node rm NODE"),
    check_yourself="docker node ls",
    bad={
        "snapshot": [
            swarm(node("m", "manager"), node("w", state="down")),
            swarm(node("m", "manager"), node("m2", "manager", reachability="unreachable")),
            {"engine": {"info": {"Swarm": {"LocalNodeState": "locked"}}}},
            {
                "engine": {
                    "info": {"Swarm": {"LocalNodeState": "active", "NodeID": "", "Error": f"rpc error: {STOPPED}"}}
                }
            },
            {"engine": {"info": {"Swarm": {"LocalNodeState": "active", "NodeID": "", "ControlAvailable": False}}}},
            swarm(node("m", "manager"), tasks=known([_rejected("10:00:00"), _rejected("10:00:20")])),
        ]
    },
    good={"snapshot": swarm(node("m", "manager"), node("w"))},
    unclear={"snapshot": worker()},
)

_OUT = {"locked": "its keys wait for the unlock key", "error": "it failed to join", "pending": "it has not joined yet"}


@control.judge
def nodes_ready(cluster: Cluster) -> Iterator[Judgement]:
    if isinstance(cluster.state, Set) and cluster.state.value in _OUT:
        state = cluster.state.value
        yield failed(f"this node takes no part in the swarm: {state}, {_OUT[state]}", cluster.state.source)
    elif cluster.stopped:
        yield failed(RESTART_STOPPED, cluster.source)
    elif not isinstance(cluster.nodes, Set):
        yield gap(cluster.nodes)
    else:
        stuck = half_begun_nodes(cluster.tasks.value) if isinstance(cluster.tasks, Set) else frozenset()
        for each in cluster.nodes.value:
            wrong = _fault(each) or (f"no task starts on it: its {RESTART_IT}" if str(each.get("ID")) in stuck else "")
            about = f"node/{node_name(each)}"
            place = cluster.nodes.source
            yield failed(wrong, place, about=about) if wrong else passed("ready", place, about=about)


def _fault(node: dict[str, Any]) -> str:
    state, reachability = part(node, "Status", "State"), part(node, "ManagerStatus", "Reachability")
    if state != "ready":
        return f"the node is {state or 'in a state that nobody told'}"
    return "the manager is unreachable" if reachability == "unreachable" else ""
