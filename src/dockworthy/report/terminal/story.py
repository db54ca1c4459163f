"""The order of a report: what was read, the verdict, what matters most, what fails, the demands; then the rest."""

from __future__ import annotations

from ...model.result import Result
from ..sheet import Sheet
from ..visible import visible
from ..words import verdict_sentence
from .by_container import write_by_container
from .demands import write_demands
from .failures import write_failures
from .head import write_head, write_verdict
from .others import write_accepted, write_known, write_passes, write_pending
from .subjects import write_subjects
from .unread import write_unread
from .unseen import write_unseen
from .uses import write_notes, write_uses

SCREEN = 24
"""Lines of the smallest terminal that a report must make sense on."""


def render_terminal(
    result: Result, *, width: int = 80, colour: bool = False, verbose: bool = False, by: str = "control"
) -> str:
    """The whole report. `verbose` shows every finding with its evidence; `by` is what failures are listed by, `control`
    or `container`. Lines end in `\n`."""
    sheet = Sheet(width=width, colour=colour)
    write_head(sheet, result, verbose=verbose)
    if result.command == "check" and by == "control":
        write_subjects(sheet, result, verbose=verbose)
    write_unread(sheet, result, verbose=verbose)
    if by == "container":
        write_by_container(sheet, result, verbose=verbose)
    else:
        write_failures(sheet, result, verbose=verbose)
    if verbose or result.command != "check":
        write_demands(sheet, result)
    write_notes(sheet, result)
    write_uses(sheet, result)
    write_unseen(sheet, result, verbose=verbose)
    write_pending(sheet, result)
    write_accepted(sheet, result)
    write_known(sheet, result, verbose=verbose)
    if verbose:
        write_passes(sheet, result)
    if len(sheet) > SCREEN:  # a long report leaves its end on the screen, not its beginning
        sheet.blank()
        write_verdict(sheet, result)
    return str(sheet)


def verdict_line(result: Result) -> str:
    """The verdict alone, as one line."""
    return visible(verdict_sentence(result)) + "\n"
