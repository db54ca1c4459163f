"""A hostPath volume is the node's own file system inside the pod."""

from __future__ import annotations

from ...model.control import Control, Subject, nist, owasp, pss
from ...model.dialect import Platform
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._containers import Fault, judge_faults

control = Control(
    id="workload/host-path",
    title="Pods mount no path of the node",
    fault="{who} [mounts|mount] a path of the node",
    rationale="A path of the node ties the pod to that node and opens the node's files, sockets and devices to it.",
    level=Level.BASELINE,
    severity=Severity.HIGH,
    demand="1.host-access",
    also_for=("3.least-privilege",),
    subject=Subject.UNIT,
    platforms=frozenset({Platform.KUBERNETES}),
    references=(pss("hostPathVolumes"), nist("4.5.5"), owasp("D04")),
    remedy=Remedy("Use a persistentVolumeClaim, configMap, secret or emptyDir.", "recreates the pod"),
    check_yourself="kubectl get pod {name} -o jsonpath='{.spec.volumes[*].hostPath}'",
    bad={"kubernetes": "{kind: Pod, spec: {volumes: [{name: v, hostPath: {path: /etc}}], containers: [{name: a}]}}"},
    good={"kubernetes": "{kind: Pod, spec: {volumes: [{name: v, emptyDir: {}}], containers: [{name: a}]}}"},
)


@control.judge
def host_path(unit: Unit) -> Judgement:
    faults = [
        Fault(f"volume {volume.name} is the node's {volume.host_path or 'path'}", volume.declared_at)
        for volume in unit.volumes
        if volume.kind == "hostPath"
    ]
    return judge_faults(faults, good="no hostPath volume", source=unit.source)
