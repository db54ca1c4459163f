"""The options of a proof, and limits with room, from what a service was seen to use."""

from __future__ import annotations

import math

from msgspec import Struct


class Options(Struct, frozen=True, kw_only=True):
    """How to prove. `probes`: `[SERVICE=]URL` or `[SERVICE=]COMMAND`. `start` and `settle` are seconds: how long the
    unchanged service may take to come up, and how long it must then stay so.

    `hand_in`: variables, secrets, configs and paths that are handed in as they are, by name. `copy_limit`: bytes of
    all that is copied. `endpoint`: the engine, "" for the one that docker itself would ask. `pull`: may missing images
    be pulled?
    """

    probes: tuple[str, ...] = ()
    start: float = 120.0
    settle: float = 2.0
    hand_in: frozenset[str] = frozenset()
    copy_limit: int = 256 * 1024 * 1024
    endpoint: str = ""
    pull: bool = False


MIB = 1024 * 1024
_LEAST_MEMORY = 64 * MIB
_STEP = 16 * MIB
_LEAST_PIDS = 64


def memory_limit(peak: int) -> int:
    """Bytes: twice the peak, rounded up to 16 MiB, 64 MiB at least."""
    return max(math.ceil(2 * peak / _STEP) * _STEP, _LEAST_MEMORY)


def cpu_limit(cores: float, there: int = 0) -> float:
    """Cores: twice the busiest moment, rounded up to quarters, half a core at least; no more than are `there` (0: it
    is not known how many), for the engine refuses what it has not."""
    wanted = max(math.ceil(2 * cores * 4) / 4, 0.5)
    return min(wanted, float(there)) if there else wanted


def pids_limit(peak: int) -> int:
    """Four times the most processes and threads, rounded up to 32, 64 at least."""
    return max(math.ceil(4 * peak / 32) * 32, _LEAST_PIDS)


def memory_text(limit: int) -> str:
    """As people write it: `96M`, `2G`."""
    return f"{limit // (1024 * MIB)}G" if limit % (1024 * MIB) == 0 else f"{math.ceil(limit / MIB)}M"


class SeenUse:
    """The most that was seen, from samples of the engine's stats."""

    def __init__(self) -> None:
        self.of_running = False
        """Is what the running project uses among the samples?"""
        self.memory = 0
        self.pids = 0
        self.cpus = 0.0
        self._last: tuple[float, int] | None = None

    def add(self, stats: dict[str, object], at: float) -> None:
        """A sample of `GET /containers/ID/stats?one-shot`, taken at `at` (seconds of any one clock)."""
        memory = _object(stats.get("memory_stats"))
        used = max(_number(memory.get("max_usage")), _number(memory.get("usage")))
        cache = _object(memory.get("stats"))
        # What the kernel can take back at once is no need; both versions' names for it.
        used -= _number(cache.get("total_inactive_file", cache.get("inactive_file")))
        self.memory = max(self.memory, used)
        self.pids = max(self.pids, _number(_object(stats.get("pids_stats")).get("current")))
        total = _number(_object(_object(stats.get("cpu_stats")).get("cpu_usage")).get("total_usage"))
        if self._last is not None and at - self._last[0] < 0.05:
            return  # too close together for a rate
        if self._last is not None and total >= self._last[1]:
            self.cpus = max(self.cpus, (total - self._last[1]) / 1e9 / (at - self._last[0]))
        self._last = (at, total)

    def begin_again(self) -> None:
        """The next sample is of another container: no rate leads from the last one to it."""
        self._last = None


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _number(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0
