"""One finding as a SARIF result: what it says, where, and what makes it the same finding next time."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any

from ..model.field import Source
from ..model.finding import Finding, Outcome
from ..model.fix import Fix
from ..model.levels import Severity
from .grouping import fact_of, named_fact
from .places import chain
from .sarif_document import Location, ResultOut, Suppression, Text
from .sarif_fix import fixes_out
from .sarif_place import Files, logical, physical
from .visible import visible

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
    finding: Finding, *, rule: int, files: Files, file: str, seen: int, fixes: tuple[Fix, ...] = (), state: str = ""
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
    """Only what fails has a level. A change that is made and not yet in force needs nobody's hand: a note."""
    if finding.outcome is Outcome.PENDING:
        return "note"
    return LEVELS[finding.severity] if KINDS[finding.outcome] == "fail" else "none"


def fingerprint(finding: Finding, seen: int = 0) -> str:
    """The same however the file around it changes: the control, the subject and the path inside, never the line."""
    source = finding.evidence[0].source if finding.evidence else None
    parts = (
        finding.control,
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


def _location(finding: Finding, files: Files, file: str) -> Location:
    """Where the first fact stands; else the subject's file, because some readers refuse a result without a file."""
    source = finding.evidence[0].source if finding.evidence else None
    place = physical(source, files) if source is not None else None
    if place is None and file:
        place = physical(Source(file), files)
    return Location(place, (logical(finding),))


def _related(finding: Finding, files: Files) -> Iterator[Location]:
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
