"""`--diff OLD.json`: the earlier result, and what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from .exit_status import ExitStatus, status_of
from .output import Content, deliver
from .show import paper

if TYPE_CHECKING:
    from ..model.levels import Level
    from ..model.policy import ProjectFile
    from ..model.result import Result
    from ..report.difference import Difference

FORMATS = ("table", "json", "markdown")


def earlier_result(file: str, level: Level, project: ProjectFile, *, format_: str) -> Result:
    """A saved result as it was, or a saved snapshot judged by the same rules as now.

    It is read before anything else is done. Raises UnreadableInput, and UsageError for a format that can't show it.
    """
    if format_ not in FORMATS:
        raise UsageError(f"--diff can't be shown as {format_}", hint=f"its formats are {', '.join(FORMATS)}")
    from ..report.saved_result import is_snapshot, load_result

    path = Path(file)
    if not is_snapshot(path):
        return load_result(path)
    from ..assess import assess_snapshot
    from ..facts.saved import load

    return assess_snapshot(load(path), level=level, project=project)


def show_difference(
    old: Result, new: Result, *, format_: str, file: str | None, verbose: bool, quiet: bool
) -> ExitStatus:
    """The exit status is that of the new result: being better is not yet being worthy. Raises OutputError."""
    from ..report.difference import compare

    deliver(_content(compare(old, new), format_, file, verbose=verbose, quiet=quiet), file)
    return status_of(new)


def _content(difference: Difference, format_: str, file: str | None, *, verbose: bool, quiet: bool) -> Content:
    if format_ == "json":
        from ..report.difference.as_json import render_difference_json

        return render_difference_json(difference)
    if format_ == "markdown":
        from ..report.difference.as_markdown import render_difference_markdown

        return render_difference_markdown(difference, verbose=verbose)
    from ..report.difference.terminal import difference_line, render_difference

    if quiet:
        return difference_line(difference)
    width, colour = paper(file)
    return render_difference(difference, width=width, colour=colour, verbose=verbose)
