"""Shows a result as it was asked for, and gives the exit status that it means."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..errors import UsageError
from .exit_status import ExitStatus, status_of
from .formats import FORMATS, content_in
from .output import Content, deliver, say

if TYPE_CHECKING:
    from ..model.result import Result

WIDEST = 100
"""Columns: longer lines are tiring to read."""


def show(
    result: Result, *, format_: str, file: str | None, verbose: bool, quiet: bool, by: str = "control"
) -> ExitStatus:
    """Renders, delivers. Raises OutputError."""
    deliver(_for_logs(_content(result, format_, file, verbose=verbose, quiet=quiet, by=by)), file)
    return status_of(result)


def _for_logs(content: Content) -> Content:
    """A command to a pipeline's agent may also come about where a renderer puts two texts side by side."""
    from ..report.visible import without_commands

    if isinstance(content, str):
        return without_commands(content)
    if isinstance(content, bytes):
        return without_commands(content.decode()).encode() if b"##" in content else content
    return (without_commands(part.decode()).encode() if b"##" in part else part for part in content)


def _content(result: Result, format_: str, file: str | None, *, verbose: bool, quiet: bool, by: str) -> Content:
    """`--quiet` is for people: what a program reads is whole."""
    if format_ in FORMATS:
        return content_in(format_, result, verbose=verbose)
    from ..report.terminal import render_terminal, verdict_line

    if quiet:
        return verdict_line(result)
    width, colour = paper(file)
    return render_terminal(result, width=width, colour=colour, verbose=verbose, by=by)


def paper(file: str | None) -> tuple[int, bool]:
    """Columns, and whether colour is welcome: only on a terminal that can, and where NO_COLOR does not say no."""
    on_terminal = file in (None, "-") and sys.stdout is not None and sys.stdout.isatty()
    if not on_terminal:
        return 80, False
    colour = not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"
    import shutil  # a dear one, with all its archives: only for people

    return min(shutil.get_terminal_size().columns, WIDEST), colour


def ids_of_today(written: Iterable[str]) -> tuple[str, ...]:
    """Ids of controls as they are today; what was renamed since is said."""
    from ..model.control_ids import id_of_today

    named = tuple(written)
    for old in dict.fromkeys(named):
        if id_of_today(old) != old:
            say(f"{old} is called {id_of_today(old)} now")
    return tuple(map(id_of_today, named))


def not_both(one: str, other: str, given: bool) -> None:
    """Two options that contradict each other are an error, not a guess."""
    if given:
        raise UsageError(f"{one} and {other} exclude each other")
