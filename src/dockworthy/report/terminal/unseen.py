"""What is not visible from here, by what would tell: a gap is closed with a permission or a command, not a remedy."""

from __future__ import annotations

from ...model.result import Result
from ..grouping import Group, by_tell, fact_of, how_many
from ..sheet import Sheet
from ..visible import short
from ..words import NOTHING_TELLS, number_of, some_of
from .evidence import write_evidence

SHOWN = 8
"""Controls that are named under one thing that would tell, without -v."""


def write_unseen(sheet: Sheet, result: Result, *, verbose: bool) -> None:
    """The largest gap first."""
    told = by_tell(result.findings)
    if told:
        sheet.heading("Not visible from here")
    for tell, groups in told:
        sheet.blank()
        count = number_of(how_many(groups), "finding")
        sheet.line(f"{count}; what would tell: {tell or NOTHING_TELLS}")
        shown = groups if verbose or len(groups) <= SHOWN + 1 else groups[:SHOWN]
        for group in shown:
            _write(sheet, group, verbose=verbose)
        if len(shown) < len(groups):
            sheet.line(f"and {len(groups) - len(shown)} more controls", indent=2)


def _write(sheet: Sheet, group: Group, *, verbose: bool) -> None:
    sheet.point(f"{group.first.title} ({group.first.control})")
    if verbose:
        for finding in group.findings:
            write_evidence(sheet, finding, column=4)
    else:
        sheet.line(f"{some_of(group.names)}: {short(fact_of(group.first), 200)}", indent=4, style="quiet")
