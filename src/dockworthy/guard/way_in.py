"""Who on the host can enter a folder that a container may write.

Root in a container is the host's root for the files of its writable binds. It can make a setuid program there, or a
node of the host's disk, and a person with an account on the host runs or opens it and is root. That needs two things on
the host: a mount without `nosuid,nodev`, and folders that the person can enter, all the way down. So one shut folder
above the source is enough. The source itself does not count: the container owns it, and can open it with chmod. A
container whose source lies in a shut folder does not notice: the engine mounts the source past the folders above it.

Sources: path_resolution(7), mount(8), acl(5).
"""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import PurePosixPath

from msgspec import Struct

from .host_tree import HostTree
from .path_lookups import LookedUpFiles

_OF_THE_SYSTEM = frozenset(
    "/ /boot /dev /etc /home /lib /lib64 /media /mnt /opt /proc /run /sbin /srv /sys /tmp /usr /usr/lib /usr/local"
    " /usr/share /var /var/cache /var/lib /var/log /var/mail /var/opt /var/spool /var/tmp /var/www".split()
)
"""Folders that programs and people enter: to shut one of these would break the host."""
_MODES_MAY_NOT_COUNT = ("fuse", "9p", "cifs", "smb")
"""File systems, by how their names begin, that may let people in whatever the mode of a folder says."""


class WayIn(Struct, frozen=True, kw_only=True):
    """`folder` is the last one that anybody enters on the way to what the container writes; `closing` the command that
    shuts it, `""` where it is one of the system's own, which stays open."""

    folder: str
    closing: str

    def remedy(self, path: str) -> str:
        """`path` is what the container would write."""
        flags = "mount its file system with nosuid,nodev"
        if self.closing:
            return f"`{self.closing}` on the host, which containers do not notice, or {flags}, or bind it read-only"
        below = str(PurePosixPath(path) / "data")
        return f"bind {below} after `chmod go-x {shlex.quote(path)}` on the host, or {flags}, or bind it read-only"


def way_in(path: str, tree: HostTree, files: LookedUpFiles | None = None) -> WayIn | None:
    """None where nobody but root, and root's group, reaches what lies at `path`, or where setuid programs and devices
    count for nothing. A path that is not there yet is one that the engine makes, for everybody to enter."""
    files = files or LookedUpFiles()
    real = files.real(path)
    if not _holds_files(real, files):
        return None
    for top in tree.reached(real):
        for mount, name in tree.names_of(top):
            if mount is not None and {"nosuid", "nodev"} <= set(mount.options):
                continue
            found = _open_above(name, tree, files)
            if found is not None:
                return found
    return None


def _holds_files(path: str, files: LookedUpFiles) -> bool:
    """A socket or a device is no program, and stays what it is."""
    try:
        mode = files.entry(path)[0].st_mode
    except OSError:
        return True
    return stat.S_ISDIR(mode) or stat.S_ISREG(mode)


def _open_above(path: str, tree: HostTree, files: LookedUpFiles) -> WayIn | None:
    folder, closing = "/", ""
    for above in reversed(PurePosixPath(path).parents):
        try:
            seen, _ = files.entry(str(above))
        except FileNotFoundError:
            break
        except OSError:
            continue
        folder = str(above)
        if _is_shut(folder, seen, tree, files):
            return None
        closing = _closing(folder, seen, files)
    return WayIn(folder=folder, closing=closing)


def _is_shut(folder: str, seen: os.stat_result, tree: HostTree, files: LookedUpFiles) -> bool:
    """Can root alone enter it? The owner of a folder opens it when they like. With an access list the bits of the mode
    do not tell who gets in, so such a folder counts as open."""
    if seen.st_uid != 0 or seen.st_mode & stat.S_IXOTH or (seen.st_mode & stat.S_IXGRP and seen.st_gid != 0):
        return False
    mount = tree.mount_of(folder)
    return stat.S_ISDIR(seen.st_mode) and not (
        files.has_access_list(folder) or (mount is not None and mount.fstype.startswith(_MODES_MAY_NOT_COUNT))
    )


def _closing(folder: str, seen: os.stat_result, files: LookedUpFiles) -> str:
    if folder in _OF_THE_SYSTEM:
        return ""
    name = shlex.quote(folder)
    by_group = seen.st_mode & stat.S_IXGRP and seen.st_gid != 0
    steps = [
        f"chown root {name}" if seen.st_uid else "",
        f"setfacl -b {name}" if files.has_access_list(folder) else "",
        f"chmod {'go-x' if by_group or files.has_access_list(folder) else 'o-x'} {name}",
    ]
    return " && ".join(step for step in steps if step)
