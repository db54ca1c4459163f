"""Which of the services fails how much: one line each, the worst first."""

from __future__ import annotations

from collections import Counter, defaultdict

from ...model.finding import Finding, Outcome
from ...model.levels import Severity
from ...model.result import Result
from ..grouping import by_fault, name_of
from ..sheet import Sheet
from ..visible import short, visible
from ..words import number_of

SHOWN = 12
LONGEST_NAME = 28
_SHORTEST_PATH = 12
_UNSEEN = "unknown"


def write_subjects(sheet: Sheet, result: Result, *, verbose: bool) -> None:
    """Nothing where there is only one: all findings are its own."""
    found: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in result.findings:
        if finding.outcome in (Outcome.FAIL, Outcome.UNKNOWN):
            found[finding.subject].append(finding)
    failing = [findings for findings in found.values() if any(f.outcome is Outcome.FAIL for f in findings)]
    if len(failing) < 2:
        return
    failing.sort(key=lambda findings: [-count for count in _counts(findings)])
    shown = failing if verbose or len(failing) <= SHOWN + 1 else failing[:SHOWN]
    sheet.blank()
    sheet.line("  " + _row([severity.value for severity in Severity] + [_UNSEEN], "On"), style="heading")
    with_file = len({_file(findings[0]) for findings in failing}) > 1
    for findings in shown:
        numbers = [str(count or "-") for count in _counts(findings)]
        row = _row(numbers, "")
        room = sheet.width - len(row) - 2
        sheet.line(row + _where(findings[0], room, with_file=with_file), indent=2, at_most=1)
    if len(shown) < len(failing):
        sheet.line(f"and {number_of(len(failing) - len(shown), 'more subject')}", indent=2)


def _counts(findings: list[Finding]) -> list[int]:
    """Faults by severity, and what is unknown: what one fault brings with it counts once."""
    failing = Counter(group.severity for group in by_fault(findings))
    unseen = sum(finding.outcome is Outcome.UNKNOWN for finding in findings)
    return [*(failing[severity] for severity in Severity), unseen]


def _row(numbers: list[str], words: str) -> str:
    titles = [*(severity.value for severity in Severity), _UNSEEN]
    return " ".join(f"{number:>{len(title)}}" for number, title in zip(numbers, titles, strict=True)) + f"  {words}"


def _where(finding: Finding, room: int, *, with_file: bool) -> str:
    """A line that is too long would lose its columns: of a long path the end is shown, which tells it from others."""
    file = _file(finding)
    name = short(name_of(finding), min(LONGEST_NAME, room) if file and with_file else room)
    left = room - len(name) - len(" ()")
    if not (file and with_file and left >= _SHORTEST_PATH):
        return name
    file = visible(file)
    return f"{name} ({file if len(file) <= left else '...' + file[3 - left :]})"


def _file(finding: Finding) -> str:
    return finding.subject.rpartition("#")[0]
