"""Disks announce their end: I/O errors, arrays that lost a member."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...model.control import Control, Subject
from ...model.field import Field, Set, Source
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.host import Disk, Host
from ...model.levels import Level, Severity
from ..examples import both, not_seen, on_host
from ._fields import not_known

_BAD_STATES = {
    "degraded": "the array has lost a member: the next failure loses the data",
    "inactive": "the array is not running",
    "offline": "the kernel has given this disk up",
    "transport-offline": "the kernel has given this disk up",
    "blocked": "the disk does not answer",
    "dead": "the disk is dead",
}
_MANY_ERRORS = 50
"""A healthy SCSI disk counts a few refused commands as errors."""

_NO_DISKS = ("sr", "fd", "loop", "ram", "zram")


def _disk(**facts: Any) -> dict[str, Any]:
    disk = {"name": "sda", "size": 1 << 40, "model": "EXAMPLE", **facts}
    return on_host(disks=[disk], virtualization="none")


control = Control(
    id="host/disk-health",
    title="The disks are healthy, and no array has lost a member",
    fault="{n} [disk or array has|disks or arrays have] faults",
    rationale="A disk that reports errors, or an array on its last member, is data that will be lost. What stands on "
    "it, containers or not, stands on sand.",
    level=Level.BASELINE,
    severity=Severity.CRITICAL,
    demand="7.foundation",
    subject=Subject.HOST,
    remedy=Remedy(
        "Prove that the backup can be restored, then replace the disk (`mdadm --manage /dev/md0 --replace`).",
        "a rebuild slows the disks down for hours",
    ),
    check_yourself="cat /proc/mdstat; smartctl -H /dev/sda; cat /sys/block/*/device/ioerr_cnt",
    bad={"snapshot": [_disk(io_errors=731), _disk(name="md0", state="degraded"), _disk(state="offline")]},
    good={
        "snapshot": [
            _disk(io_errors=0, state="running"),
            _disk(name="md0", state="clean"),
            _disk(name="nvme0n1", state="live"),
        ]
    },
    unclear={"snapshot": [on_host(disks=not_seen()), _disk(), both(_disk(), on_host(virtualization=not_seen()))]},
)


@control.judge
def disk_health(host: Host) -> Judgement | Iterator[Judgement]:
    disks = host.disks
    if not isinstance(disks, Set):
        return not_known(disks, what="the list of disks")
    real = [disk for disk in disks.value if not disk.name.startswith(_NO_DISKS)]
    if not real:
        return not_applicable("this machine shows no disk of its own", disks.source)
    return (_judge(disk, host.virtualization, disks.source) for disk in real)


def _judge(disk: Disk, machine: Field[str], source: Source) -> Judgement:
    if disk.state in _BAD_STATES:
        return failed(f"{disk.name} is {disk.state}: {_BAD_STATES[disk.state]}", source, about=disk.name)
    if (disk.io_errors or 0) >= _MANY_ERRORS:
        return failed(f"{disk.name} ({disk.model}): {disk.io_errors} I/O errors", source, about=disk.name)
    if disk.io_errors is not None or disk.state:
        told = [disk.state] if disk.state else []
        told += [f"{disk.io_errors} I/O errors"] if disk.io_errors is not None else []
        return passed(f"{disk.name}: {', '.join(told)}", source, about=disk.name)
    if isinstance(machine, Set) and machine.value != "none":
        says = f"{disk.name} is a disk of a virtual machine ({machine.value}): its health is known outside"
        return not_applicable(says, source, about=disk.name)
    return unknown(
        f"{disk.name} tells nothing of its health", source, tell=f"smartctl -H /dev/{disk.name}", about=disk.name
    )
