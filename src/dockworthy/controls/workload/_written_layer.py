"""What was written into a container's own layer, over the image: paths that say something, and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from ...model.field import Set
from ...model.pattern import lazy_pattern
from ...model.workload import Container

_PASSING = (
    "/tmp /run /dev /proc /sys /var/tmp /var/run /var/lock /var/cache /var/log /var/lib/apt/lists /root/.cache /.cache"
).split()
"""What programs write while they run and nobody misses."""

_ENGINES_OWN = frozenset("/etc/hosts /etc/hostname /etc/resolv.conf /etc/mtab /.dockerenv".split())
_INIT = frozenset(("/sbin/docker-init", "/usr/sbin/docker-init"))
"""Where an engine mounts its own init (`init: true`); the image's /sbin may be a link."""
_CACHE = lazy_pattern(r"/__pycache__(?:/|\Z)|\.pyc\Z|/\.[a-z]+_history\Z|/ld\.so\.cache~?\Z")

_PROGRAMS = lazy_pattern(r"/(?:usr|bin|sbin|lib|lib32|lib64|opt|boot)(?:/|\Z)|/root/\.ssh(?:/|\Z)")
_SETTINGS = lazy_pattern(r"/etc(?:/|\Z)")

_PACKAGE_DATABASES = lazy_pattern(
    r"/var/lib/dpkg/(?:status|info/)|/var/lib/rpm/|/usr/(?:lib/sysimage|share)/rpm/|/(?:usr/)?lib/apk/db/|/var/lib/pacman/local/"
    r"|/python3[^/]*/(?:site|dist)-packages/[^/]+\.(?:dist|egg)-info(?:/|\Z)|/lib/node_modules/[^/]+(?:/package\.json)?\Z"
    r"|/gems/[^/]*/?specifications/"
)
_BY_PACKAGES = lazy_pattern(
    r"/(?:usr|bin|sbin|lib|lib32|lib64|etc|boot)(?:/|\Z)|/var/lib/(?:dpkg|apt|rpm|pacman)(?:/|\Z)|/gems/"
)


class LayerChangeKind(StrEnum):
    PROGRAM = "program"
    SETTING = "setting"
    OTHER = "other"


class LayerChange(NamedTuple):
    """`how` is A (added), C (changed) or D (deleted)."""

    how: str
    path: str

    @property
    def says(self) -> str:
        return f"{self.path} was {'added' if self.how == 'A' else 'deleted' if self.how == 'D' else 'changed'}"

    @property
    def kind(self) -> LayerChangeKind:
        if _PROGRAMS.match(self.path):
            return LayerChangeKind.PROGRAM
        return LayerChangeKind.SETTING if _SETTINGS.match(self.path) else LayerChangeKind.OTHER

    @property
    def is_package_database(self) -> bool:
        return _PACKAGE_DATABASES.search(self.path) is not None

    @property
    def is_by_packages(self) -> bool:
        """Could a package manager have written it?"""
        return _BY_PACKAGES.search(self.path) is not None


def telling_changes(container: Container, written: Sequence[str]) -> list[LayerChange]:
    """Without folders that are listed for what is in them, places that are written in passing, and mount points."""
    changes = [LayerChange(how, path) for how, _, path in (entry.partition(" ") for entry in written) if path]
    parents = {parent for change in changes for parent in _parents(change.path)}
    targets = [mount.target.rstrip("/") for mount in container.mounts]
    passing = tuple(f"{folder}/" for folder in (*_PASSING, *targets) if folder)
    mount_points = {point for target in targets for point in (target, *_parents(target))}
    if isinstance(container.init, Set) and container.init.value:
        mount_points |= _INIT
    return [
        change
        for change in changes
        if change.path not in parents
        and change.path not in mount_points
        and change.path not in _ENGINES_OWN
        and not f"{change.path}/".startswith(passing)
        and not _CACHE.search(change.path)
    ]


def _parents(path: str) -> list[str]:
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[:count]) for count in range(1, len(parts))]
