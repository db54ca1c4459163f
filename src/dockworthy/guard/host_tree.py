"""The host's files as the kernel tells them apart: by file system and path there, so that two paths of one folder
(a bind mount of the host's own) are the same folder.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ..input_files import is_inside
from ..model.host import MountPoint
from ..model.host_paths import plain_path

_ENDS = ("/", "")
"""Where a way up ends: the root of a mount need not begin with a slash."""
_RECURSIVE_SINCE = (5, 12)
"""The kernel that makes a mount read-only together with what is mounted below it: mount_setattr(2)."""


class Place(NamedTuple):
    """A file or folder: its file system (`major:minor`), and its path there."""

    device: str
    path: str

    @property
    def folders(self) -> tuple[Place, ...]:
        """Those that it lies in."""
        found, path = [], self.path
        while path not in _ENDS:
            path = posixpath.dirname(path)
            found.append(Place(self.device, path))
        return tuple(found)


class HostTree:
    """What is mounted where. Without any mounts all is one file system."""

    def __init__(self, mounts: Iterable[MountPoint] = (), *, recursive: bool = True) -> None:
        """`mounts` in the order in which they were made, those of containers left out. `recursive`: can the kernel make
        what is mounted below a read-only bind read-only, too?"""
        self.recursive = recursive
        self._mounts = {mount.target: mount for mount in mounts}
        self._decides: dict[str, frozenset[Place]] = {}
        self._covers: dict[tuple[str, ...], Cover] = {}

    def mount_of(self, path: str) -> MountPoint | None:
        """The mount that an absolute path without links is on."""
        top = path
        while top not in _ENDS and top not in self._mounts:
            top = posixpath.dirname(top)
        return self._mounts.get(top)

    def place(self, path: str) -> Place:
        """What lies at an absolute path without links, under all that is mounted there."""
        mount = self.mount_of(path)
        if mount is None:
            return Place("", path)
        return Place(mount.device, _below(mount, path))

    def names_of(self, place: Place) -> Iterator[tuple[MountPoint | None, str]]:
        """Every path of the host that shows `place` or something in it, with the mount that it is on. A path that
        another mount covers shows nothing of it."""
        if not place.device:
            yield None, place.path
            return
        for mount in self._mounts.values():
            if mount.device != place.device:
                continue
            if is_inside(mount.root, place.path):
                yield mount, mount.target
            elif is_inside(place.path, mount.root):
                path = _joined(mount.target, place.path[len(mount.root.rstrip("/")) :].strip("/"))
                if self.mount_of(path) is mount:
                    yield mount, path

    def ways(self, path: str) -> tuple[Place, ...]:
        """Each name on the way to `path`, the last one too, as an entry of its folder."""
        found = []
        mount = self.mount_of(posixpath.dirname(path))
        while path not in _ENDS:
            above = posixpath.dirname(path)
            if mount is None:
                found.append(Place("", path))
            else:
                found.append(Place(mount.device, _below(mount, path)))
                if above == mount.target and above not in _ENDS:
                    mount = self.mount_of(posixpath.dirname(above))
            path = above
        return tuple(found)

    def decides(self, path: str) -> frozenset[Place]:
        """Folders on the way to `path`: who writes in one of them, or below a mount of it, can put another file, or a
        link, in the place of what `path` leads to."""
        if path not in self._decides:
            found: set[Place] = set()
            for device, entry in self.ways(path):
                while entry not in _ENDS:
                    folder = Place(device, posixpath.dirname(entry))
                    if folder in found:  # and so are those above it
                        break
                    found.add(folder)
                    entry = folder.path
            self._decides[path] = frozenset(found)
        return self._decides[path]

    def mounted_below(self, path: str) -> tuple[MountPoint, ...]:
        below = path.rstrip("/") + "/"
        return tuple(mount for mount in self._mounts.values() if mount.target.startswith(below) and mount.target != "/")

    def reached(self, path: str) -> tuple[Place, ...]:
        """The tops of all that a mount of `path` shows: what lies there, and what is mounted below it."""
        return (self.place(path), *(Place(mount.device, mount.root) for mount in self.mounted_below(path)))

    def cover(self, paths: tuple[str, ...]) -> Cover:
        if paths not in self._covers:
            self._covers[paths] = Cover(self, paths)
        return self._covers[paths]


class Cover:
    """Paths that are not to be shown by a mount."""

    def __init__(self, tree: HostTree, paths: Iterable[str]) -> None:
        self._tree = tree
        self._whole: dict[Place, str] = {}
        self._shown: dict[Place, str] = {}
        for path in paths:
            place = tree.place(path)
            self._whole.setdefault(place, path)
            for end in (place, *tree.ways(path)):
                for above in (end, *end.folders):
                    self._shown.setdefault(above, path)

    def met(self, path: str) -> str:
        """The one of which a mount of `path` shows all, or a folder on the way to it, or in which it lies; or `""`."""
        place = self._tree.place(path)
        inside = (self._whole.get(above) for above in (place, *place.folders))
        shown = (self._shown.get(top) for top in self._tree.reached(path))
        return next((found for found in (*inside, *shown) if found), "")


def host_tree() -> HostTree:
    """The tree of this machine, as it is mounted now."""
    from ..facts.host.mounts import read_mounts  # facts of the host: most requests mount nothing of it
    from ..facts.host.root import Root
    from ..model.field import Set

    found = read_mounts(Root(Path("/")))
    return HostTree(found.value if isinstance(found, Set) else (), recursive=_kernel() >= _RECURSIVE_SINCE)


def _kernel() -> tuple[int, ...]:
    numbers = os.uname().release.split("-")[0].split(".")[:2]
    return tuple(int(number) for number in numbers if number.isdigit())


def spellings(path: str, real: Callable[[str], str] = os.path.realpath) -> Iterator[str]:
    """The path as it is written, and where its links lead now: what was mounted then may be either."""
    yield plain_path(path)
    led = real(path)
    if led != plain_path(path):
        yield led


def _below(mount: MountPoint, path: str) -> str:
    """`path`, which is on `mount`, as its file system has it."""
    rest = path if mount.target == "/" else path[len(mount.target) :]
    return _joined(mount.root, rest.strip("/"))


def _joined(top: str, rest: str) -> str:
    return posixpath.join(top, rest) if rest else top
