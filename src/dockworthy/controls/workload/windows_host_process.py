"""A HostProcess container runs on the Windows node itself."""

from __future__ import annotations

from ...model.control import Control, Subject, nist, pss
from ...model.dialect import Platform
from ...model.field import Set
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._containers import Fault, judge_faults

control = Control(
    id="workload/windows-host-process",
    title="No container is a Windows HostProcess",
    fault="{who} [runs|run] as a Windows HostProcess",
    rationale="A HostProcess container has the node's file system, network and accounts: it is privileged by another name.",
    level=Level.BASELINE,
    severity=Severity.CRITICAL,
    demand="1.privileges",
    also_for=("1.host-access", "3.least-privilege"),
    subject=Subject.UNIT,
    platforms=frozenset({Platform.KUBERNETES}),
    references=(pss("windowsHostProcess"), nist("4.4.3")),
    remedy=Remedy("Drop `hostProcess: true`.", "recreates the pod"),
    check_yourself="kubectl get pod {name} -o yaml | grep -n hostProcess",
    bad={
        "kubernetes": [
            "{kind: Pod, spec: {securityContext: {windowsOptions: {hostProcess: true}}, containers: [{name: a}]}}",
            "{kind: Pod, spec: {containers: [{name: a, securityContext: {windowsOptions: {hostProcess: true}}}]}}",
        ]
    },
    good={
        "kubernetes": "{kind: Pod, spec: {containers: [{name: a, securityContext: {windowsOptions: {hostProcess: false}}}]}}"
    },
)


@control.judge
def windows_host_process(unit: Unit) -> Judgement:
    setters = [("the pod", unit.context.windows_host_process)]
    setters += [(container.name, container.context.windows_host_process) for container in unit.containers]
    faults = [Fault(f"{who}: hostProcess: true", f.source) for who, f in setters if isinstance(f, Set) and f.value]
    return judge_faults(faults, good="no hostProcess", source=unit.source)
