"""Swap without end makes a memory limit a slow death."""

from __future__ import annotations

from ...model.control import Control, Subject, nist, owasp
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._platforms import CONTAINERS

_UNLIMITED = -1

control = Control(
    id="workload/swap-limit",
    title="A container with a memory limit can not swap without end",
    fault="{who} may swap without limit",
    rationale="What the limit keeps out of memory then fills the host's swap, and the disk is busy for everybody.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="6.efficient",
    subject=Subject.UNIT,
    platforms=CONTAINERS,
    references=(nist("4.4.3"), owasp("D07")),
    remedy=Remedy(
        "Set `memswap_limit` to the memory limit (no swap) or a little above.",
        "`docker update --memory-swap` needs no restart",
    ),
    check_yourself="docker inspect -f '{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}}' {name}",
    bad={"container": {"HostConfig": {"Memory": 67108864, "MemorySwap": -1}}},
    good={
        "container": [
            {"HostConfig": {"Memory": 67108864, "MemorySwap": 67108864}},
            {"HostConfig": {"Memory": 67108864, "MemorySwap": 134217728}},
            {"HostConfig": {"Memory": 67108864, "MemorySwap": 0}},
        ]
    },
    unclear={"container": {"HostConfig": {"MemorySwap": "some"}}},
)


@control.judge
def swap_limit(unit: Unit) -> Judgement:
    for container in unit.containers:
        memory, swap = container.limits.memory, container.limits.memory_swap
        if isinstance(memory, Unknown):
            return unknown(memory.reason, memory.source)
        if not isinstance(memory, Set):
            return not_applicable("its memory has no limit at all (workload/memory-limit)", memory.source)
        if isinstance(swap, Unknown):
            return unknown(swap.reason, swap.source)
        if isinstance(swap, Set) and swap.value == _UNLIMITED:
            return failed("it may swap without end", swap.source)
    return passed("swap is limited with the memory", unit.source)
