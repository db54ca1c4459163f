"""The result that every judging command gives: schema 1."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from .finding import Finding
from .fix import Fix
from .levels import Level
from .requirement import Need

SCHEMA = 1


class Answer(StrEnum):
    YES = "yes"
    ACCEPTED = "accepted"  # yes, with accepted risks
    NOT_YET = "not_yet"
    NO = "no"
    UNDECIDED = "undecided"


class Verdict(Struct, frozen=True):
    """`because` are sentences, most serious first; `valid_until` RFC 3339, None where nothing ages.

    `intent` says in words for which use this is the answer (`stated` or assumed), `yes_for` the most demanding uses
    that would be answered with yes, `changes` which single answers of the intent would turn it.
    """

    answer: Answer
    because: tuple[str, ...] = ()
    valid_until: str | None = None
    valid_because: str = ""
    intent: str = ""
    stated: bool = False
    yes_for: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


class SubjectResult(Struct, frozen=True, omit_defaults=True):
    """A subject that was judged. `worthy`: none of the level's findings on it is `fail`."""

    id: str
    kind: str
    worthy: bool
    file: str = ""


class DemandAnswer(Struct, frozen=True):
    """What the findings say of one demand; `fail` and the others count findings.

    `need` is what the intent makes of the demand, `because` why.
    """

    demand: str
    answer: Answer
    fail: int
    unknown: int
    passed: int
    need: Need = Need.REQUIRED
    because: str = ""


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
    fixes: tuple[Fix, ...] = ()
    """Repairs of findings on files, with the edits that they are."""
    lines: dict[str, dict[int, str]] = {}
    """File -> line -> its text, for the lines that findings point to; secrets in them are hidden."""
    known: tuple[Finding, ...] = ()
    """Failures that were there before, where only new ones are asked for: they are in no other part but `subjects` and
    `demands`, which say how things are."""
    known_from: str = ""
    """Where they are known from: a saved result's file, or a commit."""
    notes: tuple[str, ...] = ()
    """What a reader must know besides: exceptions that expired or match nothing, evidence that no longer counts."""
