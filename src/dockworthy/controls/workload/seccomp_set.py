"""On Kubernetes a seccomp profile that nobody asks for is often none at all."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist, owasp, pss
from ...model.dialect import Version
from ...model.field import Set, Unset
from ...model.finding import Judgement, Outcome, Remedy, passed
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._containers import Fault, judge_faults
from ._seccomp import ALLOWED, judge_filtered, wrong_profiles

control = Control(
    id="workload/seccomp-set",
    title="A seccomp profile is in force",
    fault="{who} [has|have] no seccomp profile",
    rationale="Where no profile is named, Docker filters system calls and Kubernetes often does not: at this level the "
    "filter must be certain.",
    level=Level.RESTRICTED,
    severity=Severity.HIGH,
    demand="1.privileges",
    follows_from=("workload/privileged",),
    subject=Subject.UNIT,
    since=Version(1, 19),
    stricter_than=("workload/seccomp",),
    references=(
        pss("seccompProfile_restricted", "v1.19"),
        cis("1.6.0", "5.22"),
        cis("1.8.0", "5.22"),
        nist("4.4.3"),
        owasp("D04"),
    ),
    remedy=Remedy(
        "Set `seccompProfile.type: RuntimeDefault` on the pod; on Docker drop `seccomp=unconfined`.",
        "recreates the container",
    ),
    check_yourself="grep Seccomp: /proc/$(docker inspect -f '{{.State.Pid}}' {name})/status",
    bad={
        "marathon": [
            "{id: /shop, container: {type: MESOS, docker: {image: shop}}}",
            "{id: /shop, container: {type: MESOS, docker: {image: shop}, linuxInfo: {seccomp: {unconfined: true}}}}",
            "{id: /shop, container: {docker: {image: shop, parameters: [{key: security-opt, value: 'seccomp=unconfined'}]}}}",
        ],
        "kubernetes": [
            "{kind: Pod, spec: {containers: [{name: a}]}}",
            "{kind: Pod, spec: {securityContext: {seccompProfile: {type: Unconfined}}, containers: [{name: a}]}}",
        ],
        "container": [
            {"HostConfig": {"SecurityOpt": ["seccomp=unconfined"]}},
            {"HostConfig": {"SecurityOpt": ['seccomp={"defaultAction": "SCMP_ACT_ALLOW"}']}},
        ],
    },
    good={
        "marathon": [
            "{id: /shop, container: {type: MESOS, docker: {image: shop}, linuxInfo: {seccomp: {profileName: shop.json}}}}",
            "{id: /shop, container: {docker: {image: shop}}}",
        ],
        "kubernetes": [
            "{kind: Pod, spec: {securityContext: {seccompProfile: {type: RuntimeDefault}}, containers: [{name: a}]}}",
            "{kind: Pod, spec: {os: {name: windows}, containers: [{name: a}]}}",
        ],
        "container": {},
    },
)


_WINDOWS_LEFT_OUT = Version(1, 25)


@control.judge
def seccomp_set(unit: Unit) -> Judgement:
    if not unit.dialect.is_kubernetes:
        return _with_silent_ones(judge_filtered(unit), unit)
    if unit.is_windows and unit.dialect.version >= _WINDOWS_LEFT_OUT:
        return passed("a Windows pod has no seccomp", unit.source)
    pod = unit.context.seccomp
    faults = wrong_profiles(unit)
    if not (isinstance(pod, Set) and pod.value.type in ALLOWED):
        faults += [
            Fault(f"{container.name}: neither the pod nor the container names a profile", container.source)
            for container in unit.containers
            if isinstance(container.context.seccomp, Unset)
        ]
    return judge_faults(faults, good="every container has a seccomp profile", source=unit.source)


def _with_silent_ones(judged: Judgement, unit: Unit) -> Judgement:
    """Mesos' own runtime filters nothing unless its agents are started with a default profile."""
    silent = [container for container in unit.containers if isinstance(container.context.seccomp, Unset)]
    if judged.outcome is not Outcome.PASS or not silent:
        return judged
    says = "it names no profile: calls are filtered only where the agents have a default one"
    faults = (Fault(f"{container.name}: {says}", container.source) for container in silent)
    return judge_faults(faults, good="", source=unit.source)
