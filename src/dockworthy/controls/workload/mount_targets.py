"""A volume over /proc, /sys or /dev takes the place of what the runtime itself sets up there, and writes to."""

from __future__ import annotations

import posixpath

from ...model.control import Control, Subject, nist, owasp
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.workload import Mount, MountKind, Unit
from ._containers import Fault, judge_faults
from ._host_paths import Relation, relation
from ._platforms import WITH_HOST_PATHS
from ._unclear import as_far_as_told

control = Control(
    id="workload/mount-targets",
    title="No volume takes the place of the kernel's file systems",
    fault="{who} [mounts|mount] a volume over the kernel's file systems",
    rationale="The runtime sets a container's confinement up through /proc, and masks parts of /proc and /sys: with a "
    "volume in their place it writes into that, and the confinement is not there (CVE-2019-16884, CVE-2019-19921). "
    "Over /dev a volume takes the place of the few devices that a container is given.",
    level=Level.BASELINE,
    severity=Severity.MEDIUM,
    demand="1.privileges",
    also_for=("1.host-access",),
    subject=Subject.UNIT,
    platforms=WITH_HOST_PATHS,
    references=(nist("4.4.3"), owasp("D04")),
    remedy=Remedy("Mount the volume or tmpfs at a folder of the program's own.", "recreates the container"),
    check_yourself="docker inspect -f '{{range .Mounts}}{{.Type}} {{.Destination}}{{println}}{{end}}{{json .HostConfig.Tmpfs}}' {name}",
    bad={
        "marathon": "{id: /shop, container: {docker: {image: shop, parameters: [{key: volume, value: 'v:/proc'}]}}}",
        "docker run": ["docker run --tmpfs /dev:dev,suid,exec shop", "docker run -v v:/sys/firmware shop"],
        "request": {"Image": "shop", "HostConfig": {"Tmpfs": {"/proc/sys": "rw"}}},
        "compose": [
            "services: {web: {image: shop, tmpfs: ['/dev:dev,suid,exec']}}",
            "services: {web: {image: shop, volumes: ['data:/proc']}}\nvolumes: {data: }",
            "services: {web: {image: shop, volumes: [{type: volume, target: /srv/..//sys/}]}}",
        ],
        "container": {
            "Mounts": [{"Type": "volume", "Name": "v", "Source": "/s", "Destination": "/proc/1", "RW": True}]
        },
        "service": {
            "Spec": {
                "TaskTemplate": {"ContainerSpec": {"Mounts": [{"Type": "tmpfs", "Target": "/dev", "ReadOnly": False}]}}
            }
        },
    },
    good={
        "docker run": "docker run --tmpfs /dev/shm:size=64m -v v:/processed shop",
        "compose": [
            "services: {web: {image: shop}}",
            "services: {web: {image: shop, tmpfs: [/run, /tmp], volumes: ['/sys:/sys:ro', 'data:/system']}}\nvolumes: {data: }",
        ],
        "container": {},
    },
    unclear={
        "docker run": "docker run --volumes-from db shop",
        "compose": "services: {web: {image: shop, volumes: ['data:${WHERE}']}}",
    },
)

_KERNELS = ("/proc", "/sys")


@control.judge
def mount_targets(unit: Unit) -> Judgement:
    faults = (
        Fault(f"{mount.kind} {mount.source}".rstrip() + f" at {mount.target}", mount.declared_at)
        for container in unit.containers
        for mount in container.mounts
        if mount.kind in (MountKind.VOLUME, MountKind.TMPFS) and _is_kernels(mount)
    )
    judged = judge_faults(faults, good="no volume is mounted over /proc, /sys or /dev", source=unit.source)
    return as_far_as_told(judged, unit, "mounts")


def _is_kernels(mount: Mount) -> bool:
    target = "/" + posixpath.normpath("/" + mount.target).lstrip("/")
    return target == "/dev" or any(relation(target, folder) in (Relation.IS, Relation.INSIDE) for folder in _KERNELS)
