"""dockworthy.yaml: what a team intends, asks and accepts. Its JSON Schema is made from these types."""

from __future__ import annotations

import datetime
from enum import StrEnum

from msgspec import Struct

from .backup_settings import BackupSettings
from .before_deploy import BeforeDeploy
from .deploy_settings import DeploySettings
from .dialect import Platform
from .field import Source
from .guard_policy import GuardPolicy
from .levels import Level, Severity


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


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """A team's own rule: a workload for which `when` (CEL) is true fails it.

    `id` is `custom/NAME`; `says` states what should be true, as the title of a finding; `why` the reason behind it.
    It is asked from `level` on (baseline where none is written), on `platforms` alone where these are written.
    """

    id: str
    severity: Severity
    when: str
    says: str
    why: str = ""
    remedy: str = ""
    level: Level | None = None
    demand: str = ""
    platforms: tuple[Platform, ...] = ()


class UnknownMeans(StrEnum):
    """What becomes of a file about which something that a control asks can't be told."""

    ACCEPT = "accept"
    FAIL = "fail"


class CommentsMean(StrEnum):
    """Whether a comment in a judged file may accept a failure (`# dockworthy: allow …`)."""

    ACCEPT = "accept"
    REFUSE = "refuse"


class Policy(Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked and accepted. `levels`: a subject's own level, by its name or id. `rules` are custom rules.

    `extends` names files whose policy is taken over, their paths relative to this file; what stands here comes first.
    `unknown`: does what can't be told fail a file, and stop a deploy? `comments`: may files hold exceptions?
    `before_deploy`: what else must be shown before a deploy.
    """

    level: Level | None = None
    levels: dict[str, Level] = {}
    exceptions: tuple[PolicyException, ...] = ()
    rules: tuple[Rule, ...] = ()
    extends: str | tuple[str, ...] = ()
    unknown: UnknownMeans | None = None
    comments: CommentsMean | None = None
    before_deploy: BeforeDeploy = BeforeDeploy()


class PolicySources(Struct, frozen=True):
    """Where the parts of a policy stand, in the order of that policy's own; `files` in the order they were joined."""

    files: tuple[str, ...] = ()
    level: Source | None = None
    levels: dict[str, Source] = {}
    exceptions: tuple[Source, ...] = ()
    rules: tuple[Source, ...] = ()
    conditions: tuple[Source, ...] = ()
    """Those of the rules' `when`."""
    unknown: Source | None = None
    comments: Source | None = None
    host: Source | None = None
    signatures: tuple[Source, ...] = ()
    tests: tuple[Source, ...] = ()
    """Of `before_deploy`."""


class JoinedPolicy(Policy, frozen=True):
    """A policy with all that it extends, which knows where each part was written."""

    sources: PolicySources = PolicySources()


def sources_of(policy: Policy) -> PolicySources:
    """Where its parts stand; of one that was made by hand nothing is known but that they are dockworthy.yaml's."""
    if isinstance(policy, JoinedPolicy):
        return policy.sources
    nowhere = Source("dockworthy.yaml")
    rules = (nowhere,) * len(policy.rules)
    return PolicySources(exceptions=(nowhere,) * len(policy.exceptions), rules=rules, conditions=rules)


class DeclaredEvidence(Struct, frozen=True, forbid_unknown_fields=True):
    """What no fact can show: that a demand is met, by what, who says so, when it was proven, until when that counts."""

    demand: str
    what: str
    says: str
    proven: datetime.date
    until: datetime.date


Reach = Exposure | tuple[str, ...]
"""Who is meant to reach a port: everybody, addresses that the internet does not carry, this host alone, or networks."""


class Harden(Struct, frozen=True, forbid_unknown_fields=True):
    """What a host is hardened for.

    `published`: who may reach which published port (`443/tcp`, `8000-8010/udp`) from outside: `internet`, `internal`,
    `private`, or a list of networks (`10.0.0.0/8`). Once it stands here, a port that it does not name is closed there.
    """

    published: dict[str, Reach] | None = None


class ProjectFile(Struct, frozen=True, forbid_unknown_fields=True):
    """dockworthy.yaml as a whole. `hosts`: name -> `ssh://user@host`, `unix:///path` or `tcp://host:port`."""

    intent: Intent = Intent()
    policy: Policy = Policy()
    evidence: tuple[DeclaredEvidence, ...] = ()
    hosts: dict[str, str] = {}
    harden: Harden = Harden()
    guard: GuardPolicy = GuardPolicy()
    deploy: DeploySettings = DeploySettings()
    backup: BackupSettings = BackupSettings()
