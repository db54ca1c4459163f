"""A workload that eats a manager's memory takes the swarm's control with it, and a break-in there has its keys."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.control import Control, Subject, nist
from ...model.engine import Cluster
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed
from ...model.json_parts import part
from ...model.levels import Level, Severity
from ._examples import node, swarm, worker
from ._swarm import gap, managers, node_name

control = Control(
    id="cluster/drained-managers",
    title="Managers run no workloads where there are workers",
    fault="{n} [manager runs|managers run] workloads though there are workers",
    rationale="A manager holds the keys and the state of the whole swarm. Workloads beside it share its kernel.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="6.orchestrators",
    subject=Subject.CLUSTER,
    references=(nist("4.3.4"),),
    remedy=Remedy(
        "Drain the managers.", "their tasks restart on the workers", "docker node update --availability drain NODE"
    ),
    check_yourself="docker node ls",
    bad={"snapshot": swarm(node("m", "manager"), node("w"))},
    good={"snapshot": swarm(node("m", "manager", availability="drain"), node("w"))},
    unclear={"snapshot": worker()},
)


@control.judge
def drained_managers(cluster: Cluster) -> Iterator[Judgement]:
    if not isinstance(cluster.nodes, Set):
        yield gap(cluster.nodes)
        return
    seen = managers(cluster)
    if len(seen) == len(cluster.nodes.value):
        yield not_applicable("there are no workers", cluster.nodes.source)
        return
    for manager in seen:
        availability = part(manager, "Spec", "Availability")
        about = f"node/{node_name(manager)}"
        if availability in ("drain", "pause"):
            yield passed(f"the manager takes no new tasks ({availability})", cluster.nodes.source, about=about)
        else:
            yield failed("a manager that takes tasks, though there are workers", cluster.nodes.source, about=about)
