"""The first screen: what was read, the answer and why, and the three things that matter most."""

from __future__ import annotations

from ...model.result import Answer, Result
from ..grouping import Group, by_fault, by_tell, fact_of, how_many
from ..sheet import Sheet
from ..words import (
    NOTHING_TELLS,
    QUESTIONS,
    as_many_as_fit,
    counts_sentence,
    number_of,
    some_of,
    use_sentence,
    verdict_sentence,
)

_STYLES = {Answer.YES: "good", Answer.ACCEPTED: "good", Answer.NO: "bad", Answer.NOT_YET: "bad"}

COLUMN = 12
"""Where the text begins that stands beside a severity."""


def write_head(sheet: Sheet, result: Result, *, verbose: bool) -> None:
    """Fits 20 lines of 80 columns, whatever was found, unless `verbose`."""
    sheet.line(f"{_read(result)} Nothing was changed.", at_most=0 if verbose else 4)
    sheet.blank()
    if result.command in QUESTIONS:
        sheet.line(QUESTIONS[result.command])
    write_verdict(sheet, result, at_most=0 if verbose else 3)
    use = use_sentence(result.verdict)
    if use:
        sheet.line(use, style="quiet", at_most=0 if verbose else 3)
    counts = counts_sentence(result.findings)
    sheet.line(f"Findings: {counts}." if counts else "No finding at all.", style="quiet")
    if result.unread:
        unread = number_of(len(result.unread), "input could not be read and is", "inputs could not be read and are")
        sheet.line(f"{unread} not part of this verdict.", style="open")
    _write_what_matters(sheet, result)


def write_verdict(sheet: Sheet, result: Result, *, at_most: int = 3) -> None:
    """The answer with its reasons."""
    sheet.line(
        verdict_sentence(result, unread_told=True), style=_STYLES.get(result.verdict.answer, "open"), at_most=at_most
    )


def _read(result: Result) -> str:
    read = "; ".join(sentence.rstrip(".") for sentence in result.read)
    return f"Read: {read or number_of(len(result.subjects), 'subject')}."


def _write_what_matters(sheet: Sheet, result: Result) -> None:
    failures = by_fault(result.findings)
    if failures:
        sheet.heading("What matters most")
        for group in failures[:3]:
            _write_failure(sheet, group)
        return
    told = by_tell(result.findings)
    if told and result.verdict.answer is Answer.UNDECIDED:
        sheet.heading("What would tell")
        for tell, groups in told[:3]:
            sheet.entry("-", tell or _no_tell(groups), indent=2, column=4, at_most=2)
            titles = some_of([group.first.title for group in groups], show=2)
            sheet.line(f"{number_of(how_many(groups), 'finding')}: {titles}", indent=4, style="quiet", at_most=1)


def _no_tell(groups: list[Group]) -> str:
    return f"{NOTHING_TELLS}; the reason is: {fact_of(groups[0].first)}"


def _write_failure(sheet: Sheet, group: Group) -> None:
    severity = group.severity.value
    sheet.entry(severity, group.first.title, indent=2, column=COLUMN, label_style=severity, at_most=1)
    sheet.line(as_many_as_fit(group.names, sheet.width - COLUMN), indent=COLUMN, at_most=1)
    if group.first.remedy is not None:
        sheet.line(group.first.remedy.says, indent=COLUMN, style="quiet", at_most=1)
