"""With one container behind a port, each deploy closes that port."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.control import Control, Subject
from ...model.evidence import ToolTask
from ...model.field import Set
from ...model.finding import Evidence, Judgement, Outcome, Remedy
from ...model.knowledge.tools import tool_of_container
from ...model.labels import SWARM_SERVICE
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ...model.workload import Container
from ..workload._databases import database_of
from ._evidence_examples import container, drill, evidence, not_read
from ._proofs import judged, proofs_of
from ._running import running


def _publishes(image: str, address: str = "0.0.0.0") -> dict[str, object]:
    bound = {"8080/tcp": [{"HostIp": address, "HostPort": "8080"}]}
    return container(image, HostConfig={"PortBindings": bound}, NetworkSettings={"Ports": bound})


def _web(image: str) -> dict[str, object]:
    bound = {"443/tcp": [{"HostIp": "", "HostPort": "443"}]}
    return container(image, HostConfig={"PortBindings": bound}, NetworkSettings={"Ports": bound})


control = Control(
    id="machine/edge",
    title="Deploys fail no request: an edge stands before several healthy containers",
    fault="Deploys fail requests: no edge stands before several healthy containers",
    rationale="A published port belongs to one container: the old one must stop before the new one can start. An edge "
    "(Traefik, Caddy, nginx, HAProxy) keeps the port and moves requests over once the new one is healthy. That no request "
    "fails meanwhile is known when a deploy under load was measured. An edge whose certificate ends fails every request.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="3.zero-downtime",
    subject=Subject.MACHINE,
    remedy=Remedy(
        "Publish ports at an edge only, run two containers of each service behind it, and deploy one after the other.",
        "one more container, and twice the memory of each service",
    ),
    check_yourself="docker ps --format '{{.Names}} {{.Ports}}'",
    bad={
        "snapshot": [
            {"engine": {"containers": [_publishes("shop:1.4")]}},
            evidence(drills=[drill("3.zero-downtime", "edge", passed=False)]),
        ]
    },
    good={"snapshot": evidence(drills=[drill("3.zero-downtime", "deploy", passed=True)])},
    unclear={
        "snapshot": [
            not_read(),
            {"engine": {"containers": [_web("traefik:3.5"), container("shop:1.4")]}},
            {"engine": {"containers": [_publishes("shop:1.4", "127.0.0.1")]}},
            {"engine": {"containers": [_publishes("postgres:17.2")]}},
        ]
    },
)


@control.judge
def edge(machine: Machine) -> Judgement:
    proofs = proofs_of(machine, "3.zero-downtime", ToolTask.EDGE, ToolTask.DEPLOY)
    judgement = judged(
        machine,
        proofs,
        looked_for="an edge on ports 80 and 443 with several healthy containers behind it",
        tell="deploy under load, and count the requests that fail",
        looked_in=("drills", "running"),
    )
    alone = tuple(_bound_to_one(machine))
    if judgement.outcome is Outcome.UNKNOWN and alone:
        return Judgement(Outcome.FAIL, alone[:5])
    return judgement


def _bound_to_one(machine: Machine) -> Iterator[Evidence]:
    """Services that others may reach at a port which a container holds itself."""
    for unit, one in running(machine):
        ports = [p for p in one.ports if p.host_port and p.protocol == "tcp" and not p.host_ip.startswith("127.")]
        if ports and not _is_edge(one) and database_of(one) is None and SWARM_SERVICE not in unit.labels:
            says = f"{unit.name} holds port {ports[0].host_port} itself: it is closed while the container is replaced"
            yield Evidence(says, ports[0].declared_at)


def _is_edge(container: Container) -> bool:
    image = container.image.value if isinstance(container.image, Set) else ""
    processes = container.processes
    seen = frozenset(one.program for one in processes.value) if isinstance(processes, Set) else None
    told = tool_of_container(image, seen)
    return told is not None and ToolTask.EDGE in told[0].does
