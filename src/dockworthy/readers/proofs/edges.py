"""Proofs of an edge in front of the services (3.zero-downtime): what answers on the web's ports, and what is behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ...model.evidence import ToolTask
from ...model.field import Set
from ...model.labels import COMPOSE_PROJECT, COMPOSE_SERVICE
from ...model.proof import Proof, Strength
from ...model.workload import Process
from .surroundings import ProofSurroundings, SeenTool, listed

DEMAND = "3.zero-downtime"
_WEB = (80, 443)


def read_edges(around: ProofSurroundings) -> Iterator[Proof]:
    for seen in around.doing(ToolTask.EDGE):
        ports = sorted(set(_ports(around, seen)) & set(_WEB))
        if not ports:
            continue
        several = _several_healthy(around, seen)
        behind = (
            f"behind it {', '.join(f'{name} has {count} healthy containers' for name, count in several)}"
            if several
            else "no service behind it has two healthy containers"
        )
        says = f"{seen.tool} ({seen.who}) answers on port {' and '.join(map(str, ports))}; {behind}"
        yield Proof(DEMAND, seen.tool, Strength.SEEN, says, seen.source, ToolTask.EDGE)


def _ports(around: ProofSurroundings, seen: SeenTool) -> Iterator[int]:
    """Published ports of a container; where it has the host's network, and of programs, those it listens on."""
    if seen.unit is not None:
        yield from (port.host_port for container in seen.unit.containers for port in container.ports)
    pids = {process.pid for process in _processes(seen)}
    for listener in listed(around.snapshot.host.listeners):
        if listener.pid in pids or (seen.unit is None and listener.program == seen.who):
            yield listener.port


def _processes(seen: SeenTool) -> Iterator[Process]:
    for container in seen.unit.containers if seen.unit else ():
        if isinstance(container.processes, Set):
            yield from container.processes.value


def _several_healthy(around: ProofSurroundings, edge: SeenTool) -> list[tuple[str, int]]:
    """Services of Compose with two healthy containers or more, the edge's own left out."""
    count: Counter[str] = Counter()
    for unit, container in around.running():
        service = unit.labels.get(COMPOSE_SERVICE)
        healthy = isinstance(container.state, Set) and container.state.value.health == "healthy"
        if service and healthy and unit is not edge.unit:
            count[f"{unit.labels.get(COMPOSE_PROJECT, '')}/{service}"] += 1
    return sorted((name, number) for name, number in count.items() if number > 1)[:5]
