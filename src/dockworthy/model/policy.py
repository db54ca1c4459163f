"""dockworthy.yaml: what a team intends, asks and accepts. Its JSON Schema is made from these types."""

from __future__ import annotations

import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from .levels import Level


class Data(StrEnum):
    """What is lost when a disk is lost."""

    NONE = "none"
    REBUILDABLE = "rebuildable"
    PRECIOUS = "precious"


class Code(StrEnum):
    """Who wrote what runs here."""

    OWN = "own"
    THIRD_PARTY = "third-party"
    UNTRUSTED = "untrusted"


class Exposure(StrEnum):
    """Who can send it a packet."""

    PRIVATE = "private"
    INTERNAL = "internal"
    INTERNET = "internet"


class Availability(StrEnum):
    BEST_EFFORT = "best-effort"
    ZERO_DOWNTIME = "zero-downtime"
    SURVIVES_HOST_LOSS = "survives-host-loss"


class Team(Struct, frozen=True, forbid_unknown_fields=True):
    """`operators` is how many people can mend it; `on_call` whether one of them answers at night."""

    operators: int | None = None
    on_call: bool | None = None


class Intent(Struct, frozen=True, forbid_unknown_fields=True):
    """What will you do with Docker in production? What is not said is None.

    `compliance` names benchmarks (`cis-docker`, `nist-sp-800-190`, `owasp-docker`, `pss`) that must be met as such.
    """

    data: Data | None = None
    code: Code | None = None
    exposure: Exposure | None = None
    availability: Availability | None = None
    team: Team = Team()
    compliance: tuple[str, ...] = ()

    @property
    def is_stated(self) -> bool:
        return None not in (self.data, self.code, self.exposure, self.availability)


class PolicyException(Struct, frozen=True, forbid_unknown_fields=True):
    """A control that may fail on a subject (`*` any), who accepts it and why; past `expires` it is a failure again."""

    control: str
    subject: str
    reason: str
    owner: str
    expires: datetime.date


class Policy(Struct, frozen=True, forbid_unknown_fields=True):
    """`levels`: a subject's own level. `rules` are custom rules."""

    level: Level | None = None
    levels: dict[str, Level] = {}
    exceptions: tuple[PolicyException, ...] = ()
    rules: tuple[dict[str, Any], ...] = ()


class DeclaredEvidence(Struct, frozen=True, forbid_unknown_fields=True):
    """What no fact can show: that a demand is met, by what, who says so, when it was proven, until when that counts."""

    demand: str
    what: str
    says: str
    proven: datetime.date
    until: datetime.date


class ProjectFile(Struct, frozen=True, forbid_unknown_fields=True):
    """dockworthy.yaml as a whole. `hosts`: name -> `ssh://user@host`, `unix:///path` or `tcp://host:port`."""

    intent: Intent = Intent()
    policy: Policy = Policy()
    evidence: tuple[DeclaredEvidence, ...] = ()
    hosts: dict[str, str] = {}
    deploy: dict[str, Any] = {}
    backup: dict[str, Any] = {}
