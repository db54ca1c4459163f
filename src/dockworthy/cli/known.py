"""What failed before is known: the answer of `check` is then by what is new since a saved result."""

from __future__ import annotations

from pathlib import Path

from msgspec import structs

from ..errors import UsageError
from ..model.result import Result
from ..verdict.known import set_known_aside


def saved_result(baseline: str) -> Result:
    """It is read before anything else is done. Raises UnreadableInput, and UsageError for another command's."""
    from ..report.saved_result import load_result

    saved = load_result(Path(baseline))
    if saved.command != "check":
        raise UsageError(
            f"{baseline}: a result of `dockworthy {saved.command}`, not of `dockworthy check`",
            hint=f"`dockworthy check --format json -o {baseline} PATH` saves one",
        )
    return saved


def new_since_saved(result: Result, saved: Result, file: str, *, unknown_fails: bool) -> Result:
    """The result by what fails since another one was saved in `file`."""
    compared = set_known_aside(
        result, (*saved.findings, *saved.known), of=file, saved=True, unknown_fails=unknown_fails
    )
    if saved.level is result.level:
        return compared
    note = f"{file} was saved at level {saved.level.value}: what only {result.level.value} asks is new"
    return structs.replace(compared, notes=(*compared.notes, note))
