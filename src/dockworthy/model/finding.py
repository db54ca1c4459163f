"""What was found: a control's judgement of a subject, with the fact that it rests on."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from .field import Source
from .levels import Level, Severity


class Outcome(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"
    PENDING = "pending"  # done, in force later
    EXCEPTED = "excepted"


class Evidence(Struct, frozen=True):
    """A fact in words, and where it stands."""

    says: str
    source: Source | None = None


class Judgement(Struct, frozen=True, omit_defaults=True):
    """What a control's judge returns: an outcome, the evidence (most telling first), and for families the object.

    `about` names the object where a control judges several of one subject (`/etc/docker/daemon.json`).
    `tell` says, for an unknown, which permission or command would tell.
    `remedy`, `command` and `check_yourself` replace the control's own where they can be more precise.
    `severity` replaces the control's where the case at hand is worse, or less bad, than the rule in general.
    """

    outcome: Outcome
    evidence: tuple[Evidence, ...] = ()
    about: str = ""
    tell: str = ""
    remedy: str = ""
    command: str = ""
    check_yourself: str = ""
    severity: Severity | None = None


def passed(says: str, source: Source | None = None, *, about: str = "") -> Judgement:
    return Judgement(Outcome.PASS, (Evidence(says, source),), about=about)


def failed(
    says: str,
    source: Source | None = None,
    *,
    about: str = "",
    remedy: str = "",
    command: str = "",
    check_yourself: str = "",
) -> Judgement:
    evidence = (Evidence(says, source),)
    return Judgement(Outcome.FAIL, evidence, about=about, remedy=remedy, command=command, check_yourself=check_yourself)


def unknown(says: str, source: Source | None = None, *, tell: str = "", about: str = "") -> Judgement:
    return Judgement(Outcome.UNKNOWN, (Evidence(says, source),), tell=tell, about=about)


def not_applicable(says: str, source: Source | None = None, *, about: str = "") -> Judgement:
    return Judgement(Outcome.NOT_APPLICABLE, (Evidence(says, source),), about=about)


def pending(says: str, source: Source | None = None, *, about: str = "") -> Judgement:
    return Judgement(Outcome.PENDING, (Evidence(says, source),), about=about)


class Reference(Struct, frozen=True, omit_defaults=True):
    """A recommendation of a benchmark; `retired` where that benchmark's later versions dropped it."""

    benchmark: str
    version: str
    id: str
    retired: bool = False


class Remedy(Struct, frozen=True, omit_defaults=True):
    """What to do (`says`), the command that does it where there is one, and what doing it costs."""

    says: str
    costs: str = ""
    command: str = ""


class AcceptedRisk(Struct, frozen=True):
    """An exception of the policy: who accepts it ("" where nobody is named), why, until which day, and where that was
    written (`dockworthy.yaml:12`)."""

    reason: str
    owner: str
    expires: str
    where: str = ""

    @property
    def terms(self) -> str:
        """`ops@example.com, until 2027-03-01, compose.yaml:4`, as far as there is any."""
        return ", ".join(part for part in (self.owner, f"until {self.expires}", self.where) if part)


class Finding(Struct, frozen=True, kw_only=True):
    """One control on one subject."""

    control: str
    title: str
    subject: str
    kind: str
    outcome: Outcome
    severity: Severity
    level: Level
    demand: str
    evidence: tuple[Evidence, ...]
    check_yourself: str = ""
    tell: str = ""
    remedy: Remedy | None = None
    references: tuple[Reference, ...] = ()
    exception: AcceptedRisk | None = None
    stricter_than: tuple[str, ...] = ()
    """The laxer controls on the same matter, which have findings of their own."""
    also_for: tuple[str, ...] = ()
    """Demands that it belongs to, too."""
    fault: str = ""
    """What is wrong where it fails, as a sentence to count in (model/fault.py)."""
    follows_from: tuple[str, ...] = ()
    """Controls whose failure on the same line brings this one with it."""

    @property
    def demands(self) -> tuple[str, ...]:
        return (self.demand, *self.also_for)
