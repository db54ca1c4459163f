"""What fails: a line a fault; with -v the facts, how to check it oneself, the remedy and what that costs."""

from __future__ import annotations

import re

from ...model.finding import Remedy
from ...model.levels import Severity
from ...model.result import Result
from ..grouping import Group, by_fault, controls_and_entries, fact_of, named_fact
from ..sheet import Sheet
from ..visible import short
from ..words import as_many_as_fit, some_of
from .evidence import place_of, write_evidence
from .written import write_offer, write_quote, write_repair

COLUMN = 12
"""Where an entry's text begins."""

LONGEST_FACT = 120
FACTS = 3
"""Facts of what is critical that stand below its line."""


def write_failures(sheet: Sheet, result: Result, *, verbose: bool) -> None:
    """Most severe first."""
    groups = by_fault(result.findings)
    if groups:
        sheet.heading(f"What fails: {controls_and_entries(groups)}")
    for group in groups:
        if verbose:
            _write_whole(sheet, result, group)
        else:
            _write_line(sheet, result, group)
    write_offer(sheet, result)
    if groups and not verbose:
        sheet.blank()
        sheet.line(_more(result), style="quiet")


def _more(result: Result) -> str:
    object_ = "container" if result.command == "assess" else "service"
    return f"Evidence and remedies: -v. By {object_}: --by container. One control: dockworthy explain CONTROL."


def _write_line(sheet: Sheet, result: Result, group: Group) -> None:
    """`high  2 services have no memory limit: web, ci (workload/memory-limit)`; of files the first place before it."""
    severity, control = group.severity.value, f" ({', '.join(group.controls)})"
    place = f"{place_of(group.first)} " if result.command == "check" else ""
    text = place + with_names(group, sheet.width - COLUMN - len(place), behind=len(control)) + control
    sheet.entry(severity, text, indent=2, column=COLUMN, label_style=severity)
    if group.brings:
        sheet.line(f"which also fails {', '.join(each.first.control for each in group.brought)}", indent=COLUMN)
    if group.severity is Severity.CRITICAL:
        _write_what_to_do(sheet, group)


def _write_what_to_do(sheet: Sheet, group: Group) -> None:
    """Of what is critical the facts and the remedy, in a few lines: nobody should need a second command for these. A
    fact that is the same of all is what the line above says."""
    told = group.findings if len(group.findings) == 1 or len(group.facts) > 1 else ()
    several = len(told) > FACTS + 1
    for finding in told[:FACTS] if several else told:
        sheet.line(f"- {named_fact(finding)}", indent=COLUMN, at_most=2)
    if several:
        sheet.line(f"and {len(told) - FACTS} more", indent=COLUMN)
    if group.first.remedy is not None:
        sheet.line(f"remedy: {group.first.remedy.says}", indent=COLUMN, at_most=2)


def with_names(group: Group, columns: int, *, behind: int = 0) -> str:
    """What is wrong, and with whom: as many names as fit; of the host or the engine itself the fact."""
    if not group.objects:
        fact = short(what_is_new(fact_of(group.first), group.says), LONGEST_FACT)
        return f"{group.says}: {fact}" if fact else group.says
    left = columns - len(group.says) - len(": ") - behind
    names = as_many_as_fit(group.objects, left)
    if names.startswith(" and"):  # not one fits: they go to the next line
        names = as_many_as_fit(group.objects, columns)
    return f"{group.says}: {names.strip()}"


def what_is_new(fact: str, says: str) -> str:
    """The fact without the parts that only say the fault again: `icc is on` of `icc is on: containers on the default
    bridge reach each other`."""
    said = set(_words(says))
    return ": ".join(part for part in fact.split(": ") if not said.issuperset(_words(part)))


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


def _write_whole(sheet: Sheet, result: Result, group: Group) -> None:
    sheet.blank()
    severity = group.severity.value
    names = some_of(group.objects) or short(fact_of(group.first), LONGEST_FACT)
    sheet.entry(severity, f"{group.says}: {names}", column=COLUMN, label_style=severity, style="heading")
    sheet.entry("control", f"{', '.join(group.controls)} ({group.first.level.value})", indent=2, column=COLUMN)
    sheet.entry("rule", group.first.title, indent=2, column=COLUMN)
    for number, finding in enumerate(group.findings):
        write_evidence(sheet, finding, label="fact" if number == 0 else "", column=COLUMN)
        write_quote(sheet, result, finding)
    for number, brought in enumerate(group.brought):
        text = f"{brought.says} ({brought.first.control})"
        sheet.entry("" if number else "brings", text, indent=2, column=COLUMN)
    if group.first.check_yourself:
        sheet.verbatim("check", group.first.check_yourself, indent=2, column=COLUMN)
    for remedy in group.remedies:
        _write_remedy(sheet, remedy)
    write_repair(sheet, result, group)


def _write_remedy(sheet: Sheet, remedy: Remedy) -> None:
    sheet.entry("remedy", remedy.says, indent=2, column=COLUMN)
    if remedy.command:
        sheet.verbatim("", remedy.command, indent=2, column=COLUMN)
    if remedy.costs:
        sheet.entry("costs", remedy.costs, indent=2, column=COLUMN)
