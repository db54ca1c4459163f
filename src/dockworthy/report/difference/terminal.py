"""A difference for people at a terminal."""

from __future__ import annotations

from ...model.finding import Outcome
from ...model.result import Answer
from ..grouping import fact_of
from ..sheet import Sheet
from ..visible import short
from ..words import some_of, verdict_sentence
from .compare import HEADINGS, ChangeDirection, Difference, FindingMove, answers, heading, moves, summary

COLUMN = 12

_STYLES = {Answer.YES: "good", Answer.ACCEPTED: "good", Answer.NO: "bad", Answer.NOT_YET: "bad"}


def render_difference(difference: Difference, *, width: int = 80, colour: bool = False, verbose: bool = False) -> str:
    """The answers, how much changed, and each change. `verbose` names every subject; lines end in a newline."""
    sheet = Sheet(width=width, colour=colour)
    style = _STYLES.get(difference.new.verdict.answer, "open")
    sheet.line(f"{answers(difference)}.", style=style)
    sheet.line(f"Findings: {summary(difference)}.", style="quiet")
    for note in difference.notes:
        sheet.line(f"Note: {note}.", style="open")
    for way in HEADINGS:
        _write_way(sheet, way, difference, verbose=verbose)
    return str(sheet)


def difference_line(difference: Difference) -> str:
    """The counts and the verdict alone, as one line."""
    return f"{summary(difference)}. {verdict_sentence(difference.new)}\n"


def _write_way(sheet: Sheet, way: ChangeDirection, difference: Difference, *, verbose: bool) -> None:
    changes = difference.changes[way]
    if not changes:
        return
    sheet.heading(heading(way, changes))
    for move in moves(changes):
        _write_move(sheet, move, verbose=verbose)


def _write_move(sheet: Sheet, move: FindingMove, *, verbose: bool) -> None:
    group, severity = move.group, move.group.severity.value
    sheet.entry(severity, move.title, indent=2, column=COLUMN, label_style=severity)
    names = ", ".join(group.names) if verbose else some_of(group.names)
    sheet.line(f"{names}: {move.says}", indent=COLUMN)
    sheet.line(short(fact_of(group.first), 300), indent=COLUMN, style="quiet")
    if move.now is Outcome.FAIL and group.remedies:
        sheet.entry("remedy", group.remedies[0].says, indent=COLUMN, column=COLUMN + 8, style="quiet")
