"""Its file systems and disks. Sizes in bytes."""

from __future__ import annotations

from msgspec import Struct


class MountPoint(Struct, frozen=True):
    """A line of /proc/self/mountinfo. `device` is `major:minor`."""

    target: str
    root: str
    fstype: str
    device: str
    source: str
    options: tuple[str, ...]


class Storage(Struct, frozen=True, omit_defaults=True):
    """Where the engine keeps its data, and the room there. `ftype` of an xfs: None where it can't be told."""

    path: str
    mount: str
    fstype: str
    own_filesystem: bool
    size: int
    free: int
    inodes: int
    inodes_free: int
    options: tuple[str, ...] = ()
    ftype: bool | None = None
    errors: int | None = None
    """Errors that the file system has recorded in itself (ext4 counts them)."""


class DiskReading(Struct, frozen=True):
    """The room where the engine keeps its data, at one moment (RFC 3339)."""

    at: str
    mount: str
    size: int
    free: int


class Disk(Struct, frozen=True, omit_defaults=True):
    """A block device and what the kernel knows of its health: I/O errors counted, RAID state, `rotational`."""

    name: str
    size: int
    model: str = ""
    read_only: bool = False
    io_errors: int | None = None
    state: str = ""
    rotational: bool = False
