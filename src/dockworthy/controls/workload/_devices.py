"""Devices of the host: which give the host away, and what a rule of the device cgroup opens."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ...model.field import Set, Source
from ...model.levels import Severity
from ...model.pattern import lazy_pattern
from ...model.workload import Container, Mount
from ._graded import GradedFault
from ._host_paths import Relation, host_path, real_path, relation

_POWERFUL: tuple[tuple[str, str], ...] = (
    (
        "a disk of the host, under its file system",
        "sd* hd* vd* xvd* nvme* mmcblk* md* dm-* mapper disk loop* zd* nbd* rbd* bcache* ram* sr* sg* bsg raw ng*",
    ),
    ("the memory of the host", "mem kmem port crash cpu/*/msr"),
    ("the log of the host's kernel", "kmsg"),
    ("direct memory access", "vfio iommu"),
    ("keyboard, mouse and consoles of the host", "uinput uhid input console tty[0-9]* vcs* hidraw*"),
    ("the firmware and the keys of the host", "mtd* nvram tpm* tpmrm*"),
)
"""What a device below /dev gives, and the names of such devices."""

_NO_DEVICE = frozenset("null zero full random urandom tty ptmx log".split())
"""Every container has these, or they are none."""

_OFTEN_NEEDED = ("fuse", "net/tun", "dri", "snd", "nvidia*", "kfd")
"""They give no power over the host by themselves; a fault in their driver is a fault of the kernel."""


class Handed(Struct, frozen=True):
    """A device in a container: by `--device`, or as a mount of its file."""

    path: str
    permissions: str
    source: Source


def devices_of(container: Container) -> Iterator[Handed]:
    for device in container.devices:
        yield Handed(real_path(device.host_path), device.permissions or "rwm", device.declared_at)
    for mount in container.mounts:
        if _is_device(mount):
            yield Handed(host_path(mount), "r" if mount.read_only else "rw", mount.declared_at)


def _is_device(mount: Mount) -> bool:
    """/dev as a whole, and folders that are no devices (/dev/shm), are a matter of the host's mounts."""
    path = host_path(mount)
    return path.startswith("/dev/") and path.split("/")[2] not in ("shm", "pts", "mqueue", "hugepages")


def power_of(path: str) -> str:
    """What the device gives over the host; `""` where it gives none."""
    for gives, names in _POWERFUL:
        if any(relation(path, f"/dev/{name}") is not None for name in names.split()):
            return gives
    return ""


def ordinary_fault(handed: Handed) -> GradedFault | None:
    """A device that gives no power over the host, and still is the host's."""
    if power_of(handed.path) or handed.path.removeprefix("/dev/") in _NO_DEVICE:
        return None
    needed = any(relation(handed.path, f"/dev/{name}") in (Relation.IS, Relation.INSIDE) for name in _OFTEN_NEEDED)
    says = f"{handed.path} of the host ({handed.permissions})"
    return GradedFault(says, handed.source, Severity.LOW if needed else Severity.MEDIUM)


_RULE = lazy_pattern(r"([abc])\s+(\d+|\*):(\d+|\*)\s+([rwm]+)")
_MEMORY_DEVICES = "1"
_CONSOLES = frozenset("4 5 7 13 29".split())  # tty, console, vcs, input, framebuffer; linux devices.txt
_HARMLESS_MINORS = frozenset("3 5 7 8 9".split())  # null, zero, full, random, urandom


def rule_opens(rule: str) -> str:
    """What a rule of the device cgroup (`c 189:* rmw`) opens of the host; `""` where it is a narrow one."""
    match = _RULE.fullmatch(rule.strip())
    if match is None:
        return "what its form does not tell"
    kind, major, minor, access = match.groups()
    if not {"r", "w"} & set(access):
        return ""
    if kind == "a":
        return "every device of the host"
    if kind == "b":
        return "disks of the host"
    if major == "*":
        return "every character device of the host, its memory among them"
    if major == _MEMORY_DEVICES and minor not in _HARMLESS_MINORS:
        return "the memory of the host"
    return "consoles and input devices of the host" if major in _CONSOLES and (major, minor) != ("5", "2") else ""


def rules_of(container: Container) -> Iterator[tuple[str, Source]]:
    rules = container.device_rules
    if isinstance(rules, Set):
        for rule in rules.value:
            yield rule, rules.source


def has_all_devices(container: Container) -> bool:
    """A privileged container has them all, whatever else is written: that is one fault, and it is another control's."""
    return isinstance(container.privileged, Set) and container.privileged.value
