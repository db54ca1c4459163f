"""Paths of the host: what a mount really leads to, and how two paths lie to each other."""

from __future__ import annotations

import re
from enum import Enum
from fnmatch import fnmatchcase

from ...model.host_paths import plain_path, without_var
from ...model.volume_options import HostFolder, VolumeContent, VolumeKind, is_bind, volume_content
from ...model.workload import Mount, MountKind

_ROOT_OF_PROCESS = re.compile(r"/proc/(?:(?:\d+|self|thread-self)/root|1/cwd)(?=/|\Z)")
"""Leads to the process's own file system, which is the host's for whoever mounts it: the engine."""


class Relation(Enum):
    """How a mounted path lies to a place of the host."""

    HOLDS = "holds"
    IS = "is"
    INSIDE = "inside"


def host_path(mount: Mount) -> str:
    """The path of the host that a mount shows; `""` where it shows none (a volume, a tmpfs)."""
    path = mount.host_path or (mount.source if mount.kind is MountKind.BIND else "")
    return real_path(path) if path.startswith("/") else ""


def content_of(mount: Mount) -> VolumeContent | None:
    """What a volume shows; None for other mounts."""
    return volume_content(mount.driver, mount.options) if mount.kind is MountKind.VOLUME else None


def host_folders(mount: Mount) -> tuple[HostFolder, ...]:
    """Every path of the host that a mount shows: an overlay shows several."""
    content = content_of(mount)
    shown = content.folders if content is not None and content.kind is VolumeKind.HOST else ()
    path = host_path(mount)
    read_only = mount.read_only or any(folder.read_only for folder in shown)
    folders = tuple(HostFolder(real_path(each.path), mount.read_only or each.read_only) for each in shown)
    if not path or len(shown) > 1:
        return folders
    if folders and not mount.options.get("device", "/").startswith("/") and is_bind(mount.options):
        # Some versions of Compose take it from the file's folder, others leave that to the engine, which takes it from /.
        return (HostFolder(path, read_only), *folders)
    return (HostFolder(path, read_only),)  # the reader may know where links lead


def real_path(path: str) -> str:
    """Without `..`, doubled slashes, and the links that are known: the reader resolves others where it sees the host."""
    return without_var(_ROOT_OF_PROCESS.sub("", plain_path(path)) or "/")


def relation(path: str, place: str) -> Relation | None:
    """`place` may hold `*` and `[0-9]` within a part: `/home/*/.ssh`."""
    parts, wanted = _parts(path), _parts(place)
    pairs = zip(parts, wanted, strict=False)
    if not all(part == pattern or fnmatchcase(part, pattern) for part, pattern in pairs):
        return None
    if len(parts) == len(wanted):
        return Relation.IS
    return Relation.HOLDS if len(parts) < len(wanted) else Relation.INSIDE


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def described(mount: Mount) -> str:
    """`/etc of the host, read-only, at /x`."""
    access, path, content = "read-only" if mount.read_only else "writable", host_path(mount), content_of(mount)
    if content is None or (path and content.says == content.folders[0].path):
        return f"{path} of the host, {access}, at {mount.target}"
    named = f" by the volume {mount.source}" if mount.source else ""
    return f"{content.says}{named}, {access}, at {mount.target}"
