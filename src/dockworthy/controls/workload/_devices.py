"""Devices of the host: which give the host away, and what a rule of the device cgroup opens."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from ...model.device_rule import ALWAYS_OPEN, devices_behind, read_device_rule
from ...model.field import Set, Source
from ...model.levels import Severity
from ...model.workload import Container, Mount
from ._graded import GradedFault
from ._host_paths import Relation, host_path, real_path, relation

_POWERFUL: tuple[tuple[str, str], ...] = (
    (
        "a disk of the host, under its file system",
        "sd* hd* vd* xvd* nvme* mmcblk* md* dm-* mapper disk loop* zd* nbd* rbd* bcache* ram* sr* sg* bsg raw ng* root"
        " block pmem* dax* drbd* ublk* dasd* zvol cciss ida i2o rssd* skd* etherd ubi* st[0-9]* nst[0-9]*",
    ),
    (
        "a logical volume: a disk of the host, under its file system",
        "vg/* vg[0-9]*/* vg[-_]*/* *vg/* *[-_]vg/* *vg[0-9]*/* volgroup*/* VolGroup*/* pve/* rhel*/* centos*/* fedora*/* rocky*/*"
        " almalinux*/* ol/* ol_*/* system/* debian*/* ubuntu*/*",
    ),
    ("the memory of the host", "mem kmem port crash snapshot cpu/*/msr zram*"),
    ("every device that has a number", "char"),
    ("what the engine itself has open", "fd/* stdin stdout stderr"),
    ("the hypervisor and the machines beside this one", "xen/privcmd xen/hypercall xen/gntdev"),
    ("the log of the host's kernel", "kmsg"),
    ("direct memory access", "vfio iommu"),
    ("keyboard, mouse and consoles of the host", "uinput uhid input console tty[0-9]* hvc[0-9]* fb[0-9]* vcs* hidraw*"),
    ("the firmware and the keys of the host", "mtd* nvram tpm* tpmrm* cpu/microcode"),
)
"""What a device below /dev gives, and the names of such devices."""

_NO_DEVICE = frozenset("null zero full random urandom tty ptmx log".split())
"""Every container has these, or they are none."""

_OFTEN_NEEDED = ("fuse", "net/tun", "dri", "snd", "nvidia*", "kfd")
"""They give no power over the host by themselves; a fault in their driver is a fault of the kernel."""

_CDI_GPU = re.compile(r"/(nvidia|amd|intel)\.com/gpu=.+")
"""A name of the runtime's own, by which files of the host give GPUs, and nothing else."""

_FOLDERS = frozenset(
    "net dri snd bus usb serial v4l dvb infiniband dma_heap accel nvidia-caps nvidia-caps-imex-channels hugepages pts shm"
    " mqueue cpu input vfio xen mapper gpio i2c tee lirc mali cuse".split()
)
"""Folders of /dev in which no disk lies. Any other may be a group of logical volumes: each has one by its name."""


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


def unclear_of(path: str) -> str:
    """Why a path does not tell which device it is; `""` where it does. The engine follows links."""
    if power_of(path) or _CDI_GPU.fullmatch(path):
        return ""
    if not path.startswith("/dev/"):
        return "it lies outside of /dev, and may be a link to any device"
    folder, _, name = path.removeprefix("/dev/").partition("/")
    if name and folder not in _FOLDERS and not folder.startswith("nvidia"):
        return f"{folder} may be a group of logical volumes, and this one of its disks"
    return ""


def ordinary_fault(handed: Handed) -> GradedFault | None:
    """A device that gives no power over the host, and still is the host's."""
    if power_of(handed.path) or handed.path.removeprefix("/dev/") in _NO_DEVICE:
        return None
    needed = any(relation(handed.path, f"/dev/{name}") in (Relation.IS, Relation.INSIDE) for name in _OFTEN_NEEDED)
    says = f"{handed.path} of the host ({handed.permissions})"
    return GradedFault(says, handed.source, Severity.LOW if needed else Severity.MEDIUM)


def rule_opens(text: str) -> str:
    """What a rule of the device cgroup (`c 202:* rw`) opens that gives power over the host; `""` where it opens nothing
    of that kind. By the same names as for devices that are handed over."""
    rule = read_device_rule(text)
    if rule is None:
        return "what its form does not tell"
    if not rule.opens:
        return ""
    if rule.kind == "a":
        return "every device of the host"
    if rule.kind == "b":
        return "disks of the host"
    if rule.major is None:
        return "every character device of the host, its memory among them"
    given = (f"{gives} ({name})" for name in devices_behind(rule) if (gives := power_of(name.partition(" ")[0])))
    return next(given, "")


def rule_opens_more(text: str) -> bool:
    """Does it open a device that not every container has?"""
    rule = read_device_rule(text)
    return rule is None or (rule.opens and not any(each.includes(rule) for each in ALWAYS_OPEN))


def rules_of(container: Container) -> Iterator[tuple[str, Source]]:
    rules = container.device_rules
    if isinstance(rules, Set):
        for rule in rules.value:
            yield rule, rules.source


def has_all_devices(container: Container) -> bool:
    """A privileged container has them all, whatever else is written: that is one fault, and it is another control's."""
    return isinstance(container.privileged, Set) and container.privileged.value
