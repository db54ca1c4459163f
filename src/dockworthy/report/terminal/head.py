"""The first screen: what was read, the answer and why, and the three things that matter most."""

from __future__ import annotations

from ...model.result import Answer, Result
from ..grouping import Group, by_fault, by_tell, what_matters
from ..sheet import Sheet
from ..words import (
    QUESTIONS,
    counts_sentence,
    number_of,
    use_sentence,
    verdict_sentence,
)
from .failures import with_names
from .unseen import write_way_to_know

_STYLES = {Answer.YES: "good", Answer.ACCEPTED: "good", Answer.NO: "bad", Answer.NOT_YET: "bad"}

COLUMN = 12
"""Where the text begins that stands beside a severity."""

MATTER = 3
"""Faults on the first screen, where no more of them are critical."""

MOST_MATTER = 9
"""Lines of them that the first screen has room for."""


def write_head(sheet: Sheet, result: Result, *, verbose: bool) -> None:
    """Fits 20 lines of 80 columns, whatever was found, unless `verbose`."""
    sheet.line(f"{_read(result)} Nothing was changed.", at_most=0 if verbose else 4)
    sheet.blank()
    if result.command in QUESTIONS:
        sheet.line(QUESTIONS[result.command])
    write_verdict(sheet, result, at_most=0 if verbose else 2)
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
    """All that is critical, and at least three faults; with their remedies where these fit the screen as well."""
    failures = by_fault(result.findings)
    if failures:
        shown = what_matters(failures, MATTER)
        sheet.heading("What matters most")
        for group in shown[:MOST_MATTER]:
            _write_failure(sheet, group, with_remedy=len(shown) <= MATTER)
        if len(shown) > MOST_MATTER:
            sheet.line(f"and {len(shown) - MOST_MATTER} more that are critical", indent=COLUMN)
        return
    told = by_tell(result.findings)
    if told and result.verdict.answer is Answer.UNDECIDED:
        sheet.heading("What would tell")
        for tell, groups in told[:3]:
            write_way_to_know(sheet, tell, groups)


def _write_failure(sheet: Sheet, group: Group, *, with_remedy: bool) -> None:
    severity = group.severity.value
    text = with_names(group, sheet.width - COLUMN)
    sheet.entry(severity, text, indent=2, column=COLUMN, label_style=severity, at_most=2)
    if group.first.remedy is not None and with_remedy:
        sheet.line(group.first.remedy.says, indent=COLUMN, style="quiet", at_most=1)
