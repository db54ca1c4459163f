"""A probe with a host of its own makes the node send requests where the pod's author wants them."""

from __future__ import annotations

from ...model.control import Control, Subject, pss
from ...model.dialect import Platform, Version
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._containers import Fault, judge_faults

control = Control(
    id="workload/host-probes",
    title="Probes and lifecycle hooks name no host",
    fault="{who} [has|have] probes or hooks that name a host",
    rationale="The node's kubelet sends a probe: with a host of its own it is a request into the node's network, its "
    "loopback included, that the pod itself could not make.",
    level=Level.BASELINE,
    severity=Severity.MEDIUM,
    demand="1.reach",
    subject=Subject.UNIT,
    platforms=frozenset({Platform.KUBERNETES}),
    since=Version(1, 34),
    references=(pss("hostProbesAndHostLifecycle", "v1.34"),),
    remedy=Remedy("Drop `host` from the probe or hook: it then asks the pod itself.", "recreates the pod"),
    check_yourself="kubectl get pod {name} -o yaml | grep -n -B3 'host:'",
    bad={
        "kubernetes": [
            "{kind: Pod, spec: {containers: [{name: a, livenessProbe: {httpGet: {port: 80, host: 127.0.0.1}}}]}}",
            "{kind: Pod, spec: {containers: [{name: a, lifecycle: {preStop: {tcpSocket: {port: 80, host: db}}}}]}}",
        ]
    },
    good={
        "kubernetes": [
            "{kind: Pod, spec: {containers: [{name: a, livenessProbe: {httpGet: {port: 80}}}]}}",
            "{kind: Pod, spec: {containers: [{name: a, livenessProbe: {httpGet: {port: 80, host: ''}}}]}}",
        ]
    },
)


@control.judge
def host_probes(unit: Unit) -> Judgement:
    faults = [
        Fault(f"{container.name}: {probe.kind}.{probe.handler} asks the host {probe.host}", probe.declared_at)
        for container in unit.containers
        for probe in container.probes
        if probe.host
    ]
    return judge_faults(faults, good="no probe or hook names a host", source=unit.source)
