"""What the machine has to give: memory, processors, and how busy they are."""

from __future__ import annotations

import math

from ...model.field import Field, Source, Unknown
from ...model.host import Memory
from .reading import measured, number_or
from .root import Root


def read_memory(root: Root) -> Field[Memory]:
    """/proc/meminfo, in bytes."""
    values: dict[str, int] = {}
    for line in root.read("/proc/meminfo").splitlines():
        name, _, rest = line.partition(":")
        values[name] = min(number_or((rest.split() or [""])[0], 0), 1 << 50) * 1024
    if not values.get("MemTotal"):
        return Unknown("/proc/meminfo names no memory", source=Source("/proc/meminfo"))
    return measured(
        Memory(
            total=values["MemTotal"],
            available=values.get("MemAvailable", values.get("MemFree", 0)),
            swap_total=values.get("SwapTotal", 0),
            swap_free=values.get("SwapFree", 0),
        ),
        "/proc/meminfo",
    )


def read_cpus(root: Root) -> Field[int]:
    """Processors that are online: /sys/devices/system/cpu/online (`0-3,8`), else /proc/cpuinfo."""
    path = "/sys/devices/system/cpu/online"
    count = count_ranges(root.word(path))
    if count:
        return measured(count, path)
    lines = root.read("/proc/cpuinfo").splitlines()
    count = sum(1 for line in lines if line.partition(":")[0].strip() == "processor")
    if not count:
        return Unknown("/proc/cpuinfo names no processor", source=Source("/proc/cpuinfo"))
    return measured(count, "/proc/cpuinfo")


def count_ranges(text: str) -> int:
    """`0-3,8` -> 5; 0 for what is no such list."""
    count = 0
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        low, high = number_or(first, -1), number_or(last or first, -1)
        if low < 0 or high < low or high > 1 << 20:
            return 0
        count += high - low + 1
    return count


def read_load(root: Root) -> Field[tuple[float, float, float]]:
    """Mean number of runnable tasks over 1, 5 and 15 minutes."""
    try:
        one, five, fifteen = (float(word) for word in root.read("/proc/loadavg").split()[:3])
    except ValueError:
        return Unknown("/proc/loadavg can't be understood", source=Source("/proc/loadavg"))
    if not all(map(math.isfinite, (one, five, fifteen))):
        return Unknown("/proc/loadavg can't be understood", source=Source("/proc/loadavg"))
    return measured((one, five, fifteen), "/proc/loadavg")
