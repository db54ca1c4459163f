"""What is unknown, by what would tell: a gap is closed with a permission or a command, not a remedy."""

from __future__ import annotations

from collections.abc import Sequence

from ...model.result import Result
from ..grouping import Group, Told, by_tell, fact_of, how_many, name_of, number_of_controls, told_apart
from ..sheet import Sheet
from ..words import NOTHING_TELLS, number_of, some_of
from .evidence import write_evidence

SHOWN = 8
"""Ways to know that are named without -v."""


def write_unseen(sheet: Sheet, result: Result, *, verbose: bool) -> None:
    """The largest gap first."""
    told = by_tell(result.findings)
    if not told:
        return
    groups = [group for _, of_tell in told for group in of_tell]
    sheet.heading(f"Unknown: {number_of(how_many(groups), 'finding')} of {number_of_controls(groups)}; what would tell")
    if not verbose:
        _write_ways(sheet, told)
        return
    for tell, of_tell in told:
        sheet.blank()
        sheet.line(f"{number_of(how_many(of_tell), 'finding')}; what would tell: {tell or NOTHING_TELLS}")
        for group in of_tell:
            sheet.point(f"{group.first.title} ({group.first.control})")
            for finding in group.findings:
                write_evidence(sheet, finding, column=4)


def _write_ways(sheet: Sheet, told: Sequence[Told]) -> None:
    """A way to know, and which rules it would decide."""
    single, alike = told_apart(told)
    ways = [(f"of {name_of(group.first)} (-v: of each): {group.first.tell}", [group]) for group in alike] + single
    ways.sort(key=lambda way: -how_many(way[1]))
    for tell, groups in ways[:SHOWN]:
        write_way_to_know(sheet, tell, groups)
    if len(ways) > SHOWN:
        sheet.line(f"and {len(ways) - SHOWN} more: see -v", indent=2)


def write_way_to_know(sheet: Sheet, tell: str, groups: Sequence[Group]) -> None:
    """Where nothing tells, why it is unknown."""
    way = tell or f"{NOTHING_TELLS}; the reason is: {fact_of(groups[0].first)}"
    sheet.entry("-", way, indent=2, column=4, at_most=2)
    rules = some_of([f"{group.first.title}{_names(group)}" for group in groups], 2)
    sheet.line(f"{number_of(how_many(groups), 'finding')}: {rules}", indent=4, style="quiet", at_most=2)


def _names(group: Group) -> str:
    return f" ({some_of(group.objects)})" if group.objects else ""
