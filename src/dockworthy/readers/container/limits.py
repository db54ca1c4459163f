"""Limits: the engine writes 0 (and for pids also -1 or null) for "none"."""

from __future__ import annotations

from ...model.field import Field, Set, Unknown, Unset
from ...model.workload import Limits
from ..api_object import ApiObject
from ..engine_words import above_zero, unless_zero

_NANO = 1_000_000_000
_DEFAULT_PERIOD = 100_000


def read_limits(host: ApiObject) -> Limits:
    return Limits(
        memory=above_zero(host.integer("Memory")),
        memory_swap=unless_zero(host.integer("MemorySwap")),
        cpus=_cpus(host),
        pids=above_zero(host.integer("PidsLimit")),
        ulimits=_ulimits(host),
        oom_kill_disabled=host.boolean("OomKillDisable"),
        oom_score=host.integer("OomScoreAdj"),
    )


def _cpus(host: ApiObject) -> Field[float]:
    """`--cpus` is NanoCpus, `--cpu-quota` CpuQuota in each CpuPeriod (microseconds, 100,000 where 0)."""
    nano, quota, period = host.integer("NanoCpus"), host.integer("CpuQuota"), host.integer("CpuPeriod")
    for field in (nano, quota, period):
        if isinstance(field, Unknown):
            return field
    if isinstance(nano, Set) and nano.value > 0:
        return Set(nano.value / _NANO, nano.source)
    if isinstance(quota, Set) and quota.value > 0:
        length = period.value if isinstance(period, Set) and period.value > 0 else _DEFAULT_PERIOD
        return Set(quota.value / length, quota.source)
    return Unset(host.at("NanoCpus").source)


def _ulimits(host: ApiObject) -> Field[dict[str, tuple[int, int]]]:
    said = {item.word("Name"): (item.number("Soft"), item.number("Hard")) for item in host.items("Ulimits")}
    source = host.at("Ulimits").source
    return Set(said, source) if said else Unset(source)
