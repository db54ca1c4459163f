"""A privileged container is root on the host: every device, every capability, no seccomp, no AppArmor."""

from __future__ import annotations

from ...model.compose_fix import ComposeFix, remove_key
from ...model.control import Control, Subject, cis, nist, owasp, pss
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.workload import Container, Unit
from ._containers import Fault, judge_containers

control = Control(
    id="workload/privileged",
    title="Containers are not privileged",
    fault="{who} [is|are] privileged",
    rationale="A privileged container has every device and every capability of the host and neither seccomp nor "
    "AppArmor between: a fault in its program is a fault of the host.",
    level=Level.BASELINE,
    severity=Severity.CRITICAL,
    demand="1.privileges",
    also_for=("1.host-access", "3.least-privilege"),
    subject=Subject.UNIT,
    references=(pss("privileged"), cis("1.6.0", "5.5"), cis("1.8.0", "5.5"), nist("4.4.3"), owasp("D04")),
    remedy=Remedy("Drop `privileged`; add back the one capability or device that it needs.", "recreates the container"),
    fixes=(
        ComposeFix(
            says="takes `privileged` away",
            may_break="everything that needs a device, a mount or a capability of the host",
            changes=(remove_key("privileged"),),
        ),
    ),
    check_yourself="docker inspect -f '{{.HostConfig.Privileged}}' {name}",
    bad={
        "marathon": "{id: /shop, container: {docker: {image: shop, privileged: true}}}",
        "docker run": "docker run --privileged shop",
        "request": {"Image": "shop", "HostConfig": {"Privileged": True}},
        "compose": "services: {web: {image: shop, privileged: true}}",
        "kubernetes": "{kind: Pod, spec: {containers: [{name: a, securityContext: {privileged: true}}]}}",
        "container": {"HostConfig": {"Privileged": True}},
    },
    good={
        "docker run": ["docker run shop", "docker run --privileged=false shop"],
        "request": {"Image": "shop"},
        "compose": ["services: {web: {image: shop}}", "services: {web: {image: shop, privileged: false}}"],
        "kubernetes": "{kind: Pod, spec: {containers: [{name: a, securityContext: {privileged: false}}, {name: b}]}}",
        "container": {"HostConfig": {"Privileged": False}},
    },
    unclear={"compose": "services: {web: {image: shop, privileged: '${PRIVILEGED}'}}"},
)


@control.judge
def privileged(unit: Unit) -> Judgement:
    return judge_containers(unit, _fault, good="no container is privileged")


def _fault(container: Container) -> Fault | Unknown | None:
    field = container.privileged
    if isinstance(field, Unknown):
        return field
    if isinstance(field, Set) and field.value:
        return Fault("privileged: true", field.source)
    return None
