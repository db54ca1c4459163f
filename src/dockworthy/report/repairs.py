"""Which finding has a repair, and in what words it is offered."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable, Mapping

from ..model.finding import Finding, Outcome
from ..model.fix import Fix, FixKind
from ..model.result import Result
from .visible import visible
from .words import number_of

Repairs = Mapping[tuple[str, str], tuple[Fix, ...]]
"""Control and subject -> what repairs it."""

NO_REPAIRS: Repairs = {}

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
    """`dockworthy fix` for all that it repairs, in one sentence; `""` where that is nothing."""
    repairs = repairs_of(result)
    found = [fix for finding in result.findings for fix in repairs_for(finding, repairs)[:1]]
    if not found:
        return ""
    safe = sum(fix.kind is FixKind.SAFE for fix in found)
    count = number_of(len(found), "finding")
    return f"{count} can be repaired in the file ({safe} safely, {len(found) - safe} to be proven by a run)"


def command(result: Result, findings: Iterable[Finding]) -> str:
    """The command that repairs the files in which these stand."""
    file_of = {subject.id: subject.file for subject in result.subjects if subject.file}
    files = dict.fromkeys(file_of[finding.subject] for finding in findings if finding.subject in file_of)
    return "dockworthy fix " + " ".join(shlex.quote(visible(file)) for file in list(files)[:3] or ["."])
