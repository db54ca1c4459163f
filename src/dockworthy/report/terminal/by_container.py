"""What fails, by object: what a person who owns one container or service has to do."""

from __future__ import annotations

from collections import Counter, defaultdict

from ...model.fault import fault_without_name
from ...model.finding import Finding, Outcome, Remedy
from ...model.levels import Severity
from ...model.result import Result
from ..grouping import FindingGroup, by_fault, fact_of, name_of
from ..sheet import Sheet
from ..visible import short
from .failures import place_of, write_offer

COLUMN = 12
LONGEST_FACT = 120


def write_by_container(sheet: Sheet, result: Result, *, verbose: bool) -> None:
    """The worst first. `verbose` adds the remedy of each."""
    found: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in result.findings:
        if finding.outcome is Outcome.FAIL:
            found[finding.subject].append(finding)
    for findings in sorted(found.values(), key=_counts, reverse=True):
        first = findings[0]
        kind = "" if first.subject == first.kind else f"{first.kind} "
        counts = ", ".join(
            f"{count} {severity.value}" for severity, count in zip(Severity, _counts(findings), strict=True) if count
        )
        sheet.heading(f"{kind}{name_of(first)}: {counts}")
        for group in by_fault(findings):
            _write_fault(sheet, group, written=result.command == "check", verbose=verbose)
    write_offer(sheet, result)


def _counts(findings: list[Finding]) -> list[int]:
    """How many faults of each severity, critical first: what one brings with it is none of its own."""
    failing = Counter(group.severity for group in by_fault(findings))
    return [failing[severity] for severity in Severity]


def _write_fault(sheet: Sheet, group: FindingGroup, *, written: bool, verbose: bool) -> None:
    finding, severity = group.first, group.severity.value
    place = f"{place_of(finding)} " if written else ""
    text = (
        f"{place}{fault_without_name(finding)}: {short(fact_of(finding), LONGEST_FACT)} ({', '.join(group.controls)})"
    )
    sheet.entry(severity, text, indent=2, column=COLUMN, label_style=severity)
    if group.brings:
        sheet.line(f"which also fails {', '.join(each.first.control for each in group.brought)}", indent=COLUMN)
    if verbose and finding.remedy is not None:
        _write_remedy(sheet, finding.remedy)


def _write_remedy(sheet: Sheet, remedy: Remedy) -> None:
    sheet.line(remedy.says, indent=COLUMN, style="quiet")
    if remedy.command:
        sheet.verbatim("", remedy.command, column=COLUMN)
