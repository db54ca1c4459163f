"""Where the engine keeps its data, and the room that is left there."""

from __future__ import annotations

import fcntl
import os
import re
import struct

from ...model.field import Field, Set, Unknown
from ...model.host import MountPoint, Storage
from .elsewhere import Elsewhere
from .mounts import mount_of
from .programs import ProgramFailed
from .reading import measured, number_or
from .root import Root, clean
from .settings import EngineSettings

_XFS_GEOMETRY = 0x80705864  # ioctl XFS_IOC_FSGEOMETRY_V1: _IOR('X', 100, 112 bytes), flags at byte 92
_XFS_GEOMETRY_SIZE = 112
_XFS_FTYPE = 1 << 16


def read_storage(root: Root, settings: EngineSettings, mounts: Field[tuple[MountPoint, ...]]) -> Field[Storage]:
    """The data-root, or its nearest parent that exists, and the file system it is on."""
    if not isinstance(mounts, Set):
        return mounts if isinstance(mounts, Unknown) else Unknown("the mounts can't be read", source=mounts.source)
    if settings.unseen and not settings.written_data_root:
        why = settings.unseen
        return Unknown(f"where the engine stores its data can't be told: {why.reason}", why.tell, why.source)
    wanted = settings.data_root
    path = _nearest(root, root.identity(wanted))
    mount = mount_of(mounts.value, path)
    if mount is None:
        return Unknown(f"no mount holds {clean(path)}", source=mounts.source)
    top = mount_of(mounts.value, "/")
    room = root.room(path)
    storage = Storage(
        path=clean(wanted),
        mount=clean(mount.target),
        fstype=mount.fstype,
        # The engine binds its data-root onto itself: a mount, but no file system of its own.
        own_filesystem=top is None or mount.device != top.device,
        size=room.blocks * room.block,
        free=room.free * room.block,
        inodes=room.inodes,
        inodes_free=room.inodes_free,
        options=mount.options,
        ftype=_xfs_ftype(root, path) if mount.fstype == "xfs" else None,
        errors=_errors(root, mount),
    )
    return measured(storage, mounts.source.where, mount.target)


def _nearest(root: Root, path: str) -> str:
    """The path itself, or the nearest parent that exists."""
    while path != "/" and not root.exists(path):
        path = path.rsplit("/", 1)[0] or "/"
    return path


def _xfs_ftype(root: Root, path: str) -> bool | None:
    """Does this xfs keep the type in directory entries? overlay2 needs it. None where the kernel doesn't tell."""
    if isinstance(root, Elsewhere):
        return _xfs_ftype_there(root, path)
    geometry = bytearray(_XFS_GEOMETRY_SIZE)
    try:
        descriptor = os.open(root.os_path(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.ioctl(descriptor, _XFS_GEOMETRY, geometry)
        finally:
            os.close(descriptor)
    except OSError:
        return None
    (flags,) = struct.unpack_from("=I", geometry, 92)
    return bool(flags & _XFS_FTYPE)


def _xfs_ftype_there(root: Elsewhere, path: str) -> bool | None:
    """The same, as xfs_info(8) tells it; None where it isn't installed."""
    program = root.which("xfs_info")
    if not program:
        return None
    try:
        told = re.search(rb"\bftype=([01])\b", root.ask([program, path]).answer())
    except ProgramFailed:
        return None
    return told[1] == b"1" if told else None


def _errors(root: Root, mount: MountPoint) -> int | None:
    """How many errors the file system has recorded in itself (ext4 counts them)."""
    if mount.fstype != "ext4":
        return None
    device = root.identity(f"/sys/dev/block/{mount.device}").rsplit("/", 1)[-1]
    count = root.word(f"/sys/fs/ext4/{device}/errors_count")
    return number_or(count, 0) if count else None
