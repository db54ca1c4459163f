"""What is mounted, and which file systems the kernel knows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...model.field import Field
from ...model.host import MountPoint
from .reading import measured
from .root import Root

_OCTAL = re.compile(r"\\([0-3][0-7][0-7])")
_LONG_OPTIONS = ("lowerdir=", "upperdir=", "workdir=")  # of each container's overlay: kilobytes that nobody judges


def read_mounts(root: Root) -> Field[tuple[MountPoint, ...]]:
    """The host's mounts (PID 1's, where /proc shows it), in the order in which they were made. Those that an engine
    makes for each container (its layers, its shared memory, its network namespace) are left out."""
    path = "/proc/1/mountinfo" if root.word("/proc/1/mountinfo") else "/proc/self/mountinfo"
    return measured(tuple(m for m in parse_mountinfo(root.read(path)) if not _is_of_a_container(m)), path)


def parse_mountinfo(text: str) -> list[MountPoint]:
    """proc_pid_mountinfo(5). Lines that are odd are left out. Super block options stand after the mount's own."""
    mounts: list[MountPoint] = []
    for line in text.splitlines():
        own, dash, of_filesystem = line.partition(" - ")
        left, right = own.split(" "), of_filesystem.split(" ")
        if not dash or len(left) < 6 or len(right) < 3:
            continue
        options = [*left[5].split(","), *right[2].split(",")]
        mounts.append(
            MountPoint(
                target=_plain(left[4]),
                root=_plain(left[3]),
                fstype=right[0],
                device=left[2],
                source=_plain(right[1]),
                options=tuple(dict.fromkeys(o for o in options if o and not o.startswith(_LONG_OPTIONS))),
            )
        )
    return mounts


def _is_of_a_container(mount: MountPoint) -> bool:
    return (
        mount.fstype == "nsfs"
        or (mount.fstype == "overlay" and mount.target.endswith(("/merged", "/rootfs")))
        or (mount.fstype == "tmpfs" and mount.target.endswith("/mounts/shm"))
    )


def mount_of(mounts: Sequence[MountPoint], path: str) -> MountPoint | None:
    """The mount that a path without links is on: the longest target, and of two on one target the later."""
    best: MountPoint | None = None
    for mount in mounts:
        target = mount.target.rstrip("/")
        holds = path == target or path.startswith(f"{target}/")
        if holds and (best is None or len(mount.target) >= len(best.target)):
            best = mount
    return best


def read_filesystems(root: Root) -> Field[tuple[str, ...]]:
    """The types that the kernel can mount now; a module that isn't loaded is not among them."""
    lines = root.read("/proc/filesystems").splitlines()
    return measured(tuple(line.split()[-1] for line in lines if line.split()), "/proc/filesystems")


def _plain(text: str) -> str:
    r"""The kernel writes space, tab, newline and backslash as `\040`."""
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), text) if "\\" in text else text
