"""A mount over /proc, /sys or /dev takes the place of what the runtime itself sets up there, and writes to."""

from __future__ import annotations

from collections.abc import Iterable

from ...model.control import Control, Subject, nist, owasp
from ...model.finding import Judgement, Remedy
from ...model.host_paths import plain_path
from ...model.levels import Level, Severity
from ...model.workload import Mount, MountKind, Unit
from ._containers import Fault, judge_faults
from ._host_paths import Relation, host_path, relation
from ._platforms import WITH_HOST_PATHS
from ._unclear import as_far_as_told

control = Control(
    id="workload/mount-targets",
    title="No mount takes the place of the kernel's file systems",
    fault="{who} [mounts|mount] something over the kernel's file systems",
    rationale="The runtime sets a container's confinement up through /proc, and masks parts of /proc and /sys. If a volume "
    "is mounted there, the runtime writes its settings into the volume, and the container runs unprotected "
    "(CVE-2019-16884, CVE-2019-19921). Over /dev a volume takes the place of the few devices that a container is given, and at / of all of these. "
    "Files that show a container its own limits, as lxcfs makes them, are fine.",
    level=Level.BASELINE,
    severity=Severity.MEDIUM,
    demand="1.privileges",
    also_for=("1.host-access",),
    subject=Subject.UNIT,
    platforms=WITH_HOST_PATHS,
    references=(nist("4.4.3"), owasp("D04")),
    remedy=Remedy("Mount it at a folder of the program's own.", "recreates the container"),
    check_yourself="docker inspect -f '{{range .Mounts}}{{.Type}} {{.Destination}}{{println}}{{end}}{{json .HostConfig.Tmpfs}}' {name}",
    bad={
        "marathon": "{id: /shop, container: {docker: {image: shop, parameters: [{key: volume, value: 'v:/proc'}]}}}",
        "docker run": ["docker run --tmpfs /dev:dev,suid,exec shop", "docker run -v v:/sys/firmware shop"],
        "request": [
            {"Image": "shop", "HostConfig": {"Tmpfs": {"/proc/sys": "rw"}}},
            {"Image": "shop", "Volumes": {"/": {}}},
        ],
        "compose": [
            "services: {web: {image: shop, tmpfs: ['/dev:dev,suid,exec']}}",
            "services: {web: {image: shop, volumes: ['data:/proc']}}\nvolumes: {data: }",
            "services: {web: {image: shop, volumes: [{type: volume, target: /srv/..//sys/}]}}",
            "services: {web: {image: shop, volumes: ['./fake:/proc']}}",
            "services: {web: {image: shop, volumes: ['./fake:/proc/self/attr', './dev:/dev:ro']}}",
            "services: {web: {image: shop, volumes: [{type: image, source: shop, target: /proc}]}}",
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
            "services: {web: {image: shop, volumes: ['/sys/fs/cgroup:/sys/fs/cgroup:ro', '/dev/null:/proc/keys']}}",
            "services: {web: {image: shop, volumes: ['/var/lib/lxcfs/proc/meminfo:/proc/meminfo:ro']}}",
        ],
        "container": {},
    },
    unclear={
        "docker run": "docker run --volumes-from db shop",
        "compose": "services: {web: {image: shop, volumes: ['data:${WHERE}']}}",
    },
)

_KERNELS = ("/proc", "/sys")
_ITS_OWN_LIMITS = (
    *(f"/proc/{name}" for name in "cpuinfo diskstats loadavg meminfo slabinfo stat swaps uptime".split()),
    "/sys/devices/system/cpu",
)
"""The runtime itself lets them be mounted over. Source: runc, libcontainer/rootfs_linux.go, checkProcMount; lxcfs."""


@control.judge
def mount_targets(unit: Unit) -> Judgement:
    faults = (
        Fault(f"{mount.kind} {mount.source}".rstrip() + f" at {mount.target}", mount.declared_at)
        for container in unit.containers
        for mount in container.mounts
        if is_over_the_kernels(mount) and not _shows_kernels(mount)
    )
    judged = judge_faults(faults, good="nothing is mounted over /proc, /sys or /dev", source=unit.source)
    return as_far_as_told(judged, unit, "mounts")


def is_over_the_kernels(mount: Mount) -> bool:
    target = plain_path("/" + mount.target)
    if _is_below(target, _ITS_OWN_LIMITS):
        return mount.kind is not MountKind.BIND
    return target in ("/", "/dev") or _is_below(target, _KERNELS)


def _shows_kernels(mount: Mount) -> bool:
    """A bind of what the kernel shows the host: other controls judge it."""
    return mount.kind is MountKind.BIND and _is_below(host_path(mount), (*_KERNELS, "/dev"))


def _is_below(path: str, folders: Iterable[str]) -> bool:
    return any(relation(path, folder) in (Relation.IS, Relation.INSIDE) for folder in folders)
