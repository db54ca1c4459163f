"""At level restricted a pod uses only volumes whose life and content the cluster controls."""

from __future__ import annotations

from ...model.control import Control, Subject, nist, pss
from ...model.dialect import Platform
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._containers import Fault, judge_faults

control = Control(
    id="workload/volume-types",
    title="Pods use only configMap, csi, downwardAPI, emptyDir, ephemeral, image, claim, projected and secret volumes",
    fault="{who} [uses|use] a type of volume that is not allowed",
    rationale="Inline volumes of other types let whoever writes the pod reach storage by address, past the cluster's "
    "claims and quotas, or the node itself.",
    level=Level.RESTRICTED,
    severity=Severity.HIGH,
    demand="1.host-access",
    subject=Subject.UNIT,
    platforms=frozenset({Platform.KUBERNETES}),
    stricter_than=("workload/host-path",),
    references=(pss("restrictedVolumes"), nist("4.5.5")),
    remedy=Remedy("Ask for storage by a persistentVolumeClaim or a csi volume.", "recreates the pod"),
    check_yourself="kubectl get pod {name} -o jsonpath='{.spec.volumes}'",
    bad={
        "kubernetes": [
            "{kind: Pod, spec: {volumes: [{name: v, hostPath: {path: /srv}}], containers: [{name: a}]}}",
            "{kind: Pod, spec: {volumes: [{name: v, nfs: {server: files, path: /srv}}], containers: [{name: a}]}}",
        ]
    },
    good={
        "kubernetes": "{kind: Pod, spec: {volumes: [{name: v, secret: {secretName: s}}, {name: w}], containers: [{name: a}]}}"
    },
)


_ALLOWED = frozenset(
    {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
)
_DEFAULT = ""  # the API makes an emptyDir of a volume without a type


@control.judge
def volume_types(unit: Unit) -> Judgement:
    faults = [
        Fault(f"volume {volume.name} is of type {volume.kind}", volume.declared_at)
        for volume in unit.volumes
        if volume.kind != _DEFAULT and volume.kind not in _ALLOWED
    ]
    return judge_faults(faults, good="every volume is of an allowed type", source=unit.source)
