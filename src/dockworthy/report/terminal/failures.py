"""What fails: a line a fault; with -v the facts, how to check it oneself, the remedy and what that costs."""

from __future__ import annotations

import re

from ...model.finding import Finding, Remedy
from ...model.levels import Severity
from ...model.result import Result
from ..grouping import FindingGroup, by_fault, controls_and_entries, fact_of, named_fact
from ..places import chain
from ..quotes import quote_of
from ..repairs import KINDS, offer, repairs_for, repairs_of, showing
from ..sheet import Sheet
from ..visible import short
from ..words import as_many_as_fit, some_of


def write_evidence(sheet: Sheet, finding: Finding, *, column: int, label: str = "") -> None:
    """Every fact of a finding, the subject before the first."""
    if not finding.evidence:
        sheet.entry(label, named_fact(finding, with_kind=True), indent=2, column=column)
    for number, evidence in enumerate(finding.evidence):
        says = named_fact(finding, with_kind=True) if number == 0 else f"also {evidence.says}"
        places = "".join(f" [{place}]" for place in chain(evidence.source))
        sheet.entry(label if number == 0 else "", says + places, indent=2, column=column)


def place_of(finding: Finding) -> str:
    """`file:line:column` of the first fact as far as it is known, or the subject's file."""
    source = finding.evidence[0].source if finding.evidence else None
    if source is None:
        return finding.subject.rpartition("#")[0] or finding.subject
    numbers = [source.line, source.column if source.line is not None else None]
    return ":".join([source.where, *(str(number) for number in numbers if number is not None)])


COLUMN = 12
"""Where an entry's text begins."""


def write_quote(sheet: Sheet, result: Result, finding: Finding) -> None:
    """The line that the fact stands in; nothing where it can't be shown, or shows nothing more."""
    quote = quote_of(result, finding, sheet.width - COLUMN)
    if quote is None:
        return
    margin = COLUMN - 3
    sheet.verbatim(f"{quote.line:>{margin}} |", quote.text, column=COLUMN, label_style="quiet")
    if quote.under:
        sheet.verbatim(f"{'':>{margin}} |", quote.caret, column=COLUMN, label_style="quiet")


def write_repair(sheet: Sheet, result: Result, group: FindingGroup) -> None:
    """What `dockworthy fix` would do about the first of them, where it can, and what that might break."""
    repairs = repairs_of(result)
    fixes = next((found for finding in group.findings if (found := repairs_for(finding, repairs))), ())
    for fix in fixes[:1]:
        breaks = f" (might break: {fix.may_break})" if fix.may_break else ""
        sheet.entry("fix", f"{KINDS[fix.kind]}: {fix.says}{breaks}", indent=2, column=COLUMN)


def write_offer(sheet: Sheet, result: Result) -> None:
    """The command that repairs what can be repaired, once for all of it."""
    offered = offer(result)
    if offered:
        sheet.blank()
        sheet.line(f"{offered}; see what would change with:")
        sheet.verbatim("", showing(result), indent=2, column=2)


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


def _write_line(sheet: Sheet, result: Result, group: FindingGroup) -> None:
    """`high  2 services have no memory limit: web, ci (workload/memory-limit)`; of files the first place before it."""
    severity, control = group.severity.value, f" ({', '.join(group.controls)})"
    place = f"{place_of(group.first)} " if result.command == "check" else ""
    text = place + with_names(group, sheet.width - COLUMN - len(place), behind=len(control)) + control
    sheet.entry(severity, text, indent=2, column=COLUMN, label_style=severity)
    if group.brings:
        sheet.line(f"which also fails {', '.join(each.first.control for each in group.brought)}", indent=COLUMN)
    if group.severity is Severity.CRITICAL:
        _write_what_to_do(sheet, group)


def _write_what_to_do(sheet: Sheet, group: FindingGroup) -> None:
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


def with_names(group: FindingGroup, columns: int, *, behind: int = 0) -> str:
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


def _write_whole(sheet: Sheet, result: Result, group: FindingGroup) -> None:
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
