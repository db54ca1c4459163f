"""Where a service must be able to write, from what the engine says that it changed in its own file system."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping

from msgspec import Struct

_ENGINE_WRITES = ("/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/etc/mtab", "/.dockerenv")
_ENGINE_BELOW = ("/dev/", "/proc/", "/sys/", "/run/secrets/")
_LINKS = {"/var/run": "/run", "/var/lock": "/run/lock"}
"""Links that nearly every image has: a mount at the one is seen at the other."""
_NOT_WHOLE = frozenset("/ /bin /boot /etc /home /lib /lib64 /opt /root /sbin /srv /usr /usr/bin /usr/lib /var".split())
"""Folders that an empty file system over them would take the image away from."""


class ChangedPath(Struct, frozen=True):
    """A path that was changed: `kind` is the engine's own number (0 modified, 1 added, 2 deleted)."""

    path: str
    kind: int


class InImage(Struct, frozen=True):
    """A folder as the image has it. `empty`: nothing of the image would be hidden by a mount over it."""

    mode: int
    uid: int
    gid: int
    empty: bool


def own_writes(changes: Iterable[ChangedPath], mounts: Iterable[str]) -> tuple[ChangedPath, ...]:
    """What the service itself wrote: not what the engine put there, nor folders that only hold such."""
    covered = tuple(_linked(mount.rstrip("/")) for mount in mounts)
    real = [change for change in changes if not _by_engine(change.path, covered)]
    holding = {parent for path in (*(c.path for c in real), *covered, *_ENGINE_WRITES) for parent in _parents(path)}
    leaves = [change for change in real if change.path not in holding and change.path != "/run/secrets"]
    above = {parent for leaf in leaves for parent in _parents(leaf.path)}
    made = [change for change in real if change.kind == 1 and change.path in above]
    return tuple(sorted((*leaves, *made), key=lambda change: change.path))


def writable_folders(written: Iterable[ChangedPath]) -> tuple[str, ...]:
    """The folders that must be writable, for `own_writes`: a folder that the service made stands for all in it."""
    written = tuple(written)
    added = {change.path for change in written if change.kind == 1}
    folders: dict[str, None] = {}
    for change in written:
        top = next((parent for parent in reversed(_parents(change.path)) if parent in added), "")
        if not top and change.path in added and _holds_others(change.path, written):
            top = change.path
        folders[top or posixpath.dirname(change.path)] = None
    return _topmost(folders)


def may_be_covered(folder: str, in_image: InImage | None) -> bool:
    """May an empty file system lie there? Not over what the image needs; None: the image has no such folder."""
    return folder not in _NOT_WHOLE and (in_image is None or in_image.empty)


def tmpfs_entry(folder: str, in_image: InImage | None, user: tuple[int, int] | None) -> str:
    """As Compose's short form has it. Mode and owner are the image's; `user` (uid, gid) is whom it must belong to."""
    options = []
    if in_image is not None and in_image.mode != 0o755:
        options.append(f"mode={in_image.mode:o}")
    elif in_image is None or in_image.mode == 0o755:
        options.append("mode=755")
    uid, gid = (in_image.uid, in_image.gid) if in_image is not None else (0, 0)
    open_to_all = in_image is not None and in_image.mode & 0o002
    if user is not None and not open_to_all:
        uid, gid = user
    if (uid, gid) != (0, 0):
        options += [f"uid={uid}", f"gid={gid}"]
    return f"{folder}:{','.join(options)}" if options else folder


def _topmost(folders: Mapping[str, None]) -> tuple[str, ...]:
    return tuple(sorted(each for each in folders if not any(parent in folders for parent in _parents(each))))


def _holds_others(path: str, written: Iterable[ChangedPath]) -> bool:
    return any(change.path.startswith(f"{path}/") for change in written)


def _by_engine(path: str, mounts: tuple[str, ...]) -> bool:
    below_a_mount = any(path == mount or path.startswith(f"{mount}/") for mount in mounts)
    return path in _ENGINE_WRITES or path.startswith(_ENGINE_BELOW) or below_a_mount


def _parents(path: str) -> list[str]:
    """Nearest first, `/` left out."""
    found = []
    while (path := posixpath.dirname(path)) != "/":
        found.append(path)
    return found


def _linked(path: str) -> str:
    for link, real in _LINKS.items():
        if path == link or path.startswith(f"{link}/"):
            return real + path[len(link) :]
    return path
