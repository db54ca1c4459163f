"""A capability beyond the default ones is a part of root's power on the host."""

from __future__ import annotations

from collections.abc import Iterable

from ...model.compose_fix import ComposeFix, WrittenService, remove_entries
from ...model.control import Control, Subject, cis, nist, owasp, pss
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy
from ...model.fix import Change
from ...model.levels import Level, Severity
from ...model.workload import Container, Unit
from ._capabilities import DOCKER_DEFAULT, effective, entries_beyond, named, with_severity_of_the_worst
from ._containers import Fault, judge_containers

control = Control(
    id="workload/capabilities",
    title="Containers have no capability beyond the default ones",
    fault="{who} [has|have] capabilities beyond the default ones",
    rationale="Capabilities such as SYS_ADMIN, SYS_PTRACE or NET_ADMIN are keys to the host or its network.",
    level=Level.BASELINE,
    severity=Severity.HIGH,
    demand="1.privileges",
    follows_from=("workload/privileged",),
    also_for=("1.host-access", "3.least-privilege"),
    subject=Subject.UNIT,
    references=(pss("capabilities_baseline"), cis("1.6.0", "5.4"), cis("1.8.0", "5.4"), nist("4.4.3"), owasp("D04")),
    remedy=Remedy("Drop the added capability, or the need for it.", "recreates the container"),
    fixes=(
        ComposeFix(
            says="takes the added capabilities away",
            may_break="what the capability was added for",
            changes=lambda written: _without_added(written),
        ),
    ),
    check_yourself="docker inspect -f '{{.HostConfig.CapAdd}} {{.HostConfig.CapDrop}}' {name}",
    bad={
        "compose": [
            "services: {web: {image: shop, cap_add: [SYS_ADMIN]}}",
            "services: {web: {image: shop, cap_add: [cap_net_admin]}}",
            "services: {web: {image: shop, privileged: true}}",
        ],
        "kubernetes": [
            "{kind: Pod, spec: {containers: [{name: a, securityContext: {capabilities: {add: [NET_RAW]}}}]}}",
            "{kind: Pod, spec: {containers: [{name: a, securityContext: {capabilities: {add: [CAP_CHOWN]}}}]}}",
        ],
        "container": [
            {"HostConfig": {"CapAdd": ["CAP_SYS_ADMIN"]}},
            {"HostConfig": {"CapAdd": ["ALL"], "CapDrop": None}},
            {"HostConfig": {"CapAdd": ["ALL"], "CapDrop": ["ALL"]}},
            {"HostConfig": {"Privileged": True, "CapDrop": ["ALL"]}},
        ],
    },
    good={
        "compose": [
            "services: {web: {image: shop}}",
            "services: {web: {image: shop, cap_add: [NET_RAW]}}",
            "services: {web: {image: shop, cap_drop: [ALL]}}",
        ],
        "kubernetes": "{kind: Pod, spec: {containers: [{name: a, securityContext: {capabilities: {add: [CHOWN]}}}, {name: b}]}}",
        "container": [{"HostConfig": {"CapAdd": None, "CapDrop": None}}, {"HostConfig": {"CapAdd": ["CAP_NET_RAW"]}}],
    },
    unclear={"compose": "services: {web: {image: shop, cap_add: ['${CAPABILITY}']}}"},
)


def _without_added(written: WrittenService) -> Iterable[Change]:
    return remove_entries("cap_add", entries=entries_beyond(written.listed("cap_add"), DOCKER_DEFAULT))


_POD_ALLOWED = DOCKER_DEFAULT - {"NET_RAW"}


@control.judge
def capabilities(unit: Unit) -> Judgement:
    fault = _added if unit.dialect.is_kubernetes else _held
    judged = judge_containers(unit, fault, good="no capability beyond the default ones")
    return with_severity_of_the_worst(judged, unit)


def _added(container: Container) -> Fault | Unknown | None:
    """A pod: exactly what is written, letter by letter, as the standards have it."""
    add = container.capabilities_add
    if isinstance(add, Unknown):
        return add
    beyond = [name for name in add.value if name not in _POD_ALLOWED] if isinstance(add, Set) else []
    return Fault(f"adds {named(beyond)}", add.source) if beyond else None


def _held(container: Container) -> Fault | Unknown | None:
    held = effective(container)
    if isinstance(held, Unknown):
        return held
    beyond = held.value - DOCKER_DEFAULT
    return Fault(f"holds {named(beyond)}", held.source) if beyond else None
