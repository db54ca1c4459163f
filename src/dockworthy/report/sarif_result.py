"""One finding as a SARIF result: what it says, where, and what makes it the same finding next time."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from ..model.control_ids import first_id
from ..model.field import Source
from ..model.finding import Finding, Outcome
from ..model.fix import Edit, Fix
from ..model.levels import Severity
from ..model.result import Result
from .cited import value_at
from .grouping import fact_of, name_of, named_fact
from .places import PlaceKind, chain, kind_of
from .sarif_document import (
    ArtifactChange,
    Location,
    Logical,
    Physical,
    Region,
    ResultOut,
    SarifFix,
    SarifReplacement,
    Suppression,
    Text,
    Uri,
)
from .visible import visible, without_odd_bytes

BASES = {PlaceKind.FILE: "%SRCROOT%", PlaceKind.HOST: "HOST", PlaceKind.ENGINE: "ENGINE"}

REDACTED = "***"
"""What stands in a line instead of a secret and all that follows it."""


class JudgedFiles(Struct, frozen=True):
    """What is known of the files that were judged: their names, and those of their lines that are quoted."""

    names: frozenset[str]
    lines: Mapping[str, Mapping[int, str]]

    @property
    def has_redacted(self) -> bool:
        return any(text.endswith(REDACTED) for lines in self.lines.values() for text in lines.values())

    def line(self, source: Source) -> str | None:
        return self.lines.get(source.where, {}).get(source.line or 0)


def files_of(result: Result) -> JudgedFiles:
    """Those with a subject in them, and those that one extends or includes."""
    names = {subject.file for subject in result.subjects if subject.file}
    return JudgedFiles(frozenset(names | result.lines.keys()), result.lines)


def physical(source: Source, files: JudgedFiles) -> Physical | None:
    kind = kind_of(source, files=files.names)
    if kind is PlaceKind.OTHER:
        return None
    path = source.where.removeprefix("GET ") if kind is PlaceKind.ENGINE else source.where
    base = "HOST" if path.startswith("/") and kind is PlaceKind.FILE else BASES[kind]
    location = uri(path, base)
    if not source.line:
        return Physical(location)
    text = files.line(source)
    whole = Region(source.line, snippet=_text(text))
    if not source.column:
        return Physical(location, whole)
    return Physical(location, _region(source.line, source.column, text), whole if text else None)


def uri(path: str, base: str = "%SRCROOT%") -> Uri:
    return Uri(quote(without_odd_bytes(path.lstrip("/"))), base)


def logical(finding: Finding) -> Logical:
    return Logical(name_of(finding), visible(finding.subject), finding.kind)


def _region(line: int, column: int, text: str | None) -> Region:
    """The value alone, where its line is quoted and it is not hidden in it."""
    value = value_at(text, column) if text is not None and column <= len(text) else ""
    if not value or (text is not None and text.endswith(REDACTED) and column + len(value) > len(text) - len(REDACTED)):
        return Region(line, column)
    return Region(line, column, end_column=column + len(value), snippet=_text(value))


def _text(text: str | None) -> Text | None:
    return None if text is None else Text(without_odd_bytes(text))


def fixes_out(fixes: Iterable[Fix]) -> Iterator[SarifFix]:
    """Those that are edits of lines; the standard asks for at least one change."""
    for fix in fixes:
        if fix.edits:
            says = f"{fix.says}. What might break: {fix.may_break}" if fix.may_break else fix.says
            yield SarifFix(Text(visible(says)), tuple(_changes(fix)), {"kind": fix.kind.value})


def _changes(fix: Fix) -> Iterator[ArtifactChange]:
    by_file: defaultdict[str, list[Edit]] = defaultdict(list)
    for edit in fix.edits:
        by_file[edit.file].append(edit)
    for file, edits in by_file.items():
        yield ArtifactChange(uri(file), tuple(SarifReplacement(_lines(edit), Text(edit.text)) for edit in edits))


def _lines(edit: Edit) -> Region:
    """Whole lines, the break behind the last one included: it ends where the next line begins."""
    return Region(edit.first, 1, edit.last + 1, 1)


LEVELS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
"""SARIF has three words where findings have four; the finding's own is in its properties."""

KINDS = {
    Outcome.FAIL: "fail",
    Outcome.PENDING: "fail",
    Outcome.EXCEPTED: "fail",
    Outcome.UNKNOWN: "open",
    Outcome.PASS: "pass",
    Outcome.NOT_APPLICABLE: "notApplicable",
}


def result_of(
    finding: Finding,
    *,
    rule: int,
    files: JudgedFiles,
    file: str,
    seen: int,
    fixes: tuple[Fix, ...] = (),
    state: str = "",
) -> ResultOut:
    """`rule` is its index in the rules, `file` the one that the subject stands in, `seen` how often it came before.

    `state` is `new` or `unchanged`, where there is something to compare with.
    """
    return ResultOut(
        rule_id=finding.control,
        rule_index=rule,
        kind=KINDS[finding.outcome],
        level=level_of(finding),
        message=Text(plain(_says(finding))),
        locations=(_location(finding, files, file),),
        related_locations=tuple(_related(finding, files)),
        partial_fingerprints={"dockworthy/v1": fingerprint(finding, seen)},
        suppressions=tuple(_suppressions(finding)),
        baseline_state=state,
        fixes=tuple(fixes_out(fixes)),
        properties=_properties(finding),
    )


def level_of(finding: Finding) -> str:
    """Only what fails has a level. A change that is made and not yet in force needs nothing of anybody: a note."""
    if finding.outcome is Outcome.PENDING:
        return "note"
    return LEVELS[finding.severity] if KINDS[finding.outcome] == "fail" else "none"


def fingerprint(finding: Finding, seen: int = 0) -> str:
    """The same however the file around it changes: the control, the subject and the path inside, never the line. By the
    control's first id, so that it outlives a rename."""
    source = finding.evidence[0].source if finding.evidence else None
    parts = (
        first_id(finding.control),
        finding.subject,
        source.path if source is not None else "",
        *([str(seen)] if seen else []),
    )
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def plain(text: str) -> str:
    """Text of a message: in one, braces are placeholders and `[a](b)` is a link unless they are escaped (3.11.5, 6)."""
    return re.sub(r"\[(?=[^\[\]]*\]\()", r"\\[", visible(text)).replace("{", "{{").replace("}", "}}")


def _says(finding: Finding) -> str:
    says = named_fact(finding).rstrip(".")
    if finding.outcome is Outcome.UNKNOWN and finding.tell:
        return f"Unknown: {says}. What would tell: {finding.tell}"
    if finding.outcome is Outcome.PENDING:
        return f"Done, in force later: {says}."
    return f"{says}. {finding.remedy.says}" if finding.remedy is not None else f"{says}."


def _location(finding: Finding, files: JudgedFiles, file: str) -> Location:
    """Where the first fact stands; else the subject's file, because some readers refuse a result without a file."""
    source = finding.evidence[0].source if finding.evidence else None
    place = physical(source, files) if source is not None else None
    if place is None and file:
        place = physical(Source(file), files)
    return Location(place, (logical(finding),))


def _related(finding: Finding, files: JudgedFiles) -> Iterator[Location]:
    """The other facts, and the places that an alias leads to from the first."""
    first = finding.evidence[0].source if finding.evidence else None
    for source in list(chain(first))[1:]:
        yield Location(physical(source, files), message=Text(plain(f"written here: {source}")))
    for evidence in finding.evidence[1:]:
        place = physical(evidence.source, files) if evidence.source is not None else None
        yield Location(place, message=Text(plain(evidence.says)))


def _suppressions(finding: Finding) -> Iterator[Suppression]:
    """By the policy; or by the file itself, as a comment for hadolint does it: its evidence says where."""
    risk = finding.exception
    if risk is not None:
        yield Suppression("external", "accepted", f"{risk.reason} ({risk.terms})")
    elif finding.outcome is Outcome.EXCEPTED:
        yield Suppression("inSource", "accepted", plain(fact_of(finding)))


def _properties(finding: Finding) -> dict[str, Any]:
    """What SARIF has no word for, under dockworthy's own."""
    places = [{"says": fact.says, "source": str(fact.source) if fact.source else None} for fact in finding.evidence]
    remedy = finding.remedy
    values: dict[str, Any] = {
        "outcome": finding.outcome.value,
        "severity": finding.severity.value,
        "level": finding.level.value,
        "demand": finding.demand,
        "evidence": places,
        "checkYourself": finding.check_yourself,
        "tell": finding.tell,
        "remedy": {"says": remedy.says, "command": remedy.command, "costs": remedy.costs} if remedy else None,
    }
    return {key: value for key, value in values.items() if value}
