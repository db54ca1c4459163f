"""A process that runs is not yet a service that answers: only a health check tells."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist
from ...model.dialect import Platform
from ...model.field import Unknown, Unset
from ...model.finding import Judgement, Remedy, not_applicable
from ...model.levels import Level, Severity
from ...model.workload import Container, ContainerRole, Unit
from ._containers import Fault, judge_containers
from ._life import runs_once
from ._platforms import checked_by

control = Control(
    id="workload/health-check",
    title="The health of every container is checked",
    fault="{who} [has|have] no health check",
    rationale="A program that hangs still runs. Without a check nobody notices, nothing is restarted, and a deploy can "
    "not tell whether the new version works.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="1.monitor",
    subject=Subject.UNIT,
    references=(cis("1.6.0", "5.27"), cis("1.8.0", "5.27"), cis("1.6.0", "4.6"), cis("1.8.0", "4.6"), nist("4.4.4")),
    remedy=Remedy(
        "Give the image a HEALTHCHECK, or the service a `healthcheck:` that asks the program a question it must answer.",
        "recreates the container",
    ),
    check_yourself="docker inspect -f '{{json .Config.Healthcheck}}' {name}",
    bad={
        "marathon": "{id: /shop, container: {docker: {image: shop}}}",
        "compose": [
            "services: {web: {image: shop, healthcheck: {disable: true}}}",
            "services: {web: {image: shop, healthcheck: {test: [NONE]}}}",
        ],
        "container": [
            {"Config": {"Healthcheck": None}},
            {"Config": {"Healthcheck": {"Test": ["NONE"]}}},
        ],
        "service": {"Spec": {"TaskTemplate": {"ContainerSpec": {"Healthcheck": {"Test": ["NONE"]}}}}},
        "kubernetes": "{kind: Pod, spec: {containers: [{name: a, startupProbe: {exec: {command: [x]}}}]}}",
    },
    good={
        "marathon": "{id: /shop, container: {docker: {image: shop}}, healthChecks: [{protocol: COMMAND, "
        "command: {value: test -e /ok}}]}",
        "compose": "services: {web: {image: shop, healthcheck: {test: [CMD, /shop, --health]}}}",
        "container": [
            {"Config": {"Healthcheck": {"Test": ["CMD", "/shop", "--health"]}}},
        ],
        "service": {},
        "kubernetes": "{kind: Pod, spec: {containers: [{name: a, readinessProbe: {httpGet: {port: 80}}}]}}",
    },
    unclear={
        "compose": ["services: {web: {image: shop}}", "services: {web: {image: shop, healthcheck: {interval: 5s}}}"],
        "service": {"Spec": {"TaskTemplate": {"ContainerSpec": {"Healthcheck": None}}}},
    },
)

_COMMANDS = {
    Platform.SWARM: "docker service inspect -f '{{json .Spec.TaskTemplate.ContainerSpec.Healthcheck}}' {name}",
    Platform.KUBERNETES: "kubectl get {kind} {name} -o yaml | grep -n Probe",
}


@control.judge
def health_check(unit: Unit) -> Judgement:
    once = runs_once(unit)
    if once:
        return not_applicable(once, unit.source)
    mains = list(unit.by_role(ContainerRole.MAIN))
    return checked_by(judge_containers(unit, _fault, good="health is checked", containers=mains), unit, _COMMANDS)


def _fault(container: Container) -> Fault | Unknown | None:
    field = container.health
    if isinstance(field, Unknown):
        return field
    if isinstance(field, Unset):
        return Fault("nothing checks its health", field.source)
    return Fault("its health check is switched off", field.source) if field.value.disabled else None
