"""At level restricted a container starts from no capability at all."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.compose_fix import ComposeFix, WrittenService, remove_entries, set_key
from ...model.control import Control, Subject, cis, nist, owasp, pss
from ...model.dialect import Version
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, passed
from ...model.fix import Change
from ...model.levels import Level, Severity
from ...model.workload import Container, Unit
from ._capabilities import effective, entries_beyond, named, with_severity_of_the_worst
from ._containers import Fault, judge_containers

control = Control(
    id="workload/capabilities-dropped",
    title="All capabilities are dropped, at most NET_BIND_SERVICE is added back",
    fault="{who} [keeps|keep] more capabilities than NET_BIND_SERVICE",
    rationale="Even the default capabilities let root in a container change owners, forge packets and make devices: "
    "most programs need none of them.",
    level=Level.RESTRICTED,
    severity=Severity.MEDIUM,
    demand="1.privileges",
    follows_from=("workload/privileged", "workload/capabilities"),
    subject=Subject.UNIT,
    since=Version(1, 22),
    stricter_than=("workload/capabilities",),
    references=(
        pss("capabilities_restricted", "v1.22"),
        cis("1.6.0", "5.4"),
        cis("1.8.0", "5.4"),
        nist("4.4.3"),
        owasp("D04"),
    ),
    remedy=Remedy("Set `cap_drop: [ALL]` and add back what is found needed.", "recreates the container"),
    fixes=(
        ComposeFix(
            says="drops all capabilities, and adds back NET_BIND_SERVICE at most",
            may_break="what a capability is needed for: changing owners, becoming another user, low ports, ping",
            changes=lambda written: _all_dropped(written),
        ),
    ),
    check_yourself="docker inspect -f '{{.HostConfig.CapAdd}} {{.HostConfig.CapDrop}}' {name}",
    bad={
        "compose": [
            "services: {web: {image: shop}}",
            "services: {web: {image: shop, cap_drop: [NET_RAW]}}",
            "services: {web: {image: shop, cap_drop: [ALL], cap_add: [CHOWN]}}",
        ],
        "kubernetes": [
            "{kind: Pod, spec: {containers: [{name: a}]}}",
            "{kind: Pod, spec: {containers: [{name: a, securityContext: {capabilities: {drop: [ALL], add: [CHOWN]}}}]}}",
        ],
        "container": [
            {"HostConfig": {"CapAdd": None, "CapDrop": None}},
            {"HostConfig": {"CapAdd": ["CAP_CHOWN"], "CapDrop": ["ALL"]}},
            {"HostConfig": {"Privileged": True, "CapDrop": ["ALL"]}},
        ],
    },
    good={
        "compose": [
            "services: {web: {image: shop, cap_drop: [all]}}",
            "services: {web: {image: shop, cap_drop: [ALL], cap_add: [NET_BIND_SERVICE]}}",
        ],
        "kubernetes": [
            "{kind: Pod, spec: {containers: [{name: a, securityContext: {capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}}}]}}",
            "{kind: Pod, spec: {os: {name: windows}, containers: [{name: a}]}}",
        ],
        "container": [
            {"HostConfig": {"CapAdd": ["CAP_NET_BIND_SERVICE"], "CapDrop": ["ALL"]}},
            {"HostConfig": {"CapAdd": None, "CapDrop": ["all"]}},
        ],
    },
)


def _all_dropped(written: WrittenService) -> Iterator[Change]:
    if "ALL" not in (entry.upper() for entry in written.listed("cap_drop")):
        yield set_key("cap_drop", to=["ALL"])
    yield from remove_entries("cap_add", entries=entries_beyond(written.listed("cap_add"), _ADDED_BACK))


_WINDOWS_LEFT_OUT = Version(1, 25)
_ADDED_BACK = frozenset({"NET_BIND_SERVICE"})


@control.judge
def capabilities_dropped(unit: Unit) -> Judgement:
    if unit.dialect.is_kubernetes and unit.is_windows and unit.dialect.version >= _WINDOWS_LEFT_OUT:
        return passed("a Windows pod has no capabilities", unit.source)
    fault = _written if unit.dialect.is_kubernetes else _held
    judged = judge_containers(unit, fault, good="all capabilities are dropped")
    return with_severity_of_the_worst(judged, unit, beyond_default=Severity.HIGH)


def _written(container: Container) -> Fault | Unknown | None:
    add, drop = container.capabilities_add, container.capabilities_drop
    if isinstance(drop, Unknown):
        return drop
    beyond = [name for name in add.value if name not in _ADDED_BACK] if isinstance(add, Set) else []
    if not isinstance(drop, Set) or "ALL" not in drop.value:
        adds = f"adds {named(beyond)}, and " if beyond else ""
        return Fault(f"{adds}capabilities.drop does not hold ALL", drop.source)
    return Fault(f"adds {named(beyond)}", add.source) if beyond else None


def _held(container: Container) -> Fault | Unknown | None:
    held = effective(container)
    if isinstance(held, Unknown):
        return held
    beyond = held.value - _ADDED_BACK
    return Fault(f"holds {named(beyond)}", held.source) if beyond else None
