"""From the faults in a Dockerfile to a judgement: what a comment ignores is accepted, and said with its line."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from ...model.build import ImageBuild, LintMark
from ...model.field import Source, Unknown
from ...model.finding import Evidence, Judgement, Outcome
from ...model.levels import Severity
from ._hadolint_rules import RULES


class BuildFault(Struct, frozen=True):
    """What is wrong, where, and how bad this case is; None: as bad as the control says."""

    says: str
    source: Source | None
    severity: Severity | None = None


def weigh(
    build: ImageBuild,
    matter: str,
    faults: Iterable[BuildFault],
    *,
    good: str,
    gaps: Iterable[Unknown] = (),
    source: Source | None = None,
) -> Judgement:
    """Fails with every fault that nobody accepts; excepted where all are accepted; unknown with the gaps; else passes.

    `matter` is the control's name: a comment that ignores one of its rules of hadolint accepts the fault.
    """
    standing, accepted = _apart(build, RULES.get(matter, frozenset()), faults)
    if standing:
        evidence = (*(Evidence(fault.says, fault.source) for fault in standing), *accepted)
        return Judgement(Outcome.FAIL, evidence, severity=_worst(standing))
    gaps = tuple(gaps)
    if gaps:
        evidence = (*(Evidence(gap.reason, gap.source or build.source) for gap in gaps), *accepted)
        return Judgement(Outcome.UNKNOWN, evidence, tell=next((gap.tell for gap in gaps if gap.tell), ""))
    if accepted:
        return Judgement(Outcome.EXCEPTED, tuple(accepted))
    return Judgement(Outcome.PASS, (Evidence(good, source or build.source),))


def _apart(
    build: ImageBuild, rules: frozenset[str], faults: Iterable[BuildFault]
) -> tuple[list[BuildFault], list[Evidence]]:
    """Faults that stand, and those that a comment accepts, with its line."""
    standing, accepted = [], []
    for fault in faults:
        silence = build.silence(rules, fault.source.line if fault.source else None)
        if silence is None:
            standing.append(fault)
        else:
            accepted.append(Evidence(f"{fault.says} ({silence.rule} is ignored: {silence.source})", fault.source))
    return standing, accepted


def weigh_marks(build: ImageBuild, matter: str, *, good: str) -> Judgement:
    """The same of hadolint's marks alone, for a matter that is hadolint's to judge."""
    marks = build.marks(RULES[matter])
    gap = build.lint_gap
    return weigh(build, matter, [fault_of(build, mark) for mark in marks], good=good, gaps=(gap,) if gap else ())


def fault_of(build: ImageBuild, mark: LintMark, severity: Severity | None = None) -> BuildFault:
    return BuildFault(f"{mark.says} ({mark.rule})", mark.source, severity)


def _worst(faults: list[BuildFault]) -> Severity | None:
    """None where one fault is as bad as the control says, or none has a severity of its own."""
    graded = [fault.severity for fault in faults]
    if not graded or None in graded:
        return None
    return min((severity for severity in graded if severity is not None), key=lambda severity: severity.rank)
