"""A result that was saved as JSON (`assess --format json -o FILE`), read again with suspicion.

Controls have the ids of today in it: what was renamed since is neither new nor gone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from ..errors import UnreadableInput
from ..input_files import read_input
from ..model.control_ids import id_of_today
from ..model.field import Source
from ..model.finding import AcceptedRisk, Evidence, Finding, Outcome, Reference, Remedy
from ..model.levels import Level, Severity
from ..model.result import SCHEMA, DemandAnswer, Result, SubjectResult, Verdict


class SavedHead(Struct):
    """What tells a result of dockworthy from other JSON."""

    schema: int | None = None
    verdict: dict[str, Any] | None = None
    snapshot: int | None = None


class SavedEvidence(Struct):
    says: str
    source: str | None = None
    line: int | None = None
    path: str | None = None
    column: int | None = None


class SavedRemedy(Struct):
    says: str
    command: str | None = None
    costs: str | None = None


class SavedFinding(Struct):
    control: str
    subject: str
    outcome: Outcome
    severity: Severity
    level: Level
    demand: str
    title: str = ""
    kind: str = ""
    evidence: SavedEvidence | None = None
    more_evidence: tuple[SavedEvidence, ...] = ()
    check_yourself: str | None = None
    tell: str = ""
    remedy: SavedRemedy | None = None
    references: tuple[Reference, ...] = ()
    exception: AcceptedRisk | None = None
    also_for: tuple[str, ...] = ()


class SavedSubject(Struct):
    id: str
    kind: str
    worthy: bool
    file: str | None = None


class SavedUnread(Struct):
    input: str
    why: str


class SavedResult(Struct):
    command: str
    level: Level
    verdict: Verdict
    findings: tuple[SavedFinding, ...]
    subjects: tuple[SavedSubject, ...] = ()
    demands: tuple[DemandAnswer, ...] = ()
    unread: tuple[SavedUnread, ...] = ()
    read: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    known: tuple[SavedFinding, ...] = ()
    known_from: str = ""


Kind = TypeVar("Kind")

LARGEST = 512 * 1024 * 1024
"""Bytes. A cluster of 4,500 pods takes a fifth of it."""

_HINT = "`--format json -o FILE` saves a result: of `dockworthy check PATH`, or of `dockworthy assess`"


def is_snapshot(path: Path) -> bool:
    """Are these facts that nobody has judged yet? False for what can't be read: `load_result` says why."""
    try:
        return msgspec.json.decode(read_input(path, most=LARGEST), type=SavedHead).snapshot is not None
    except (UnreadableInput, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False


def load_result(path: Path) -> Result:
    """The result in that file, as it was.

    Raises UnreadableInput for what is no result of schema 1, and says what it is instead.
    """
    content = _content(path)
    _refuse_others(_decode(content, SavedHead, path), path)
    saved = _decode(content, SavedResult, path)
    return Result(
        command=saved.command,
        level=saved.level,
        verdict=saved.verdict,
        subjects=tuple(SubjectResult(s.id, s.kind, s.worthy, s.file or "") for s in saved.subjects),
        findings=tuple(_finding(finding) for finding in saved.findings),
        known=tuple(_finding(finding) for finding in saved.known),
        known_from=saved.known_from,
        demands=saved.demands,
        unread=tuple((unread.input, unread.why) for unread in saved.unread),
        read=saved.read,
        notes=saved.notes,
    )


def _content(path: Path) -> bytes:
    content = read_input(path, most=LARGEST, what="result")
    if not content.strip():
        raise UnreadableInput("empty", file=str(path), hint=_HINT)
    return content


def _refuse_others(head: SavedHead, path: Path) -> None:
    if head.snapshot is not None:
        hint = "`dockworthy assess --from FILE --format json -o RESULT` judges it"
        raise UnreadableInput("facts that were not judged yet, not a result", file=str(path), hint=hint)
    if head.verdict is None:
        raise UnreadableInput("not a result of dockworthy: it has no verdict", file=str(path), hint=_HINT)
    if head.schema != SCHEMA:
        says = f"a result of schema {head.schema}; this dockworthy reads schema {SCHEMA}"
        raise UnreadableInput(says, file=str(path), hint="read it with the version that wrote it")


def _decode(content: bytes, kind: type[Kind], path: Path) -> Kind:
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError as error:
        says = "not a result of dockworthy" if kind is SavedHead else "a result with a value that can't be one"
        raise UnreadableInput(f"{says}: {str(error)[:300]}", file=str(path), hint=_HINT) from None
    except msgspec.DecodeError as error:
        says = "cut short" if "truncated" in str(error) else f"not JSON: {str(error)[:300]}"
        raise UnreadableInput(says, file=str(path), hint=_HINT) from None
    except UnicodeDecodeError:
        raise UnreadableInput("not JSON: its text is not UTF-8", file=str(path)) from None
    except RecursionError:
        raise UnreadableInput("nested deeper than any result", file=str(path)) from None


def _finding(saved: SavedFinding) -> Finding:
    evidence = (saved.evidence, *saved.more_evidence) if saved.evidence is not None else ()
    remedy = saved.remedy
    return Finding(
        control=id_of_today(saved.control),
        title=saved.title or saved.control,
        subject=saved.subject,
        kind=saved.kind,
        outcome=saved.outcome,
        severity=saved.severity,
        level=saved.level,
        demand=saved.demand,
        evidence=tuple(_evidence(fact) for fact in evidence),
        check_yourself=saved.check_yourself or "",
        tell=saved.tell,
        remedy=Remedy(remedy.says, remedy.costs or "", remedy.command or "") if remedy is not None else None,
        references=saved.references,
        exception=saved.exception,
        also_for=saved.also_for,
    )


def _evidence(saved: SavedEvidence) -> Evidence:
    if not saved.source:
        return Evidence(saved.says)
    return Evidence(saved.says, Source(saved.source, saved.path or "", saved.line, column=saved.column))
