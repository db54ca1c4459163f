"""Image layers and containers' writes stand on the storage driver: overlay2, or the overlayfs snapshotter after it."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, cis
from ...model.field import Set, Source, Unknown
from ...model.finding import Judgement, Remedy, failed, passed, unknown
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import both, engine_says, not_seen, on_host

_ABOUT = "engine"
_OVERLAY = ("overlay2", "overlayfs")
_FIT = ("extfs", "ext4", "xfs", "btrfs")
_UNFIT = {
    "tmpfs": "is memory: all images and containers are gone after a reboot",
    "ramfs": "is memory: all images and containers are gone after a reboot",
    "nfs": "is a network file system, on which overlay does not work",
    "cifs": "is a network file system, on which overlay does not work",
    "overlayfs": "is itself an overlay, on which overlay does not work",
    "overlay": "is itself an overlay, on which overlay does not work",
    "ecryptfs": "does not carry an overlay",
}
_DRIVERS = {
    "vfs": "vfs copies every layer whole for every container: slow, and it fills the disk",
    "devicemapper": "devicemapper was removed in engine 25.0; on loop devices it lost data",
    "aufs": "aufs was removed in engine 24.0 and is in no kernel",
    "overlay": "overlay was removed in engine 24.0 and ran out of inodes",
    "btrfs": "btrfs works on btrfs only, and is not the engine's maintained path",
    "zfs": "zfs works on ZFS only, and is not the engine's maintained path",
}


def _seen(driver: str, backing: str = "extfs", d_type: str = "true", fstype: str = "ext4") -> dict[str, Any]:
    status = [["Backing Filesystem", backing], ["Supports d_type", d_type]]
    storage = {
        "path": "/var/lib/docker", "mount": "/var/lib/docker", "fstype": fstype, "own_filesystem": True,
        "size": 100, "free": 60, "inodes": 100, "inodes_free": 60,
    }  # fmt: skip
    return both(engine_says(Driver=driver, DriverStatus=status), on_host(storage=storage))


_SNAPSHOTTER = both(
    _seen("overlayfs"),
    engine_says(Driver="overlayfs", DriverStatus=[["driver-type", "io.containerd.snapshotter.v1"]]),
)

control = Control(
    id="engine/storage-driver",
    title="The storage driver is overlay2, or its successor, on a fit file system",
    fault="The storage driver or its file system is unfit for production",
    rationale="Every image layer and every write of a container goes through the storage driver. The others were "
    "removed from the engine, copy whole images, or lost data.",
    level=Level.BASELINE,
    severity=Severity.HIGH,
    demand="5.storage-driver",
    also_for=("7.foundation",),
    subject=Subject.MACHINE,
    references=(cis("1.6.0", "2.6"), cis("1.8.0", "2.6"), cis("1.8.0", "2.7")),
    remedy=Remedy(
        'Save volumes and images, set `"storage-driver": "overlay2"` on ext4 or on xfs made with ftype=1, restart, '
        "pull or load the images again.",
        "restart of the engine; images and containers of the old driver are not seen any more, volumes stay",
    ),
    check_yourself="docker info -f '{{.Driver}} {{.DriverStatus}}'",
    bad={
        "snapshot": [
            _seen("vfs"),
            _seen("devicemapper"),
            _seen("aufs"),
            _seen("fuse-overlayfs"),
            _seen("overlay2", "xfs", "false", "xfs"),
            _seen("overlay2", "tmpfs", "true", "tmpfs"),
        ]
    },
    good={"snapshot": [_seen("overlay2"), _seen("overlay2", "xfs", "true", "xfs"), _SNAPSHOTTER]},
    unclear={"snapshot": [{"engine": {"info": not_seen()}}, _seen("overlay2", "f2fs", "true", "f2fs")]},
)


@control.judge
def storage_driver(machine: Machine) -> Judgement:
    driver = machine.engine.setting("storage-driver")
    if isinstance(driver, Unknown):
        return unknown(driver.reason, driver.source, tell=driver.tell, about=_ABOUT)
    if not isinstance(driver, Set):
        return unknown("the engine did not say which storage driver it uses", driver.source, about=_ABOUT)
    if driver.value in _OVERLAY:
        return _judge_file_system(machine, str(driver.value), driver.source)
    if driver.value == "fuse-overlayfs":
        return _judge_fuse(machine, driver.source)
    why = _DRIVERS.get(str(driver.value))
    if why is None:
        return unknown(f"storage driver {driver.value} is not known", driver.source, about=_ABOUT)
    return failed(why, driver.source, about=_ABOUT)


def _judge_fuse(machine: Machine, source: Source) -> Judgement:
    rootless = machine.engine.setting("rootless")
    if isinstance(rootless, Set) and rootless.value is True:
        return passed("fuse-overlayfs under a rootless engine", source, about=_ABOUT)
    return failed("fuse-overlayfs is for rootless engines only: every access leaves the kernel", source, about=_ABOUT)


def _judge_file_system(machine: Machine, driver: str, source: Source) -> Judgement:
    status = _driver_status(machine)
    storage = machine.host.storage
    on_disk = storage.value.fstype if isinstance(storage, Set) else ""
    backing = status.get("Backing Filesystem", "").lower() or on_disk
    if backing in ("", "<unknown>"):
        return unknown(f"{driver}, but its file system could not be seen", source, about=_ABOUT)
    without_ftype = isinstance(storage, Set) and storage.value.ftype is False
    if status.get("Supports d_type") == "false" or without_ftype:
        return failed(f"{driver} on {backing} without d_type (ftype=0): deleted files come back", source, about=_ABOUT)
    if backing in _UNFIT:
        return failed(f"{driver} on {backing}, which {_UNFIT[backing]}", source, about=_ABOUT)
    if backing not in _FIT:
        return unknown(f"{driver} on {backing}, which Docker's documentation does not name", source, about=_ABOUT)
    return passed(f"{driver} on {on_disk or backing}", source, about=_ABOUT)


def _driver_status(machine: Machine) -> dict[str, str]:
    info = machine.engine.info
    pairs = info.value.get("DriverStatus") if isinstance(info, Set) else None
    if not isinstance(pairs, list):
        return {}
    return {str(pair[0]): str(pair[1]) for pair in pairs if isinstance(pair, list) and len(pair) == 2}
