"""The result that every judging command gives: schema 1."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from .finding import Finding
from .levels import Level

SCHEMA = 1


class Answer(StrEnum):
    YES = "yes"
    ACCEPTED = "accepted"  # yes, with accepted risks
    NOT_YET = "not_yet"
    NO = "no"
    UNDECIDED = "undecided"


class Verdict(Struct, frozen=True):
    """`because` are sentences, most serious first; `valid_until` RFC 3339, None where nothing ages."""

    answer: Answer
    because: tuple[str, ...] = ()
    valid_until: str | None = None


class SubjectResult(Struct, frozen=True, omit_defaults=True):
    """A subject that was judged. `worthy`: none of the level's findings on it is `fail`."""

    id: str
    kind: str
    worthy: bool
    file: str = ""


class DemandAnswer(Struct, frozen=True):
    """What the findings say of one demand; `fail` and the others count findings."""

    demand: str
    answer: Answer
    fail: int
    unknown: int
    passed: int


class Result(Struct, frozen=True, kw_only=True):
    """`unread` are inputs that could not be judged: what and why."""

    command: str
    level: Level
    verdict: Verdict
    subjects: tuple[SubjectResult, ...]
    findings: tuple[Finding, ...]
    demands: tuple[DemandAnswer, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    read: tuple[str, ...] = ()
    """Sentences that say what was read, for the head of a report."""
