"""The host's files as the kernel tells them apart: by file system and path there, so that two paths of one folder
(a bind mount of the host's own) are the same folder.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from ..model.host import MountPoint

_RECURSIVE_SINCE = (5, 12)
"""The kernel that makes a mount read-only together with what is mounted below it: mount_setattr(2)."""


class Place(Struct, frozen=True):
    """A file or folder: its file system (`major:minor`), and its path there."""

    device: str
    path: str

    def holds(self, other: Place) -> bool:
        """Does `other` lie below it?"""
        return self.device == other.device and self != other and _rest(other.path, self.path) is not None


class HostTree(Struct, frozen=True):
    """`mounts` in the order in which they were made, those of containers left out. Without any, all is one file
    system."""

    mounts: tuple[MountPoint, ...] = ()
    recursive: bool = True

    def place(self, path: str) -> Place:
        """Of an absolute path: what lies there, under all that is mounted at it."""
        best: MountPoint | None = None
        for mount in self.mounts:
            if _rest(path, mount.target) is not None and (best is None or len(mount.target) >= len(best.target)):
                best = mount
        if best is None:
            return Place("", path)
        return Place(best.device, _joined(best.root, _rest(path, best.target) or ""))

    def ways(self, path: str) -> tuple[Place, ...]:
        """Each name on the way to `path`, the last one too, as an entry of its folder: who may write above one of them
        can put another file, or a link, in its place."""
        found = []
        while path != "/":
            above, name = posixpath.split(path)
            folder = self.place(above)
            found.append(Place(folder.device, _joined(folder.path, name)))
            path = above
        return tuple(found)

    def mounted_below(self, path: str) -> tuple[MountPoint, ...]:
        return tuple(mount for mount in self.mounts if mount.target != path and _rest(mount.target, path) is not None)

    def reached(self, path: str) -> tuple[Place, ...]:
        """The tops of all that a mount of `path` shows: what lies there, and what is mounted below it."""
        return (self.place(path), *(Place(mount.device, mount.root) for mount in self.mounted_below(path)))

    def can_replace(self, written: str, path: str, *, below_only: bool = False) -> bool:
        """May who writes below `written`, or only in what is mounted below it, put something else where the way to
        `path` leads?"""
        tops = self.reached(written)[1 if below_only else 0 :]
        return any(top.holds(entry) for entry in self.ways(path) for top in tops)

    def meet(self, path: str, other: str) -> bool:
        """Does a mount of `path` show `other` or a folder on the way to it, or lie in it?"""
        whole = self.place(other)
        ends = (*self.ways(other), whole)
        shown = any(top == end or top.holds(end) for top in self.reached(path) for end in ends)
        return shown or whole.holds(self.place(path))


def host_tree() -> HostTree:
    """Of this machine, now."""
    from ..facts.host.mounts import read_mounts  # facts of the host: most requests mount nothing of it
    from ..facts.host.root import Root
    from ..model.field import Set

    found = read_mounts(Root(Path("/")))
    return HostTree(found.value if isinstance(found, Set) else (), _kernel() >= _RECURSIVE_SINCE)


def _kernel() -> tuple[int, ...]:
    numbers = os.uname().release.split("-")[0].split(".")[:2]
    return tuple(int(number) for number in numbers if number.isdigit())


def plain(path: str) -> str:
    """Without `.`, `..` and doubled slashes."""
    return "/" + posixpath.normpath(path).lstrip("/")


def spellings(path: str) -> Iterator[str]:
    """As it is written, and where its links lead now: what was mounted then may be either."""
    yield plain(path)
    real = os.path.realpath(path)
    if real != plain(path):
        yield real


def _rest(path: str, top: str) -> str | None:
    """The part of `path` below `top`; None where it is not below."""
    if top == "/":
        return path[1:]
    if path == top:
        return ""
    return path[len(top) + 1 :] if path.startswith(top + "/") else None


def _joined(top: str, rest: str) -> str:
    return posixpath.join(top, rest) if rest else top


__all__ = ["HostTree", "Place", "host_tree", "plain", "spellings"]
