"""Without a limit one leaking container takes the host's memory, and the kernel kills whatever it finds."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.dialect import Platform
from ...model.field import Unknown, Unset
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.workload import Container, Unit
from ._containers import Fault, judge_containers
from ._life import lasting
from ._platforms import checked_by

control = Control(
    id="workload/memory-limit",
    title="The memory of every container is limited",
    fault="{who} [has|have] no memory limit",
    rationale="When the host runs out of memory the kernel ends processes of its own choice: a database, the engine, the "
    "SSH server. A limit makes it the one that leaks.",
    level=Level.RESTRICTED,
    severity=Severity.HIGH,
    demand="6.efficient",
    subject=Subject.UNIT,
    references=(cis("1.6.0", "5.11"), cis("1.8.0", "5.11"), nist("4.4.3"), owasp("D07")),
    remedy=Remedy(
        "Set `mem_limit` (service: `resources.limits.memory`) to twice what it uses at its busiest.",
        "`docker update --memory` needs no restart; too low a limit ends the program when it is reached",
    ),
    check_yourself="docker inspect -f '{{.HostConfig.Memory}}' {name}; docker stats --no-stream {name}",
    bad={
        "compose": [
            "services: {web: {image: shop}}",
            "services: {web: {image: shop, deploy: {resources: {reservations: {memory: 64m}}}}}",
        ],
        "container": {"HostConfig": {"Memory": 0}},
        "service": {"Spec": {"TaskTemplate": {"Resources": {"Limits": {"MemoryBytes": 0}}}}},
        "kubernetes": "{kind: Pod, spec: {containers: [{name: a, resources: {requests: {memory: 64Mi}}}]}}",
    },
    good={
        "compose": [
            "services: {web: {image: shop, mem_limit: 64m}}",
            "services: {web: {image: shop, deploy: {resources: {limits: {memory: 64m}}}}}",
        ],
        "container": {"HostConfig": {"Memory": 67108864}},
        "service": {},
        "kubernetes": "{kind: Pod, spec: {containers: [{name: a, resources: {limits: {memory: 64Mi}}}]}}",
    },
    unclear={
        "compose": "services: {web: {image: shop, mem_limit: '${MEMORY}'}}",
        "container": {"HostConfig": {"Memory": "all"}},
    },
)

_COMMANDS = {
    Platform.SWARM: "docker service inspect -f '{{json .Spec.TaskTemplate.Resources.Limits}}' {name}",
    Platform.KUBERNETES: "kubectl get {kind} {name} -o yaml | grep -A 6 resources:",
}


@control.judge
def memory_limit(unit: Unit) -> Judgement:
    judged = judge_containers(unit, _fault, good="memory is limited", containers=lasting(unit))
    return checked_by(judged, unit, _COMMANDS)


def _fault(container: Container) -> Fault | Unknown | None:
    field = container.limits.memory
    if isinstance(field, Unknown):
        return field
    return Fault("its memory is not limited", field.source) if isinstance(field, Unset) else None
