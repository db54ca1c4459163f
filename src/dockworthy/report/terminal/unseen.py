"""What is not visible from here, by what would tell: a gap is closed with a permission or a command, not a remedy."""

from __future__ import annotations

from collections import defaultdict

from ...model.result import Result
from ..grouping import Group, by_tell, fact_of, how_many, name_of, told_apart
from ..sheet import Sheet
from ..visible import short
from ..words import NOTHING_TELLS, number_of, some_of
from .evidence import write_evidence

SHOWN = 8
"""Controls that are named behind one reason, without -v."""


def write_unseen(sheet: Sheet, result: Result, *, verbose: bool) -> None:
    """The largest gap first."""
    told = by_tell(result.findings)
    if told:
        sheet.heading("Not visible from here")
    told, alike = (told, []) if verbose else told_apart(told)
    for tell, groups in told:
        sheet.blank()
        count = number_of(how_many(groups), "finding")
        sheet.line(f"{count}; what would tell: {tell or NOTHING_TELLS}")
        if verbose:
            _write_each(sheet, groups)
        else:
            _write_reasons(sheet, groups)
    for group in alike:
        sheet.blank()
        count = number_of(len(group.findings), "finding")
        sheet.line(f"{count}; what would tell, of {name_of(group.first)} (-v: of each): {group.first.tell}")
        _write_reasons(sheet, [group])


def _write_each(sheet: Sheet, groups: list[Group]) -> None:
    for group in groups:
        sheet.point(_title(group))
        for finding in group.findings:
            write_evidence(sheet, finding, column=4)


def _write_reasons(sheet: Sheet, groups: list[Group]) -> None:
    """One reason often stands before many controls: it is said once."""
    reasons: defaultdict[str, list[Group]] = defaultdict(list)
    for group in groups:
        reasons[fact_of(group.first)].append(group)
    for reason, behind in reasons.items():
        sheet.line(f"{short(reason, 300)}:", indent=2)
        shown = behind if len(behind) <= SHOWN + 1 else behind[:SHOWN]
        for group in shown:
            sheet.point(_title(group) + _names(group), indent=4)
        if len(shown) < len(behind):
            sheet.line(f"and {len(behind) - len(shown)} more controls", indent=4)


def _title(group: Group) -> str:
    return f"{group.first.title} ({group.first.control})"


def _names(group: Group) -> str:
    """Nothing where there is only one such subject: the engine, the host."""
    return "" if group.names == [group.first.kind] else f": {some_of(group.names)}"
