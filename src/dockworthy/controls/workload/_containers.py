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
    inside: Iterable[Fault | Unknown] = (),
) -> Judgement:
    """Fails with every container's fault; else unknown with every gap; else passes with `good`.

    `containers`: those of the unit that the rule speaks of, where it does not speak of all. `inside`: what else is
    wrong or unknown in them, with the name of what it is about.
    """
    several = len(unit.containers) > 1
    seen = [(container, fault_of(container)) for container in (unit.containers if containers is None else containers)]
    seen_inside = list(inside)
    faults = [_named(c, f.says, f.source, several) for c, f in seen if isinstance(f, Fault)]
    faults += [Evidence(f.says, f.source) for f in seen_inside if isinstance(f, Fault)]
    if faults:
        return Judgement(Outcome.FAIL, tuple(faults))
    gaps = [(_named(c, g.reason, g.source, several), g) for c, g in seen if isinstance(g, Unknown)]
    gaps += [(Evidence(g.reason, g.source), g) for g in seen_inside if isinstance(g, Unknown)]
    if gaps:
        return Judgement(Outcome.UNKNOWN, tuple(evidence for evidence, _ in gaps), tell=gaps[0][1].tell)
    return Judgement(Outcome.PASS, (Evidence(good, unit.source),))


def judge_faults(faults: Iterable[Fault], *, good: str, source: Source) -> Judgement:
    """Fails with every fault, else passes."""
    evidence = tuple(Evidence(fault.says, fault.source) for fault in faults)
    return Judgement(Outcome.FAIL, evidence) if evidence else Judgement(Outcome.PASS, (Evidence(good, source),))


def _named(container: Container, says: str, source: Source | None, several: bool) -> Evidence:
    return Evidence(f"{container.name}: {says}" if several else says, source)
