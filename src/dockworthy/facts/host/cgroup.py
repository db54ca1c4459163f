"""Control groups: the version in use and the controllers there are."""

from __future__ import annotations

from ...model.field import Field, Source, Unknown
from ...model.host import Cgroup
from .mounts import parse_mountinfo
from .reading import measured
from .root import Root

_TOP = "/sys/fs/cgroup"


def read_cgroup(root: Root) -> Field[Cgroup]:
    """Version 2 where the unified tree stands alone; a hybrid (0) has version 1 with an empty unified tree aside."""
    unified = root.word(f"{_TOP}/cgroup.controllers")
    if root.exists(f"{_TOP}/cgroup.controllers"):
        return measured(Cgroup(2, tuple(unified.split())), f"{_TOP}/cgroup.controllers")
    mounts = parse_mountinfo(root.word("/proc/1/mountinfo") or root.word("/proc/self/mountinfo"))
    types = {mount.fstype for mount in mounts if mount.target.startswith(_TOP)}
    if "cgroup" not in types:
        return Unknown("no control groups are mounted where they should be", source=Source(_TOP))
    controllers = _version_1_controllers(root.read("/proc/cgroups"))
    return measured(Cgroup(0 if "cgroup2" in types else 1, controllers), "/proc/cgroups")


def _version_1_controllers(table: str) -> tuple[str, ...]:
    """/proc/cgroups: name, hierarchy, number of groups, enabled. Those in no hierarchy of version 1 are in none."""
    rows = (line.split() for line in table.splitlines() if not line.startswith("#"))
    return tuple(row[0] for row in rows if len(row) == 4 and row[3] == "1" and row[1] != "0")
