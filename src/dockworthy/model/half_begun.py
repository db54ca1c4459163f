"""Managers on which `docker swarm init --force-new-cluster` did not finish. Two kinds were seen on engine 26.1.5:

- Its swarm node is stopped (`is_stopped`): an engine that needs more than 15 s to stop the old node, as on a machine
  that hangs for so long, answers the command with `context deadline exceeded`, and starts no new one. `docker info`
  says that it is active in a swarm, as a manager or, less often, as a worker, with no node id. Each request about the
  swarm fails, and the same command again says that it is no manager. Only a restart of the engine helps.
- Its networks did not join (`HALF_BEGUN`): the manager itself is well, and its tasks are rejected. That ends by itself
  after some seconds, or else with a restart.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

STOPPED = "grpc: the client connection is closing"
"""What the engine says to each question about its swarm, and as `Swarm.Error` of GET /info."""
RESTART_STOPPED = (
    "this engine's swarm node was stopped and did not start again: restart that engine (systemctl restart docker), "
    "which stops all containers there and starts those that have a restart policy; docs/swarm-recovery.md says what "
    "to do then"
)
HALF_BEGUN = "cannot create a swarm scoped network when swarm is not active"
"""What the engine says of each task."""
RESTART_IT = (
    "networks did not join the swarm when it was recreated: if that does not end by itself within a minute, restart "
    "that engine (systemctl restart docker), which stops all containers there and starts those that have a restart "
    "policy"
)
_LASTS = 15.0
"""Seconds for which tasks must have been rejected so: before that it may end by itself."""


def is_stopped(swarm: Mapping[str, Any]) -> bool:
    """Was this engine's swarm node stopped, and did not start again? `swarm`: as `Swarm` of GET /info."""
    has_no_node = swarm.get("LocalNodeState") == "active" and swarm.get("NodeID") == ""
    return has_no_node or STOPPED in str(swarm.get("Error") or "")


def half_begun_nodes(tasks: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The ids of nodes on which tasks were rejected so again and again, and none has run since. Pure; as a manager's
    API tells of tasks."""
    rejected: dict[str, list[float]] = {}
    ran: dict[str, float] = {}
    for task in tasks:
        status = task.get("Status")
        node, at = str(task.get("NodeID") or ""), _moment(status)
        if not isinstance(status, Mapping) or at is None or not node:
            continue
        if HALF_BEGUN in str(status.get("Err") or ""):
            rejected.setdefault(node, []).append(at)
        elif status.get("State") == "running":
            ran[node] = max(at, ran.get(node, at))
    return frozenset(
        node
        for node, moments in rejected.items()
        if max(moments) - min(moments) >= _LASTS and max(moments) > ran.get(node, 0.0)
    )


def _moment(status: Any) -> float | None:
    written = str(status.get("Timestamp") or "") if isinstance(status, Mapping) else ""
    try:
        return datetime.datetime.fromisoformat(written).timestamp()
    except (ValueError, OverflowError):
        return None
