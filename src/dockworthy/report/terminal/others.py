"""Findings that ask nothing of anyone now: accepted risks, changes in force later, and what passes."""

from __future__ import annotations

from ...model.finding import Outcome
from ...model.result import Result
from ..grouping import by_control, fact_of, name_of
from ..sheet import Sheet
from ..visible import short
from ..words import number_of, some_of
from .evidence import write_evidence


def write_pending(sheet: Sheet, result: Result) -> None:
    """Done already, but not in force yet."""
    groups = by_control(result.findings, Outcome.PENDING)
    if groups:
        sheet.heading("Done, in force later")
    for group in groups:
        sheet.point(f"{group.first.title}: {some_of(group.names)}: {short(fact_of(group.first), 200)}")


def write_accepted(sheet: Sheet, result: Result) -> None:
    """Who accepted which risk, why, and until when."""
    groups = by_control(result.findings, Outcome.EXCEPTED)
    if groups:
        sheet.heading("Accepted risks")
    for group in groups:
        for finding in group.findings:
            sheet.point(f"{finding.title} ({finding.control}): {name_of(finding)}")
            risk = finding.exception
            if risk is not None:
                sheet.line(f"{risk.reason} ({risk.terms})", indent=4, style="quiet")
            else:  # the file itself accepts it, and the fact says where
                sheet.line(short(fact_of(finding), 300), indent=4, style="quiet")


def write_known(sheet: Sheet, result: Result, *, verbose: bool) -> None:
    """Failures that were there before: how many, and with `verbose` which."""
    groups = by_control(result.known, Outcome.FAIL)
    if not groups:
        return
    sheet.heading(f"Known from {result.known_from}")
    failures, controls = number_of(len(result.known), "failure"), number_of(len(groups), "control")
    sheet.line(f"{failures} of {controls}{'' if verbose else ': see -v'}", indent=2)
    for group in groups if verbose else ():
        sheet.point(f"{group.first.title} ({group.first.control})")
        for finding in group.findings:
            write_evidence(sheet, finding, column=4)


def write_passes(sheet: Sheet, result: Result) -> None:
    """What passes and what does not apply, with the fact that says so."""
    for outcome, title in ((Outcome.PASS, "Passes"), (Outcome.NOT_APPLICABLE, "Does not apply")):
        groups = by_control(result.findings, outcome)
        if groups:
            sheet.heading(title)
        for group in groups:
            sheet.point(f"{group.first.title} ({group.first.control})")
            for finding in group.findings:
                write_evidence(sheet, finding, column=4)
