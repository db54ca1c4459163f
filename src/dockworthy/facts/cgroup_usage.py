"""What running containers really use of what they may, from their control groups: memory, processors, processes.

cgroup v2: memory.current, memory.peak, memory.max, memory.stat, cpu.stat, pids.current, pids.max. cgroup v1: the files
of the same meaning in the hierarchy of each controller."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..model.field import Field, Origin, Set, Source, Unknown
from ..model.workload import ContainerUse
from .host.reading import number_or
from .host.root import Root

_TOP = "/sys/fs/cgroup"
_TICKS = 100.0
"""A second of /proc/PID/stat, on every Linux that is in use."""
_NO_LIMIT = 1 << 60
"""cgroup v1 says "none" with the largest number that fits its pages."""


def read_use(pids: Mapping[str, int], root: Root) -> dict[str, Field[ContainerUse]]:
    """Container id -> its use. `pids` are the containers' first processes, on the host as it counts."""
    uptime = _float(root.word("/proc/uptime").split(" ")[0])
    return {id: _use(root, id, pid, uptime) for id, pid in pids.items()}


def _use(root: Root, id: str, pid: int, uptime: float) -> Set[ContainerUse] | Unknown:
    groups = _groups(root.word(f"/proc/{pid}/cgroup"))
    source = Source(f"/proc/{pid}/cgroup")
    if not any(id in path for path in groups.values()):
        return Unknown("the container has no control group of its own that can be seen", source=source)
    age = _age(root.word(f"/proc/{pid}/stat"), uptime)
    unified = f"{_TOP}{groups.get('', '')}"
    if id in groups.get("", "") and root.exists(f"{unified}/memory.current"):
        return Set(_of_v2(root, unified, age), Source(unified), Origin.MEASURED)
    folders = {name: f"{_TOP}/{name}{path}" for name, path in groups.items() if id in path}
    memory = folders.get("memory", "")
    if not memory or not root.exists(f"{memory}/memory.usage_in_bytes"):
        return Unknown("the container's control group can't be read", source=source)
    return Set(_of_v1(root, folders, age), Source(memory), Origin.MEASURED)


def _groups(text: str) -> dict[str, str]:
    """Controller -> path; `""` is the one hierarchy of cgroup v2."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        found |= dict.fromkeys(controllers.split(","), path)
    return found


def _of_v2(root: Root, folder: str, age: float) -> ContainerUse:
    cpu, memory = _table(root.word(f"{folder}/cpu.stat")), _table(root.word(f"{folder}/memory.stat"))
    current = _count(root, f"{folder}/memory.current") or 0
    return ContainerUse(
        age=age,
        memory=max(current - memory.get("inactive_file", 0), 0),
        memory_peak=_count(root, f"{folder}/memory.peak"),
        memory_limit=_count(root, f"{folder}/memory.max"),
        cpu_seconds=cpu.get("usage_usec", 0) / 1e6,
        periods=cpu.get("nr_periods", 0),
        throttled=cpu.get("nr_throttled", 0),
        pids=_count(root, f"{folder}/pids.current") or 0,
        pids_limit=_count(root, f"{folder}/pids.max"),
    )


def _of_v1(root: Root, folders: Mapping[str, str], age: float) -> ContainerUse:
    memory, cpu, pids = folders["memory"], folders.get("cpu", ""), folders.get("pids", "")
    stat = _table(root.word(f"{cpu}/cpu.stat")) if cpu else {}
    inactive = _table(root.word(f"{memory}/memory.stat")).get("total_inactive_file", 0)
    spent = _count(root, f"{folders['cpuacct']}/cpuacct.usage") if "cpuacct" in folders else 0
    return ContainerUse(
        age=age,
        memory=max((_count(root, f"{memory}/memory.usage_in_bytes") or 0) - inactive, 0),
        memory_peak=_count(root, f"{memory}/memory.max_usage_in_bytes"),
        memory_limit=_count(root, f"{memory}/memory.limit_in_bytes"),
        cpu_seconds=(spent or 0) / 1e9,
        periods=stat.get("nr_periods", 0),
        throttled=stat.get("nr_throttled", 0),
        pids=(_count(root, f"{pids}/pids.current") or 0) if pids else 0,
        pids_limit=_count(root, f"{pids}/pids.max") if pids else None,
    )


def _count(root: Root, path: str) -> int | None:
    """A number; None for `max`, for v1's "no limit", and where the file is not there."""
    value = number_or(root.word(path), -1)
    return value if 0 <= value < _NO_LIMIT else None


def _table(text: str) -> dict[str, int]:
    rows = (line.split() for line in text.splitlines())
    return {row[0]: number_or(row[1], 0) for row in rows if len(row) == 2}


def _age(stat: str, uptime: float) -> float:
    """Seconds since the process started; 0 where that can't be told. (Field 22, after the name in brackets.)"""
    after_name = re.split(r"\)\s+", stat)[-1].split()
    started = number_or(after_name[19], 0) / _TICKS if len(after_name) > 19 else 0.0
    return max(uptime - started, 0.0) if started and uptime else 0.0


def _float(text: str) -> float:
    return float(text) if re.fullmatch(r"\d{1,12}(\.\d{1,6})?", text) else 0.0
