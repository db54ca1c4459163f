"""At level restricted the masks over /proc stay even in a user namespace."""

from __future__ import annotations

from ...model.control import Control, Subject, nist, pss
from ...model.dialect import Platform, Version
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._containers import judge_containers
from ._proc_mount import unmasked

control = Control(
    id="workload/proc-mount-strict",
    title="The default masks over /proc are in place, in a user namespace too",
    fault="{who} [runs|run] without the masks over /proc",
    rationale="A user namespace takes the power from what lies behind the masks, not the knowledge.",
    level=Level.RESTRICTED,
    severity=Severity.MEDIUM,
    demand="1.host-access",
    follows_from=("workload/privileged",),
    subject=Subject.UNIT,
    platforms=frozenset({Platform.KUBERNETES}),
    since=Version(1, 35),
    stricter_than=("workload/proc-mount",),
    references=(pss("procMount_restricted", "v1.35"), nist("4.4.3")),
    remedy=Remedy("Drop `procMount: Unmasked`.", "recreates the pod"),
    check_yourself="kubectl get pod {name} -o yaml | grep -n procMount",
    bad={
        "kubernetes": "{kind: Pod, spec: {hostUsers: false, containers: [{name: a, securityContext: {procMount: Unmasked}}]}}"
    },
    good={"kubernetes": "{kind: Pod, spec: {hostUsers: false, containers: [{name: a}]}}"},
)


@control.judge
def proc_mount_strict(unit: Unit) -> Judgement:
    return judge_containers(unit, unmasked, good="the default masks over /proc are in place")
