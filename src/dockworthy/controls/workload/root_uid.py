"""runAsUser: 0 is root, said by number."""

from __future__ import annotations

from ...model.control import Control, Subject, nist, pss
from ...model.dialect import Platform, Version
from ...model.field import Set
from ...model.finding import Judgement, Remedy, passed
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._containers import Fault, judge_faults

control = Control(
    id="workload/root-uid",
    title="Nobody sets runAsUser to 0",
    fault="{who} [sets|set] runAsUser to 0",
    rationale="`runAsNonRoot` is checked when the container starts; a written uid 0 is known before.",
    level=Level.RESTRICTED,
    severity=Severity.HIGH,
    demand="1.privileges",
    subject=Subject.UNIT,
    platforms=frozenset({Platform.KUBERNETES}),
    since=Version(1, 23),
    references=(pss("runAsUser", "v1.23"), nist("4.1.2")),
    remedy=Remedy("Name a uid other than 0, or none.", "recreates the pod"),
    check_yourself="kubectl get pod {name} -o yaml | grep -n runAsUser",
    bad={
        "kubernetes": [
            "{kind: Pod, spec: {securityContext: {runAsUser: 0}, containers: [{name: a}]}}",
            "{kind: Pod, spec: {containers: [{name: a, securityContext: {runAsUser: 0}}]}}",
        ]
    },
    good={
        "kubernetes": [
            "{kind: Pod, spec: {containers: [{name: a, securityContext: {runAsUser: 1000}}]}}",
            "{kind: Pod, spec: {hostUsers: false, securityContext: {runAsUser: 0}, containers: [{name: a}]}}",
        ]
    },
)


_USER_NAMESPACES_COUNT = Version(1, 35)


@control.judge
def root_uid(unit: Unit) -> Judgement:
    user = unit.namespaces.user
    if unit.dialect.version >= _USER_NAMESPACES_COUNT and isinstance(user, Set) and user.value == "private":
        return passed("hostUsers: false: uid 0 inside is nobody on the node", user.source)
    setters = [("the pod", unit.context.user)] + [(c.name, c.context.user) for c in unit.containers]
    faults = [Fault(f"{who}: runAsUser: 0", f.source) for who, f in setters if isinstance(f, Set) and f.value.uid == 0]
    return judge_faults(faults, good="nobody sets uid 0", source=unit.source)
