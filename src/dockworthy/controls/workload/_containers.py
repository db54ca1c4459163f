"""Judging a unit container by container: the first fault leads, every other one stands behind it as evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from ...model.field import Source, Unknown
from ...model.finding import Evidence, Judgement, Outcome
from ...model.workload import Container, Unit


class Fault(Struct, frozen=True):
    """What is wrong, and where."""

    says: str
    source: Source | None


def judge_containers(
    unit: Unit,
    fault_of: Callable[[Container], Fault | Unknown | None],
    *,
    good: str,
    containers: Sequence[Container] | None = None,
) -> Judgement:
    """Fails with every container's fault; else unknown with every gap; else passes with `good`.

    `containers`: those of the unit that the rule speaks of, where it does not speak of all.
    """
    several = len(unit.containers) > 1
    seen = [(container, fault_of(container)) for container in (unit.containers if containers is None else containers)]
    faults = [_named(c, f.says, f.source, several) for c, f in seen if isinstance(f, Fault)]
    gaps = [(c, g) for c, g in seen if isinstance(g, Unknown)]
    return _weigh(faults, gaps, good, unit.source, several)


def judge_faults(faults: Iterable[Fault], *, good: str, source: Source) -> Judgement:
    """Fails with every fault, else passes."""
    evidence = tuple(Evidence(fault.says, fault.source) for fault in faults)
    return Judgement(Outcome.FAIL, evidence) if evidence else Judgement(Outcome.PASS, (Evidence(good, source),))


def _weigh(
    faults: list[Evidence], gaps: list[tuple[Container, Unknown]], good: str, source: Source, several: bool
) -> Judgement:
    if faults:
        return Judgement(Outcome.FAIL, tuple(faults))
    if gaps:
        evidence = tuple(_named(c, gap.reason, gap.source, several) for c, gap in gaps)
        return Judgement(Outcome.UNKNOWN, evidence, tell=gaps[0][1].tell)
    return Judgement(Outcome.PASS, (Evidence(good, source),))


def _named(container: Container, says: str, source: Source | None, several: bool) -> Evidence:
    return Evidence(f"{container.name}: {says}" if several else says, source)
