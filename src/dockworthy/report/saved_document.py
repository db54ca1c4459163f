"""A saved result as types that ask for no more than every result of schema 1 has: later keys may be missing."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ..model.finding import AcceptedRisk, Outcome, Reference
from ..model.levels import Level, Severity
from ..model.result import DemandAnswer, Verdict


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
