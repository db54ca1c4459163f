"""hadolint's marks that no control of ours speaks of."""

from __future__ import annotations

from ...model.build import ImageBuild, LintMark
from ...model.field import Set
from ...model.finding import Evidence, Judgement, Outcome
from ...model.levels import Severity
from ._faults import fault_of, weigh
from ._hadolint_rules import control_of

_OPINIONS = frozenset({"DL3003", "DL4001"})
"""Warnings of hadolint that are a matter of taste: `cd` within one RUN, and the use of both curl and wget."""
_SEVERITIES = {"error": Severity.MEDIUM, "warning": Severity.LOW}
"""hadolint's `info` and `style` are remarks: said, and no reason against the file."""


def judge_rest(build: ImageBuild, control: str, *, good: str) -> Judgement:
    """Fails with errors and warnings; a pass names the remarks."""
    gap = build.lint_gap
    if gap is not None:
        return weigh(build, control, (), gaps=(gap,), good="")
    marks = (
        [mark for mark in build.lint.value if control_of(mark.rule) == control] if isinstance(build.lint, Set) else []
    )
    accepted = [mark for mark in marks if build.silence((mark.rule,), mark.source.line)]
    counted = [mark for mark in marks if mark not in accepted and _counts(mark)]
    faults = [fault_of(build, mark, _SEVERITIES[mark.level]) for mark in counted]
    remarks = tuple(_evidence(mark) for mark in marks if mark not in accepted and mark not in counted)
    ignored = tuple(_accepted(build, mark) for mark in accepted)
    if faults:
        judged = weigh(build, control, faults, good="")
        return Judgement(judged.outcome, (*judged.evidence, *ignored, *remarks), severity=judged.severity)
    if ignored:
        return Judgement(Outcome.EXCEPTED, (*ignored, *remarks))
    return Judgement(Outcome.PASS, (Evidence(good, build.source), *remarks))


def _counts(mark: LintMark) -> bool:
    return mark.level in _SEVERITIES and mark.rule not in _OPINIONS


def _evidence(mark: LintMark) -> Evidence:
    return Evidence(f"{mark.says} ({mark.rule}, {mark.level})", mark.source)


def _accepted(build: ImageBuild, mark: LintMark) -> Evidence:
    silence = build.silence((mark.rule,), mark.source.line)
    assert silence is not None
    return Evidence(f"{mark.says} ({mark.rule} is ignored: {silence.source})", mark.source)
