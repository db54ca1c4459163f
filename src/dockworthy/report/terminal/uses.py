"""Other uses than the one that was judged, and what a reader must know of exceptions and declared evidence."""

from __future__ import annotations

from ...model.result import Result
from ..sheet import Sheet


def write_uses(sheet: Sheet, result: Result) -> None:
    """For which uses the answer would be yes, and which single answer of the intent would turn it."""
    verdict = result.verdict
    if not verdict.yes_for and not verdict.changes:
        return
    sheet.heading("If something else is intended")
    for use in verdict.yes_for:
        sheet.entry("-", f"yes for {use}", indent=2, column=4)
    for change in verdict.changes:
        sheet.entry("-", change, indent=2, column=4)


def write_notes(sheet: Sheet, result: Result) -> None:
    """Exceptions that expired or match nothing, evidence that no longer counts; keys of a file that mean nothing."""
    if not result.notes:
        return
    sheet.heading("Worth knowing" if result.command == "check" else "Of dockworthy.yaml")
    for note in result.notes:
        sheet.entry("-", note, indent=2, column=4)
