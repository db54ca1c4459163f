"""A check of the project in `project/`, made by hand: findings of every outcome, lines, repairs, a known failure."""

from __future__ import annotations

from pathlib import Path

from samples import DROP_IT, LOG_ROTATION, PRIVILEGED, RESTART, finding

from dockworthy.facts.quoting import quoted_lines
from dockworthy.model.field import Source
from dockworthy.model.finding import AcceptedRisk, Finding, Outcome, Remedy
from dockworthy.model.fix import Edit, Fix, FixKind
from dockworthy.model.levels import Level, Severity
from dockworthy.model.result import Answer, DemandAnswer, Result, SubjectResult, Verdict

FILE = "compose.yaml"
TEXT = (Path(__file__).parent / "project" / FILE).read_text("utf-8")
CANARY = "c4nary"

SECRETS = {
    "control": "workload/environment-secrets",
    "title": "No secret stands in environment variables or arguments",
    "severity": Severity.HIGH,
    "level": Level.RESTRICTED,
    "demand": "7.credentials",
}
PORTS = {
    "control": "workload/published-ports",
    "title": "Published ports are bound to a chosen address",
    "severity": Severity.MEDIUM,
    "level": Level.PRODUCTION,
    "demand": "5.network",
}
GIVE_AS_FILE = Remedy("Give the secret as a file. Change it: it was readable.", "recreates the container")


def at(line: int, path: str, column: int | None = None) -> Source:
    return Source(FILE, path, line, column=column)


def of(name: str, control: dict[str, object], outcome: Outcome, says: str, source: Source, **more: object) -> Finding:
    return finding(control, f"{FILE}#{name}", outcome, says, source, kind="service", **more)


def restarts(name: str, line: int) -> Finding:
    remedy = Remedy("Set `restart: unless-stopped`.")
    return of(name, RESTART, Outcome.FAIL, "nothing brings it back", at(line, f"services.{name}"), remedy=remedy)


def findings() -> tuple[Finding, ...]:
    secret = "the variable POSTGRES_PASSWORD holds a secret"
    risk = AcceptedRisk("only until the move", "ops@example.com", "2027-03-01", "dockworthy.yaml:7")
    ports = at(5, "services.web.ports[0]", 13)
    tell = "docker image inspect shop"
    return (
        of("web", PRIVILEGED, Outcome.FAIL, "privileged: true", at(4, "services.web.privileged", 17), remedy=DROP_IT),
        of("web", PORTS, Outcome.EXCEPTED, "443/tcp is open on every address", ports, exception=risk),
        of("web", LOG_ROTATION, Outcome.UNKNOWN, "the file does not say", at(2, "services.web"), tell=tell),
        of("db", SECRETS, Outcome.FAIL, secret, at(9, "services.db.environment[0]", 9), remedy=GIVE_AS_FILE),
        of("cache", SECRETS, Outcome.FAIL, "an argument is a secret", at(13, "c.command", 14), remedy=GIVE_AS_FILE),
        *(restarts(name, line) for name, line in (("web", 2), ("db", 6), ("cache", 11))),
        of("db", PRIVILEGED, Outcome.PASS, "not privileged", at(6, "services.db")),
        of("db", LOG_ROTATION, Outcome.NOT_APPLICABLE, "not asked of it", at(6, "services.db")),
    )


FIXES = (
    Fix(
        control="workload/restart-policy",
        subject=f"{FILE}#web",
        kind=FixKind.SAFE,
        says="sets `restart: unless-stopped`",
        edits=(Edit(FILE, 6, 5, "    restart: unless-stopped\n"),),
    ),
    Fix(
        control="workload/privileged",
        subject=f"{FILE}#web",
        kind=FixKind.TO_BE_PROVEN,
        says="takes `privileged` away",
        may_break="what needs a device of the host",
        edits=(Edit(FILE, 4, 4, ""),),
    ),
)


def project() -> Result:
    """All that a check can say of files, at once."""
    found = findings()
    return Result(
        command="check",
        level=Level.PRODUCTION,
        verdict=Verdict(Answer.NOT_YET, ("web is privileged", "2 secrets stand in the files")),
        subjects=tuple(SubjectResult(f"{FILE}#{name}", "service", False, FILE) for name in ("web", "db", "cache")),
        findings=found,
        demands=(DemandAnswer("1.privileges", Answer.NOT_YET, 1, 0, 1),),
        unread=(("deploy/pod.yaml", "deploy/pod.yaml:3: the key 'name' stands twice, here and in line 2"),),
        read=("3 subjects in 1 file",),
        notes=("an exception for workload/uts-namespace on db matches nothing",),
        fixes=FIXES,
        lines=quoted_lines(found, {FILE: TEXT}.get, ()),
        known=(of("db", PORTS, Outcome.FAIL, "5432/tcp is open", at(6, "services.db")),),
        known_from="old.json",
    )
