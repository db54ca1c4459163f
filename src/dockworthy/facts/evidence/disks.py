"""Which whole disks a path lies on: partitions, LVM, RAID and encryption taken off."""

from __future__ import annotations

from collections.abc import Sequence

from ...model.host import MountPoint
from ..host.mounts import mount_of
from ..host.root import Root, clean

_ELSEWHERE = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "fuse.rclone", "fuse.s3fs", "ceph", "glusterfs",
              "fuse.glusterfs", "9p", "davfs", "fuse.davfs", "beegfs", "lustre", "afs")  # fmt: skip
_DEEPEST = 8


def is_elsewhere(root: Root, mounts: Sequence[MountPoint], path: str) -> bool:
    """Does the path lie on another host's file system?"""
    mount = mount_of(mounts, root.identity(path))
    return mount is not None and mount.fstype in _ELSEWHERE


def disks_of(root: Root, mounts: Sequence[MountPoint], path: str) -> tuple[str, ...]:
    """Names of whole disks (`sda`), of a pool (`zfs tank`), or the device's number where neither is told; sorted."""
    mount = mount_of(mounts, root.identity(path))
    if mount is None:
        return ()
    if mount.fstype == "zfs":
        return (f"zfs {clean(mount.source).split('/', 1)[0]}",)
    folder = root.identity(f"/sys/dev/block/{mount.device}")
    if mount.source.startswith("/dev/") and not root.exists(folder):  # btrfs shows numbers that no disk has
        name = root.identity(mount.source).rsplit("/", 1)[-1]
        folder = root.identity(f"/sys/class/block/{name}")
    if not root.exists(folder):
        return (f"device {mount.device}",)
    return tuple(sorted(_whole(root, folder, 0)))


def _whole(root: Root, folder: str, depth: int) -> set[str]:
    """`/sys/devices/…/sda/sda1` -> {`sda`}; of a mapped device the disks below."""
    if root.exists(f"{folder}/partition"):
        folder = folder.rsplit("/", 1)[0]
    below = root.names_or_none(f"{folder}/slaves") if depth < _DEEPEST else []
    if not below:
        return {clean(folder.rsplit("/", 1)[-1])}
    return {disk for name in below for disk in _whole(root, root.identity(f"{folder}/slaves/{name}"), depth + 1)}
