"""What failed before is known: the answer of `check` is then by what is new, since a saved result or a commit."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import structs

from ..errors import UsageError
from ..model.finding import Finding
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


def new_since_commit(
    result: Result,
    ref: str,
    paths: Sequence[str],
    judge: Callable[..., Result],
    *,
    stdin_name: str,
    unknown_fails: bool,
) -> Result:
    """The result by what fails since this branch and `ref` parted: `judge` is asked for the files as they were then.

    Raises UsageError where git can't tell what they were.
    """
    from ..readers.repository import files_since

    with files_since(ref, paths, stdin_name=stdin_name) as earlier:
        try:
            with contextlib.chdir(earlier.folder):
                findings = judge(earlier.paths, checkout=earlier.checkout).findings if earlier.paths else ()
        except UsageError:  # nothing that could be judged was there
            findings = ()
        was = [_as_now(finding, earlier.as_now) for finding in findings]
        return set_known_aside(result, was, of=earlier.says, saved=False, unknown_fails=unknown_fails)


def _as_now(finding: Finding, renamed: Callable[[str], str]) -> Finding:
    evidence = tuple(structs.replace(fact, says=renamed(fact.says)) for fact in finding.evidence)
    return structs.replace(finding, subject=renamed(finding.subject), evidence=evidence)
