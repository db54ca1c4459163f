"""Limits: `deploy.resources.limits`, and the older keys of the service itself, which it outranks."""

from __future__ import annotations

from ...model.field import Field, Set, Unset
from ...model.workload import Limits
from ..engine_words import above_zero, unless_zero
from .entry import Entry
from .fields import field_of, origin_of
from .sizes import cores, seconds, size


def read_limits(service: Entry, silent: Unset) -> Limits:
    limits = service.at("deploy", "resources", "limits")
    return Limits(
        memory=above_zero(field_of(_of(limits, "memory") or service.get("mem_limit"), silent, size)),
        memory_swap=unless_zero(field_of(service.get("memswap_limit"), silent, size)),
        cpus=_cpus(service, limits, silent),
        pids=above_zero(field_of(_of(limits, "pids") or service.get("pids_limit"), silent, Entry.integer)),
        ulimits=field_of(service.get("ulimits"), silent, _ulimits),
        oom_kill_disabled=field_of(service.get("oom_kill_disable"), silent, Entry.boolean),
        oom_score=field_of(service.get("oom_score_adj"), silent, Entry.integer),
    )


def _of(limits: Entry | None, key: str) -> Entry | None:
    return None if limits is None else limits.get(key)


def _cpus(service: Entry, limits: Entry | None, silent: Unset) -> Field[float]:
    """`cpus`, else `cpu_quota` microseconds in each `cpu_period` (100,000 where none is written)."""
    field = field_of(_of(limits, "cpus") or service.get("cpus"), silent, cores)
    if not isinstance(field, Unset):
        return Unset(field.source) if isinstance(field, Set) and not field.value else field
    quota, period = service.get("cpu_quota"), service.get("cpu_period")
    if quota is None:
        return field
    for entry in (quota, period):
        if entry is not None and entry.gap is not None:
            return entry.gap
    length = 100_000 if period is None else _microseconds(period)
    share = _microseconds(quota) / (length or 100_000)
    return Set(share, quota.source, origin_of(quota)) if share > 0 else Unset(quota.source)


def _microseconds(entry: Entry) -> float:
    """A number, or a duration like 50ms."""
    written = entry.text().strip()
    return float(entry.integer()) if written.lstrip("-").isdigit() else seconds(entry) * 1_000_000


def _ulimits(entry: Entry) -> dict[str, tuple[int, int]]:
    """Name -> soft and hard."""
    return {name: _soft_and_hard(value) for name, value in entry.mapping().items() if not value.is_null}


def _soft_and_hard(value: Entry) -> tuple[int, int]:
    if not value.is_mapping:
        return value.integer(), value.integer()
    soft, hard = value.get("soft"), value.get("hard")
    if soft is None or hard is None:
        raise value.wrong("a ulimit with soft and hard")
    return soft.integer(), hard.integer()
