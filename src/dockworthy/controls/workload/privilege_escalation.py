"""A setuid file gives a process more than its parent had, unless no_new_privs forbids it."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.compose_fix import ComposeFix, WrittenService, add_entries, remove_entries
from ...model.control import Control, Subject, cis, nist, owasp, pss
from ...model.dialect import Version
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, passed
from ...model.fix import Change
from ...model.levels import Level, Severity
from ...model.workload import Container, Unit
from ._containers import Fault, judge_containers
from ._written_options import parted

control = Control(
    id="workload/privilege-escalation",
    title="A process can not gain privileges that its parent did not have",
    fault="{who} may gain privileges while [it runs|they run]",
    rationale="With no_new_privs a setuid root file in the image is just a file: a broken program stays the user it is.",
    level=Level.RESTRICTED,
    severity=Severity.MEDIUM,
    demand="1.privileges",
    subject=Subject.UNIT,
    since=Version(1, 8),
    references=(
        pss("allowPrivilegeEscalation", "v1.8"),
        cis("1.6.0", "5.26"),
        cis("1.8.0", "5.26"),
        nist("4.4.3"),
        owasp("D04"),
    ),
    remedy=Remedy(
        "Set `no-new-privileges:true` (Kubernetes: allowPrivilegeEscalation: false).",
        "recreates the container; breaks programs that need sudo or setuid files",
    ),
    fixes=(
        ComposeFix(
            says="sets `no-new-privileges:true`",
            may_break="programs that need sudo, su or a setuid file",
            changes=lambda written: _forbidden(written),
        ),
    ),
    check_yourself="grep NoNewPrivs /proc/$(docker inspect -f '{{.State.Pid}}' {name})/status",
    bad={
        "compose": [
            "services: {web: {image: shop}}",
            "services: {web: {image: shop, security_opt: ['no-new-privileges:false']}}",
        ],
        "kubernetes": [
            "{kind: Pod, spec: {containers: [{name: a}]}}",
            "{kind: Pod, spec: {containers: [{name: a, securityContext: {allowPrivilegeEscalation: true}}]}}",
        ],
        "container": {"HostConfig": {"SecurityOpt": []}},
    },
    good={
        "compose": "services: {web: {image: shop, security_opt: ['no-new-privileges:true']}}",
        "kubernetes": [
            "{kind: Pod, spec: {containers: [{name: a, securityContext: {allowPrivilegeEscalation: false}}]}}",
            "{kind: Pod, spec: {os: {name: windows}, containers: [{name: a}]}}",
        ],
        "container": {"HostConfig": {"SecurityOpt": ["no-new-privileges"]}},
    },
)


def _forbidden(written: WrittenService) -> Iterator[Change]:
    said = [entry for entry in written.listed("security_opt") if parted(entry)[0] == "no-new-privileges"]
    yield from remove_entries("security_opt", entries=said)
    yield add_entries("security_opt", entries=["no-new-privileges:true"])


_WINDOWS_LEFT_OUT = Version(1, 25)


@control.judge
def privilege_escalation(unit: Unit) -> Judgement:
    if unit.dialect.is_kubernetes and unit.is_windows and unit.dialect.version >= _WINDOWS_LEFT_OUT:
        return passed("a Windows pod has no privilege escalation of this kind", unit.source)
    return judge_containers(unit, _fault, good="no new privileges can be gained")


def _fault(container: Container) -> Fault | Unknown | None:
    processes, allowed = container.processes, container.allow_privilege_escalation
    if isinstance(processes, Set) and processes.value:
        free = [process for process in processes.value if not process.no_new_privs]
        if not free:
            return None
        return Fault(f"process {free[0].pid} ({free[0].program}) may gain privileges", processes.source)
    if isinstance(allowed, Unknown):
        return allowed
    if isinstance(allowed, Set):
        return Fault("privilege escalation is allowed", allowed.source) if allowed.value else None
    return Fault("nobody forbids privilege escalation", allowed.source)
