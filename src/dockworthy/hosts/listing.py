"""All hosts of dockworthy.yaml, read at once: how each stands, and what it lacks first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..assess import assess_snapshot
from ..deploy.edge.compose_file import CONTAINER as EDGE_CONTAINER
from ..engine.faults import NO_LEADER, says_no_leader
from ..facts.fleet import HostReading, read_fleet
from ..model.field import Set
from ..model.finding import Finding, Outcome
from ..model.fleet import HostResult
from ..model.half_begun import RESTART_IT, RESTART_STOPPED, half_begun_nodes, is_stopped
from ..model.hosts import HostStanding
from ..model.levels import Level
from ..model.policy import ProjectFile
from ..model.result import Verdict
from ..model.snapshot import Snapshot
from ..verdict.fleet import answer_for_fleet
from .nodes import node_of


async def standing_of(
    hosts: Mapping[str, str], *, level: Level, project: ProjectFile, sudo: bool = False, deadline: float = 20.0
) -> tuple[tuple[HostStanding, ...], Verdict]:
    """Each by itself, and one answer for all. `hosts`: name -> endpoint.

    One that can't be reached says why in its own entry: nothing is raised for it.
    """
    readings = await read_fleet(list(hosts.values()), deadline=deadline, sudo=sudo, probe=False)
    by_endpoint = {reading.endpoint: reading for reading in readings}
    judged = []
    for name, endpoint in hosts.items():
        snapshot = by_endpoint[endpoint].snapshot
        result = None if snapshot is None else assess_snapshot(snapshot, level=level, project=project)
        judged.append(HostResult(name, result, by_endpoint[endpoint].error, by_endpoint[endpoint].hint))
    available = _availability(reading.snapshot for reading in readings if reading.snapshot is not None)
    standings = tuple(_standing(each, by_endpoint[hosts[each.host]], available) for each in judged)
    return standings, answer_for_fleet(judged)


def _standing(host: HostResult, reading: HostReading, available: Mapping[str, str]) -> HostStanding:
    """`available`: node id -> its availability."""
    name, result = host.host, host.result
    if reading.snapshot is None or result is None:
        return HostStanding(name=name, address=reading.endpoint, error=host.error, hint=host.hint)
    lacks = what_lacks(result.findings)
    version = reading.snapshot.engine.version
    return HostStanding(
        name=name,
        address=reading.endpoint,
        answer=result.verdict.answer,
        engine=str(version.value.get("Version", "")) if isinstance(version, Set) else "",
        role=role_in(reading.snapshot),
        lacks=tuple(lacks[:3]),
        lacking=len(lacks),
        hint=_without_leader(reading.snapshot) or _half_begun(reading.snapshot),
        has_edge=_has_edge(reading.snapshot),
        availability=available.get(str(_swarm_of(reading.snapshot).get("NodeID") or ""), ""),
    )


def what_lacks(findings: tuple[Finding, ...]) -> list[str]:
    """Titles of the controls that fail, each once, the most serious first."""
    failing = [finding for finding in findings if finding.outcome is Outcome.FAIL]
    return list(dict.fromkeys(each.title for each in sorted(failing, key=lambda each: each.severity.rank)))


def _without_leader(snapshot: Snapshot) -> str:
    """What to do where this host is a manager of a swarm that has no leader; else empty."""
    swarm = _swarm_of(snapshot)
    if not (swarm.get("ControlAvailable") and says_no_leader(str(swarm.get("Error") or ""))):
        return ""
    return f"its swarm has no leader, and nothing in it can be changed (what runs goes on): {NO_LEADER}"


def _half_begun(snapshot: Snapshot) -> str:
    """What to do where a new beginning of the swarm left this host, or nodes that it knows, in the middle; or empty."""
    if is_stopped(_swarm_of(snapshot)):
        return RESTART_STOPPED
    tasks, nodes = snapshot.engine.tasks, snapshot.engine.nodes
    stuck = half_begun_nodes(tasks.value) if isinstance(tasks, Set) else frozenset()
    if not stuck:
        return ""
    names = [node_of(each).called for each in nodes.value if each["ID"] in stuck] if isinstance(nodes, Set) else []
    return f"no task starts on {' and '.join(names) or 'a node'}, whose {RESTART_IT}"


def _availability(snapshots: Iterable[Snapshot]) -> dict[str, str]:
    """Node id -> `active`, `drain` or `pause`: only managers know it."""
    lists = (snapshot.engine.nodes for snapshot in snapshots)
    nodes = (node_of(raw) for found in lists if isinstance(found, Set) for raw in found.value)
    return {node.id: node.availability for node in nodes}


def _has_edge(snapshot: Snapshot) -> bool:
    found = snapshot.engine.containers
    names = [each.name for each in found.value] if isinstance(found, Set) else []
    return EDGE_CONTAINER in names


def _swarm_of(snapshot: Snapshot) -> dict[str, Any]:
    info = snapshot.engine.info
    swarm: Any = info.value.get("Swarm") if isinstance(info, Set) else None
    return swarm if isinstance(swarm, dict) else {}


def role_in(snapshot: Snapshot) -> str:
    """`leader`, `manager` or `worker`; the state where it takes no part now (`locked`); "" in no swarm."""
    swarm = _swarm_of(snapshot)
    if swarm.get("LocalNodeState") in (None, "", "inactive"):
        return ""
    if swarm["LocalNodeState"] != "active":
        return str(swarm["LocalNodeState"])
    if not swarm.get("ControlAvailable"):
        return "worker"
    nodes = snapshot.engine.nodes.value if isinstance(snapshot.engine.nodes, Set) else ()
    mine = next((node for node in nodes if node.get("ID") == swarm.get("NodeID")), {})
    return "leader" if (mine.get("ManagerStatus") or {}).get("Leader") else "manager"
