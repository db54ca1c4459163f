"""A host without free memory kills processes, and it chooses which."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, owasp
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, passed, unknown
from ...model.host import Host
from ...model.levels import Level, Severity
from ..examples import not_seen, on_host
from ._fields import not_known, percent

_LEAST = 10
"""Percent of memory that must be available: free, or cache that can be given back."""

_MIB = 1 << 20


def _memory(available: int, swap_free: int = 0, swap_total: int = 0) -> dict[str, Any]:
    sizes = {"total": 8000, "available": available, "swap_total": swap_total, "swap_free": swap_free}
    return on_host(memory={name: size * _MIB for name, size in sizes.items()})


control = Control(
    id="host/memory-headroom",
    title="There is memory left, and little is swapped out",
    fault="Memory runs short",
    rationale="Below a tenth the next peak ends with the kernel killing a process, often the largest: the database. "
    "A swap that fills up shows the same, earlier and slower.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="6.efficient",
    subject=Subject.HOST,
    references=(owasp("D07"),),
    remedy=Remedy(
        "See who takes it (`docker stats`, `top`), set limits that fit, move services to another host, or add memory.",
        "a changed limit recreates the container",
    ),
    check_yourself="free -m; docker stats --no-stream",
    bad={"snapshot": [_memory(400), _memory(1500, 100, 2000)]},
    good={"snapshot": [_memory(6000), _memory(1500, 1900, 2000)]},
    unclear={"snapshot": on_host(memory=not_seen())},
)


@control.judge
def memory_headroom(host: Host) -> Judgement:
    field = host.memory
    if not isinstance(field, Set):
        return not_known(field, what="the size of memory")
    memory = field.value
    if memory.total <= 0:
        return unknown("the size of memory could not be read", field.source)
    left = percent(memory.available, memory.total)
    says = f"{memory.available // _MIB} of {memory.total // _MIB} MiB available ({left} %)"
    if left < _LEAST:
        return failed(says, field.source)
    swapped = memory.swap_total - memory.swap_free
    if memory.swap_total and swapped * 2 > memory.swap_total and left < 2 * _LEAST:
        return failed(f"{says}, and {swapped // _MIB} of {memory.swap_total // _MIB} MiB swapped out", field.source)
    return passed(says, field.source)
