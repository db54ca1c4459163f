"""Limits that add up to more than there is protect nobody: the kernel then chooses whom to kill."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, owasp
from ...model.field import Set, Source, Unknown
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import both, not_seen, on_host
from ..sizes import GIGABYTE, in_words
from ._running import gap, running


def _limits(*gigabytes: int) -> dict[str, object]:
    limited = [
        {"name": f"web{n}", "inspect": {"HostConfig": {"Memory": size * GIGABYTE}}} for n, size in enumerate(gigabytes)
    ]
    return {"engine": {"containers": limited}}


def _memory(gigabytes: int) -> dict[str, object]:
    size = gigabytes * GIGABYTE
    return on_host(memory={"total": size, "available": size, "swap_total": 0, "swap_free": 0})


control = Control(
    id="machine/memory-committed",
    title="The containers' memory limits fit into the host",
    fault="The containers' memory limits exceed the host's memory",
    rationale="When all use what they may, the host runs out, and the kernel kills what it likes: the database, or the "
    "engine.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="6.efficient",
    subject=Subject.MACHINE,
    references=(owasp("D07"), cis("1.6.0", "5.11"), cis("1.8.0", "5.11")),
    remedy=Remedy(
        "Lower limits to what `docker stats` shows with room to spare, move containers to another host, or add memory.",
        "a limit is changed without a restart: `docker update --memory`",
    ),
    check_yourself="docker stats --no-stream; free -g",
    bad={"snapshot": both(_limits(6, 4), _memory(8))},
    good={"snapshot": both(_limits(3, 4), _memory(8))},
    unclear={"snapshot": both(_limits(3), on_host(memory=not_seen()))},
)


@control.judge
def memory_committed(machine: Machine) -> Judgement:
    if missing := gap(machine, "containers"):
        return missing
    fields = [container.limits.memory for _, container in running(machine)]
    limits = [field.value for field in fields if isinstance(field, Set)]
    place = Source("GET /containers/{id}/json", "HostConfig.Memory")
    if not limits:
        return not_applicable("no running container has a memory limit", place)
    memory = machine.host.memory
    if not isinstance(memory, Set):
        reason = memory.reason if isinstance(memory, Unknown) else "the host's memory is not known"
        return unknown(reason, memory.source, tell="free -g")
    number = "1 container" if len(limits) == 1 else f"{len(limits)} containers"
    says = f"{number} may use {in_words(sum(limits))} of {in_words(memory.value.total)}"
    if sum(limits) > memory.value.total:
        return failed(says, place)
    if len(limits) < len(fields):
        # Judged one by one by workload/memory-limit: no second finding for the same fault.
        return not_applicable(f"{says}; {len(fields) - len(limits)} more have no limit", place)
    return passed(says, place)
