"""Without a limit one busy container slows down all others."""

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
    id="workload/cpu-limit",
    title="The CPU time of every container is limited",
    fault="{who} [has|have] no CPU limit",
    rationale="An endless loop in one container takes every core. Shares only weigh who waits: they hold nobody back who "
    "is alone. `--cpus` and `--cpu-quota` are the same limit.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="6.efficient",
    subject=Subject.UNIT,
    references=(cis("1.6.0", "5.12"), cis("1.8.0", "5.12"), nist("4.4.3"), owasp("D07")),
    remedy=Remedy(
        "Set `cpus` (service: `resources.limits.cpus`).",
        "`docker update --cpus` needs no restart; what needs more time then takes longer",
    ),
    check_yourself="docker inspect -f '{{.HostConfig.NanoCpus}} {{.HostConfig.CpuQuota}}' {name}",
    bad={
        "compose": "services: {web: {image: shop}}",
        "container": [
            {"HostConfig": {"NanoCpus": 0}},
            {"HostConfig": {"NanoCpus": 0, "CpuQuota": -1}},
            {"HostConfig": {"NanoCpus": 0, "CpuShares": 512}},
        ],
        "service": {"Spec": {"TaskTemplate": {"Resources": {"Limits": {"NanoCPUs": 0}}}}},
        "kubernetes": "{kind: Pod, spec: {containers: [{name: a, resources: {requests: {cpu: 500m}}}]}}",
    },
    good={
        "compose": [
            "services: {web: {image: shop, cpus: 0.5}}",
            "services: {web: {image: shop, deploy: {resources: {limits: {cpus: '0.5'}}}}}",
        ],
        "container": [
            {"HostConfig": {"NanoCpus": 1_000_000_000}},
            {"HostConfig": {"NanoCpus": 0, "CpuQuota": 50_000, "CpuPeriod": 100_000}},
            {"HostConfig": {"NanoCpus": 0, "CpuQuota": 50_000}},
        ],
        "service": {},
        "kubernetes": "{kind: Pod, spec: {containers: [{name: a, resources: {limits: {cpu: 500m}}}]}}",
    },
    unclear={"container": {"HostConfig": {"NanoCpus": "half"}}},
)

_COMMANDS = {
    Platform.SWARM: "docker service inspect -f '{{json .Spec.TaskTemplate.Resources.Limits}}' {name}",
    Platform.KUBERNETES: "kubectl get {kind} {name} -o yaml | grep -A 6 resources:",
}


@control.judge
def cpu_limit(unit: Unit) -> Judgement:
    judged = judge_containers(unit, _fault, good="CPU time is limited", containers=lasting(unit))
    return checked_by(judged, unit, _COMMANDS)


def _fault(container: Container) -> Fault | Unknown | None:
    field = container.limits.cpus
    if isinstance(field, Unknown):
        return field
    return Fault("its CPU time is not limited", field.source) if isinstance(field, Unset) else None
