"""The JSON result, schema 1, as types: what other programs read. Keys are added, never renamed.

A key that may be left out is typed `| UnsetType`; every other one is always there, `null` where there is nothing.
"""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from ..model.finding import Outcome
from ..model.fix import FixKind
from ..model.levels import Level, Severity
from ..model.requirement import Need
from ..model.result import Answer


class ToolOut(Struct, frozen=True):
    """The program that made the result."""

    name: str
    version: str


class VerdictOut(Struct, frozen=True):
    """The answer, and why: sentences, most serious first. `valid_until` is RFC 3339, null where nothing ages.

    `intent` is the use that this is the answer for, in words; `stated`: the team said so. `yes_for` are the most
    demanding uses that would be answered with yes, `changes` the single answers of the intent that would turn it.
    """

    answer: Answer
    because: tuple[str, ...]
    valid_until: str | None
    valid_because: str | UnsetType = UNSET
    intent: str | UnsetType = UNSET
    stated: bool | UnsetType = UNSET
    yes_for: tuple[str, ...] | UnsetType = UNSET
    changes: tuple[str, ...] | UnsetType = UNSET


class SubjectOut(Struct, frozen=True):
    """What was judged. `worthy`: none of the level's findings on it is `fail`. `file` is null where it is no file's."""

    id: str
    kind: str
    file: str | None
    worthy: bool


class EvidenceOut(Struct, frozen=True):
    """A fact, and where it stands: `source` a file, API path or kernel file, `line` from 1, `path` inside it.

    `column` counts characters from 1, where it is known at which of the line the value begins.
    """

    says: str
    source: str | None
    line: int | None
    path: str | None
    column: int | UnsetType = UNSET


class RemedyOut(Struct, frozen=True):
    """What to do, the command that does it where there is one, and what doing it costs."""

    says: str
    command: str | None
    costs: str | None


class ReferenceOut(Struct, frozen=True):
    """A recommendation of a benchmark. `retired`: later versions of that benchmark dropped it."""

    benchmark: str
    version: str
    id: str
    retired: bool | UnsetType = UNSET


class ExceptionOut(Struct, frozen=True):
    """Who accepted the risk, why, and until which day. `where` that was written, as file:line."""

    reason: str
    owner: str
    expires: str
    where: str | UnsetType = UNSET


class FixOut(Struct, frozen=True):
    """What `dockworthy fix` would do about it, and what that may break, null for nothing known."""

    kind: FixKind
    says: str
    may_break: str | None


class FindingOut(Struct, frozen=True):
    """One control on one subject. `tell`, on an unknown: which permission or command would tell.
    `also_for`: further demands that it counts for."""

    control: str
    title: str
    subject: str
    kind: str
    outcome: Outcome
    severity: Severity
    level: Level
    demand: str
    evidence: EvidenceOut | None
    check_yourself: str | None
    remedy: RemedyOut | None
    references: tuple[ReferenceOut, ...]
    exception: ExceptionOut | None
    more_evidence: tuple[EvidenceOut, ...] | UnsetType = UNSET
    tell: str | UnsetType = UNSET
    also_for: tuple[str, ...] | UnsetType = UNSET
    fixes: tuple[FixOut, ...] | UnsetType = UNSET


class DemandOut(Struct, frozen=True):
    """What the findings say of one demand of running Docker in production, and what the intent makes of it."""

    demand: str
    says: str
    answer: Answer
    fail: int
    unknown: int
    passed: int
    need: Need
    because: str


class UnreadOut(Struct, frozen=True):
    """An input that could not be judged, and why."""

    input: str
    why: str


class CountsOut(Struct, frozen=True, rename={"passed": "pass"}):
    """Findings by outcome. `passed` is written `pass`, which Python keeps for itself."""

    fail: int
    unknown: int
    excepted: int
    passed: int
    not_applicable: int
    pending: int


class Document(Struct, frozen=True):
    """The result of a command that judges.

    `known`, where only new failures were asked for: those that were there before, which neither `findings` nor `counts`
    hold; `known_from` is the saved result's file, or the commit.
    """

    schema: int
    tool: ToolOut
    command: str
    level: Level
    verdict: VerdictOut
    subjects: tuple[SubjectOut, ...]
    findings: tuple[FindingOut, ...]
    counts: CountsOut
    demands: tuple[DemandOut, ...]
    unread: tuple[UnreadOut, ...]
    read: tuple[str, ...]
    notes: tuple[str, ...]
    known: tuple[FindingOut, ...] | UnsetType = UNSET
    known_from: str | UnsetType = UNSET
