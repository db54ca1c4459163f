"""Which finding has a repair, and in what words it is offered."""

from __future__ import annotations

import posixpath
import shlex
from collections import defaultdict
from collections.abc import Mapping

from ..model.counts import number_of
from ..model.finding import Finding, Outcome
from ..model.fix import Fix, FixKind
from ..model.result import Result
from .visible import visible

Repairs = Mapping[tuple[str, str], tuple[Fix, ...]]
"""Control and subject -> what repairs it."""

NO_REPAIRS: Repairs = {}

_MOST_FILES = 3
"""Files that a command names one by one."""

KINDS = {FixKind.SAFE: "safe", FixKind.TO_BE_PROVEN: "to be proven"}


def repairs_of(result: Result) -> Repairs:
    repairs: defaultdict[tuple[str, str], list[Fix]] = defaultdict(list)
    for fix in result.fixes:
        repairs[fix.control, fix.subject].append(fix)
    return {what: tuple(fixes) for what, fixes in repairs.items()}


def repairs_for(finding: Finding, repairs: Repairs) -> tuple[Fix, ...]:
    """Only what fails is repaired."""
    return repairs.get((finding.control, finding.subject), ()) if finding.outcome is Outcome.FAIL else ()


def offer(result: Result) -> str:
    """`dockworthy fix` for all that it repairs, in one sentence; `""` where that is nothing. It counts as `fix` does:
    of what is unknown it makes some certain, too."""
    if not result.fixes:
        return ""
    safe = sum(fix.kind is FixKind.SAFE for fix in result.fixes)
    count = number_of(len(result.fixes), "fix", "fixes")
    return f"{count} can be made in the files ({safe} safe, {len(result.fixes) - safe} to be proven by a run)"


def showing(result: Result) -> str:
    """The command that shows what would change. Where no fix is safe, `--diff` alone shows nothing."""
    return f"{command(result)} --diff" if _any_is_safe(result) else f"{command(result)} --all --diff"


def repairing(result: Result) -> str:
    """The command that repairs what is safe to repair; where nothing is, the one that shows the rest."""
    return command(result) if _any_is_safe(result) else showing(result)


def _any_is_safe(result: Result) -> bool:
    return any(fix.kind is FixKind.SAFE for fix in result.fixes)


def command(result: Result) -> str:
    """The command that repairs all that can be repaired: it names the files, or of many the folder that holds them."""
    file_of = {subject.id: subject.file for subject in result.subjects if subject.file}
    files = list(dict.fromkeys(file_of[fix.subject] for fix in result.fixes if fix.subject in file_of))
    if len(files) > _MOST_FILES:
        absolute = files[0].startswith("/")
        alike = [file for file in files if file.startswith("/") == absolute]
        files = [posixpath.commonpath([posixpath.dirname(file) for file in alike]) or "."]
    return "dockworthy fix " + " ".join(shlex.quote(visible(file)) for file in files or ["."])
