"""Annotations reach the container's runtime, which is root on the host, and some change what it does there."""

from __future__ import annotations

from ...model.control import Control, Subject, nist
from ...model.field import Unknown
from ...model.finding import Evidence, Judgement, Outcome, Remedy
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._containers import Fault, judge_faults
from ._platforms import CONTAINERS

_ACTED_ON = {
    "run.oci.": "crun takes hooks, handlers and rules for system calls from it",
    "org.systemd.property.": "runc and crun set it as a property of the container's unit with systemd",
    "io.katacontainers.": "Kata takes its hypervisor, its kernel and their arguments from it",
    "dev.gvisor.": "gVisor takes its mounts and its flags from it",
    "cdi.k8s.io/": "it gives the container devices of the host",
    "nvidia.cdi.k8s.io/": "the NVIDIA runtime gives the container devices and files of the host for it",
}
"""Beginning of a name -> who does what with it. Sources: crun(1); docs/systemd.md of runc; the documentation of Kata, gVisor
and of the Container Device Interface."""
_SAY_ONLY = ("org.opencontainers.image.",)
"""The image specification's: no runtime acts on them."""

control = Control(
    id="workload/runtime-annotations",
    title="No annotation changes what the container's runtime does",
    fault="{who} [gives|give] the runtime annotations that it acts on",
    rationale="An annotation is no label: the engine hands it to the runtime, which runs as root on the host. By it a "
    "runtime takes hooks, hypervisors, devices and properties of systemd that no other setting shows.",
    level=Level.BASELINE,
    severity=Severity.HIGH,
    demand="1.privileges",
    also_for=("1.host-access",),
    subject=Subject.UNIT,
    platforms=CONTAINERS,
    references=(nist("4.4.3"),),
    remedy=Remedy("Drop the annotation; what only describes the container is a label.", "recreates the container"),
    check_yourself="docker inspect -f '{{json .HostConfig.Annotations}}' {name}",
    bad={
        "compose": [
            "services: {web: {image: shop, annotations: {run.oci.hooks.stderr: /dev/stderr}}}",
            "services: {web: {image: shop, annotations: [org.systemd.property.DeviceAllow=x]}}",
        ],
        "docker run": "docker run --annotation io.katacontainers.config.hypervisor.path=/tmp/x shop",
        "request": {"Image": "shop", "HostConfig": {"Annotations": {"run.oci.handler": "krun"}}},
        "container": {"HostConfig": {"Annotations": {"run.oci.handler": "krun"}}},
    },
    good={
        "compose": [
            "services: {web: {image: shop, labels: {owner: shop}}}",
            "services: {web: {image: shop, annotations: {org.opencontainers.image.title: shop}}}",
        ],
        "request": {"Image": "shop", "HostConfig": {"Annotations": {}}},
        "container": {"HostConfig": {"Annotations": None}},
    },
    unclear={
        "compose": [
            "services: {web: {image: shop, annotations: {com.example.owner: shop}}}",
            "services: {web: {image: shop, annotations: {org.opencontainers.image.title: '${TITLE}'}}}",
        ],
        "container": {"HostConfig": {"Annotations": {"com.example.owner": "shop"}}},
    },
)


@control.judge
def runtime_annotations(unit: Unit) -> Judgement:
    acted_on = [
        Fault(f"{name}: {why}", annotation.source)
        for name, annotation in unit.annotations.items()
        for beginning, why in _ACTED_ON.items()
        if name.startswith(beginning)
    ]
    if acted_on:
        return judge_faults(acted_on, good="", source=unit.source)
    gaps = [gap for part, gap in unit.unclear.items() if part.partition(".")[0] == "annotations"]
    gaps += [
        Unknown(f"annotation {name}: whether a runtime acts on it is not known", source=annotation.source)
        for name, annotation in unit.annotations.items()
        if not name.startswith(_SAY_ONLY)
    ]
    if gaps:
        tell = gaps[0].tell or "the documentation of the runtime tells; what only describes the container is a label"
        return Judgement(Outcome.UNKNOWN, tuple(Evidence(gap.reason, gap.source) for gap in gaps), tell=tell)
    return judge_faults((), good="no annotation is given to the runtime", source=unit.source)
