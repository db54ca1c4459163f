"""Swarm mode opens ports and keys that somebody must look after: for one host without services it gives nothing back."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist
from ...model.engine import Cluster
from ...model.field import Set, Source, Unknown
from ...model.finding import Judgement, Remedy, failed, passed, unknown
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import both, engine_says, known, not_seen
from ._running import gap

_SWARM = engine_says(Swarm={"LocalNodeState": "active", "ControlAvailable": True})


def _swarm(nodes: object, services: object) -> dict[str, object]:
    return both(_SWARM, {"engine": {"swarm": known({"ID": "x"}), "nodes": nodes, "services": services}})


control = Control(
    id="machine/swarm-needed",
    title="Swarm mode is off where nobody uses it",
    fault="Swarm mode is on, and nobody uses it",
    rationale="A swarm opens ports 2377, 7946 and 4789 and has keys and certificates of its own.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="6.orchestrators",
    subject=Subject.MACHINE,
    references=(cis("1.6.0", "5.1"), cis("1.8.0", "5.1"), nist("4.3.5")),
    remedy=Remedy(
        "Leave the swarm.", "none: it has no services; its secrets and configs are gone", "docker swarm leave --force"
    ),
    check_yourself="docker info -f '{{.Swarm.LocalNodeState}}'; docker node ls; docker service ls",
    bad={"snapshot": _swarm(known([{"ID": "n1"}]), known([]))},
    good={
        "snapshot": [
            {"engine": {}},
            _swarm(known([{"ID": "n1"}]), known([{"ID": "s1", "Spec": {"Name": "web"}}])),
            _swarm(known([{"ID": "n1"}, {"ID": "n2"}]), known([])),
        ]
    },
    unclear={"snapshot": [_swarm(not_seen(), not_seen()), engine_says(Swarm={"LocalNodeState": "active"})]},
)


@control.judge
def swarm_needed(machine: Machine) -> Judgement:
    if machine.cluster is None:
        return gap(machine) or passed("swarm mode is off", Source("GET /info", "Swarm.LocalNodeState"))
    return _judge(machine.cluster)


def _judge(cluster: Cluster) -> Judgement:
    nodes, services = cluster.nodes, cluster.services
    if isinstance(services, Set) and services.value:
        return passed(f"services in it: {len(services.value)}", services.source)
    if isinstance(nodes, Set) and len(nodes.value) > 1:
        return passed(f"nodes in it: {len(nodes.value)}", nodes.source)
    if isinstance(nodes, Set) and isinstance(services, Set):
        return failed("one node and no service", services.source)
    missing = nodes if isinstance(nodes, Unknown) else services
    reason = missing.reason if isinstance(missing, Unknown) else "a worker does not see the swarm's services"
    return unknown(reason, missing.source, tell="docker node ls, docker service ls on a manager")
