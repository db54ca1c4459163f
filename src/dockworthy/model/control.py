"""A control: one rule, with everything there is to know about it. One file of `controls/` holds one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from .build_fix import BuildFix
from .compose_fix import ComposeFix
from .dialect import Dialect, Platform, Version
from .field import Source
from .finding import Judgement, Reference, Remedy
from .levels import Level, Severity

Judge = Callable[[Any], "Judgement | Iterable[Judgement]"]
Example = str | Mapping[str, Any]
Examples = Mapping[str, "Example | list[Example]"]


class Subject(StrEnum):
    """What a judge is given: the class of the model with the same name."""

    UNIT = "unit"
    BUILD = "build"
    ACCESS = "access"
    FILE = "file"
    POLICY = "policy"
    IMAGE = "image"
    NETWORK = "network"
    VOLUME = "volume"
    HOST = "host"
    ENGINE = "engine"
    CLUSTER = "cluster"
    MACHINE = "machine"


class Control(Struct, kw_only=True):
    """The rule as data.

    `id` (`workload/privileged`) is what people and saved files call it, wherever its file lies; no other ever has it.
    `aliases` are its ids of before, the oldest first (model/control_ids.py).

    `title` states the secure state, `fault` what is wrong where it fails, with the number of those that have it
    (model/fault.py): `{who} [mounts|mount] the Docker socket`. `demand` is what it is shown under; `also_for` are
    further demands that are not met either where it fails. `since` is the first version of the Pod Security Standards
    that asks for it.

    `platforms`, where given, are the only ones the rule speaks of. `needs_running`: it asks what a container does, so
    what is only written is not asked. `stricter_than` names laxer controls on the same matter: what passes here passes
    there. Both are asked, each with exceptions of its own; a report may show their failures as one.
    `follows_from` names controls whose failure brings this one with it, as `privileged` switches seccomp off: reports
    list it below them.

    `fixes`: exact repairs in a Compose file, the first that gives changes for the service at hand is taken.
    `build_fixes`: exact repairs in a Dockerfile, all of them taken.

    `good`, `bad` and `unclear` are examples in source syntax, run through the real reader by one generic test.
    Their keys name the syntax: `kubernetes`, `compose`, `marathon` and `titus` (YAML), `dockerfile` (a text, or
    name -> text), `docker run` (the whole command line), `request` (the body of a create request), `container` (part of
    an inspect answer), `running` (the same with `processes` and `changes`), `service`, `daemon.json`, `host` (path ->
    content), `snapshot` (part of a snapshot), `policy` (dockworthy.yaml as it was, `--- # and now`, as it is).
    """

    id: str
    aliases: tuple[str, ...] = ()
    title: str
    fault: str = ""
    rationale: str
    level: Level
    severity: Severity
    demand: str
    also_for: tuple[str, ...] = ()
    subject: Subject
    remedy: Remedy
    references: tuple[Reference, ...] = ()
    check_yourself: str = ""
    since: Version | None = None
    platforms: frozenset[Platform] | None = None
    stricter_than: tuple[str, ...] = ()
    follows_from: tuple[str, ...] = ()
    needs_running: bool = False
    fixes: tuple[ComposeFix, ...] = ()
    build_fixes: tuple[BuildFix, ...] = ()
    bad: Examples = {}
    good: Examples = {}
    unclear: Examples = {}
    rule: str = ""
    """The expression of a team's own rule, on one line; empty for the controls that dockworthy brings."""
    rule_at: Source | None = None
    judge_function: Judge | None = None

    def judge(self, function: Judge) -> Judge:
        """Decorator: `function` is a pure function of the subject."""
        self.judge_function = function
        return function

    @property
    def is_pod_security_standard(self) -> bool:
        return any(reference.benchmark == "pss" for reference in self.references)

    def level_for(self, dialect: Dialect | None) -> Level:
        """On Kubernetes baseline and restricted are exactly the Pod Security Standards; ours add to production, and a
        team's own rules stand where the team put them."""
        if dialect is not None and dialect.is_kubernetes and not (self.is_pod_security_standard or self.rule):
            return Level.PRODUCTION
        return self.level

    def speaks_of(self, dialect: Dialect) -> bool:
        """Does the rule exist on this platform, at this version?"""
        if self.platforms is not None and dialect.platform not in self.platforms:
            return False
        return not (dialect.is_kubernetes and self.since is not None and dialect.version < self.since)


def cis(version: str, id: str, *, retired: bool = False) -> Reference:
    """A recommendation of the CIS Docker Benchmark."""
    return Reference("cis-docker", version, id, retired)


def pss(id: str, version: str = "v1.0") -> Reference:
    """A check of the Pod Security Standards by its admission id, with the first version that has it."""
    return Reference("pss", version, id)


def nist(id: str) -> Reference:
    """A section of NIST SP 800-190 (2017)."""
    return Reference("nist-sp-800-190", "2017", id)


def owasp(id: str) -> Reference:
    """An entry of the OWASP Docker Top 10 (2018 draft)."""
    return Reference("owasp-docker", "2018", id)
