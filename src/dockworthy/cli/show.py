"""Shows a result as it was asked for, and gives the exit status that it means."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

from ..errors import UsageError
from .exit_status import ExitStatus, status_of
from .output import deliver

if TYPE_CHECKING:
    from ..model.result import Result

WIDEST = 100
"""Columns: longer lines are tiring to read."""


def show(result: Result, *, format_: str, file: str | None, verbose: bool, quiet: bool) -> ExitStatus:
    """Renders, delivers. Raises OutputError."""
    if format_ == "json":
        from ..report.as_json import json_parts

        deliver(json_parts(result), file)
        return status_of(result)
    from ..report.terminal import render_terminal, verdict_line

    if quiet:
        deliver(verdict_line(result), file)
    else:
        width, colour = paper(file)
        deliver(render_terminal(result, width=width, colour=colour, verbose=verbose), file)
    return status_of(result)


def paper(file: str | None) -> tuple[int, bool]:
    """Columns, and whether colour is welcome: only on a terminal that can, and where NO_COLOR does not say no."""
    on_terminal = file in (None, "-") and sys.stdout is not None and sys.stdout.isatty()
    if not on_terminal:
        return 80, False
    colour = not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"
    return min(shutil.get_terminal_size().columns, WIDEST), colour


def not_both(one: str, other: str, given: bool) -> None:
    """Two options that contradict each other are an error, not a guess."""
    if given:
        raise UsageError(f"{one} and {other} exclude each other")
