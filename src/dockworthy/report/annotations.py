"""What fails as annotations of GitHub Actions: workflow commands, one a line, and nothing but them.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions. A step shows ten errors, ten warnings
and ten notices, and leaves out the rest without a word: so what one line of a file has wrong is one annotation, the
worst stand first, and the first of all says how many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from msgspec import Struct

from ..model.counts import number_of
from ..model.fault import fault_of
from ..model.field import Source
from ..model.finding import Finding, Outcome
from ..model.levels import Severity
from ..model.result import Result
from .grouping import by_control, name_of, named_fact
from .unread import place_of_unread
from .visible import short, visible
from .words import counts_sentence, verdict_sentence

SHOWN = 10
"""Annotations of each kind that GitHub shows of one step."""

LONGEST_TITLE = 200
LONGEST_MESSAGE = 8000
"""Characters; GitHub takes 255 and 64 KiB."""

_KINDS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "notice"}
_Place = tuple[str, int | None, str]


class FileAnnotation(Struct, frozen=True):
    """`kind` is `error`, `warning` or `notice`; `line` and `column` count from 1, None where there is none."""

    kind: str
    title: str
    message: str
    file: str = ""
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        said = (("file", self.file), ("line", self.line), ("col", self.column), ("title", self.title))
        properties = ",".join(f"{key}={_property(str(value))}" for key, value in said if value)
        return f"::{self.kind} {properties}::{_data(self.message)}"


def render_github(result: Result) -> str:
    """Lines that end in `\\n`. Names of files are taken as they are: relative to the repository's root."""
    found = [*_unread(result), *_failures(result)]
    return "".join(f"{annotation}\n" for annotation in (_summary(result, found), *found))


def _summary(result: Result, found: Sequence[FileAnnotation]) -> FileAnnotation:
    """A notice, so that it takes no place from what fails; `kind` by kind what GitHub will not show."""
    counts = counts_sentence(result.findings)
    parts = [verdict_sentence(result), f"Findings: {counts}." if counts else "No finding at all.", *result.notes]
    if result.known:
        parts.append(f"{number_of(len(result.known), 'failure')} known from {result.known_from} not shown here.")
    for kind, room in (("error", SHOWN), ("warning", SHOWN), ("notice", SHOWN - 1)):
        number = sum(annotation.kind == kind for annotation in found)
        if number > room:
            parts.append(f"GitHub shows {room} of {number} {kind}s; all of them stand in the log of this step.")
    return FileAnnotation("notice", "dockworthy", "\n".join(visible(part) for part in parts))


def _unread(result: Result) -> Iterator[FileAnnotation]:
    for what, why in result.unread:
        file, line, says = place_of_unread(what, why)
        yield FileAnnotation("error", "Could not be read, and is not part of the verdict", visible(says), file, line)


def _failures(result: Result) -> Iterator[FileAnnotation]:
    places: dict[_Place, list[Finding]] = {}
    file_of = {subject.id: subject.file for subject in result.subjects if subject.file}
    for finding in _worst_first(result.findings):
        source = _source(finding, file_of)
        places.setdefault((source.where, source.line, _KINDS[finding.severity]), []).append(finding)
    for (file, line, kind), findings in places.items():
        yield _annotation(findings, kind, file, line)


def _worst_first(findings: Iterable[Finding]) -> Iterator[Finding]:
    """By severity; of one severity the first of each control, then the second of each: as much as ten can say."""
    failing = [finding for finding in findings if finding.outcome is Outcome.FAIL]
    for severity in Severity:
        groups = by_control((f for f in failing if f.severity is severity), Outcome.FAIL)
        for row in zip_longest(*(group.findings for group in groups)):
            yield from (finding for finding in row if finding is not None)


def _source(finding: Finding, file_of: dict[str, str]) -> Source:
    """Where the first fact stands; else the file of its subject."""
    source = finding.evidence[0].source if finding.evidence else None
    if source is not None and (source.line is not None or source.where in file_of.values()):
        return source
    return Source(file_of.get(finding.subject, ""))


def _annotation(findings: list[Finding], kind: str, file: str, line: int | None) -> FileAnnotation:
    first = findings[0]
    source = first.evidence[0].source if first.evidence else None
    column = source.column if source is not None and source.line == line and len(findings) == 1 else None
    if len(findings) == 1:
        title, message = fault_of(first), f"{_says(first)}\n({first.control}, {first.severity.value})"
    else:
        title = f"{name_of(first)}: {number_of(len(findings), 'finding')}"
        message = "\n".join(f"{f.severity.value}: {fault_of(f)}: {_says(f)} ({f.control})" for f in findings)
    return FileAnnotation(kind, short(title, LONGEST_TITLE), _lines(message), visible(file), line, column)


def _says(finding: Finding) -> str:
    says = visible(named_fact(finding)).rstrip(".")
    return f"{says}. {finding.remedy.says}" if finding.remedy is not None else f"{says}."


def _lines(message: str) -> str:
    return "\n".join(visible(line) for line in message.split("\n"))[:LONGEST_MESSAGE]


def _data(text: str) -> str:
    """As the runner takes it apart: it looks for these three, the percent sign last."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
