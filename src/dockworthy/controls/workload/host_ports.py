"""A host port takes a port of the node past every network policy."""

from __future__ import annotations

from ...model.control import Control, Subject, nist, pss
from ...model.dialect import Platform
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._containers import Fault, judge_faults

control = Control(
    id="workload/host-ports",
    title="Pods take no port of the node",
    fault="{who} [takes|take] a port of the node",
    rationale="A host port is open on the node's own addresses, past network policies, and ties the pod to the node.",
    level=Level.BASELINE,
    severity=Severity.MEDIUM,
    demand="5.network",
    subject=Subject.UNIT,
    platforms=frozenset({Platform.KUBERNETES}),
    references=(pss("hostPorts"), nist("4.3.3")),
    remedy=Remedy("Expose the pod by a Service; drop `hostPort`.", "recreates the pod"),
    check_yourself="kubectl get pod {name} -o jsonpath='{.spec.containers[*].ports}'",
    bad={"kubernetes": "{kind: Pod, spec: {containers: [{name: a, ports: [{containerPort: 80, hostPort: 8080}]}]}}"},
    good={
        "kubernetes": "{kind: Pod, spec: {containers: [{name: a, ports: [{containerPort: 80, hostPort: 0}, {containerPort: 81}]}]}}"
    },
)


@control.judge
def host_ports(unit: Unit) -> Judgement:
    faults = [
        Fault(f"{container.name}: port {port.host_port} of the node", port.declared_at)
        for container in unit.containers
        for port in container.ports
        if port.host_port
    ]
    return judge_faults(faults, good="no port of the node is taken", source=unit.source)
