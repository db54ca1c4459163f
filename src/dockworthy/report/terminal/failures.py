"""What fails: one entry a control, with the fact, how to check it oneself, the remedy and what that costs."""

from __future__ import annotations

from ...model.finding import Finding, Remedy
from ...model.result import Result
from ..grouping import Group, by_fault, fact_of, named_fact, number_of_controls
from ..sheet import Sheet
from ..visible import short
from ..words import some_of
from .evidence import write_evidence
from .written import write_offer, write_places, write_quote, write_repair

COLUMN = 12
"""Where an entry's text begins."""

SHOWN = 3
"""Subjects of a group that are shown without -v."""

LONGEST_FACT = 300

RECREATED = "recreates the container"
"""What nearly every change of a file costs."""


def write_failures(sheet: Sheet, result: Result, *, verbose: bool) -> None:
    """Most severe first."""
    groups = by_fault(result.findings)
    if groups:
        sheet.heading(f"What fails: {number_of_controls(groups)}")
    for group in groups:
        sheet.blank()
        severity = group.severity.value
        sheet.entry(severity, group.first.title, column=COLUMN, label_style=severity, style="heading")
        sheet.entry("control", f"{', '.join(group.controls)} ({group.first.level.value})", indent=2, column=COLUMN)
        if verbose:
            _write_each(sheet, result, group)
        elif result.command == "check":
            write_places(sheet, result, group)
        else:
            _write_facts(sheet, group)
        _write_ways(sheet, group, written=result.command == "check", verbose=verbose)
        write_repair(sheet, result, group, verbose=verbose)
    write_offer(sheet, result)


def _write_facts(sheet: Sheet, group: Group) -> None:
    """The subjects in one line where they share one fact, else each with its own."""
    if len(group.facts) == 1:
        sheet.entry("on", some_of(group.names, show=SHOWN), indent=2, column=COLUMN)
        source = group.first.evidence[0].source if group.first.evidence else None
        place = f" ({source})" if source is not None else ""
        sheet.entry("fact", short(fact_of(group.first), LONGEST_FACT) + place, indent=2, column=COLUMN)
        return
    _write_lines(sheet, group, [short(named_fact(finding), LONGEST_FACT) for finding in _shown(group)])


def _write_lines(sheet: Sheet, group: Group, lines: list[str]) -> None:
    for number, line in enumerate(lines):
        sheet.entry("fact" if number == 0 else "", line, indent=2, column=COLUMN)
    left_out = len(group.findings) - len(lines)
    if left_out:
        sheet.line(f"and {left_out} more", indent=COLUMN)


def _write_each(sheet: Sheet, result: Result, group: Group) -> None:
    for number, finding in enumerate(group.findings):
        write_evidence(sheet, finding, label="fact" if number == 0 else "", column=COLUMN)
        write_quote(sheet, result, finding)


def _write_ways(sheet: Sheet, group: Group, *, written: bool, verbose: bool) -> None:
    """How to see it oneself, shown on the first subject, and how to mend it; with `verbose` each way that differs.

    What is `written` stands above with its place, and whoever changes it expects a container to be recreated.
    """
    if group.first.check_yourself and (verbose or not written):
        sheet.verbatim("check", group.first.check_yourself, indent=2, column=COLUMN)
    for remedy in group.remedies if verbose else group.remedies[:1]:
        _write_remedy(sheet, remedy, with_costs=verbose or not written or remedy.costs != RECREATED)
    if len(group.remedies) > 1 and not verbose:
        sheet.line("the others differ in detail: see -v", indent=COLUMN, style="quiet")


def _write_remedy(sheet: Sheet, remedy: Remedy, *, with_costs: bool) -> None:
    sheet.entry("remedy", remedy.says, indent=2, column=COLUMN)
    if remedy.command:
        sheet.verbatim("", remedy.command, indent=2, column=COLUMN)
    if remedy.costs and with_costs:
        sheet.entry("costs", remedy.costs, indent=2, column=COLUMN)


def _shown(group: Group) -> tuple[Finding, ...]:
    few = len(group.findings) <= SHOWN + 1  # "and 1 more" is no shorter than the one
    return group.findings if few else group.findings[:SHOWN]
