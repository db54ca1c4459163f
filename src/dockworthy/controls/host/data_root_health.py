"""A file system that has errors, or trades safety for speed, loses data with the next power cut."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, passed
from ...model.host import Host, Storage
from ...model.levels import Level, Severity
from ..examples import not_seen
from ._fields import not_known

_UNSAFE = ("nobarrier", "barrier=0", "data=writeback", "norecovery", "noload")


def _storage(**changed: Any) -> dict[str, Any]:
    return {"host": {"storage": changed}}


control = Control(
    id="host/data-root-health",
    title="The file system of the engine's data is writable, whole, and keeps writes safe",
    fault="The file system of the engine's data is damaged, read-only or loses writes",
    rationale="A kernel that finds errors mounts the file system read-only, or counts and goes on. Write barriers "
    "that are off lose what a database believed to be stored.",
    level=Level.BASELINE,
    severity=Severity.CRITICAL,
    demand="7.foundation",
    subject=Subject.HOST,
    remedy=Remedy(
        "Look at `dmesg` and the disk's own health first and back up; then `fsck` the unmounted file system, replace "
        "the disk where it is ill, and remove unsafe options from /etc/fstab.",
        "all containers stop while the file system is checked",
    ),
    check_yourself="findmnt -T /var/lib/docker -o TARGET,FSTYPE,OPTIONS; dmesg | grep -iE 'ext4|xfs|i/o error'; "
    "cat /sys/fs/ext4/*/errors_count",
    bad={
        "snapshot": [
            _storage(options=["ro", "relatime"]),
            _storage(options=["rw", "nobarrier"]),
            _storage(options=["rw"], errors=3),
        ]
    },
    good={"snapshot": [_storage(options=["rw", "relatime"], errors=0), _storage(options=["rw"])]},
    unclear={"snapshot": {"host": {"storage": not_seen()}}},
)


@control.judge
def data_root_health(host: Host) -> Judgement:
    storage = host.storage
    if not isinstance(storage, Set):
        return not_known(storage, what="the engine's data")
    fault = _fault(storage.value)
    if fault:
        return failed(f"{storage.value.mount} ({storage.value.fstype}): {fault}", storage.source)
    counted = "" if storage.value.errors is None else ", no errors recorded"
    return passed(f"{storage.value.mount} ({storage.value.fstype}) is writable{counted}", storage.source)


def _fault(storage: Storage) -> str:
    if storage.errors:
        return f"it has recorded {storage.errors} errors in itself"
    if "ro" in storage.options:
        return "it is mounted read-only"
    unsafe = [option for option in storage.options if option in _UNSAFE]
    return f"mounted with {', '.join(unsafe)}: a power cut loses what was written" if unsafe else ""
