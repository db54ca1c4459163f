"""Results made by hand, as the commands would give them."""

from __future__ import annotations

from typing import Any

from dockworthy.model.field import Source
from dockworthy.model.finding import AcceptedRisk, Evidence, Finding, Outcome, Reference, Remedy
from dockworthy.model.levels import Level, Severity
from dockworthy.model.result import Answer, DemandAnswer, Result, SubjectResult, Verdict

PRIVILEGED = {
    "control": "workload/privileged",
    "title": "Containers are not privileged",
    "fault": "{who} [is|are] privileged",
    "severity": Severity.CRITICAL,
    "level": Level.BASELINE,
    "demand": "1.privileges",
    "references": (Reference("cis-docker", "1.6.0", "5.4"), Reference("cis-docker", "1.8.0", "5.5")),
}
DROP_IT = Remedy("Drop `privileged`; add back the one capability or device that it needs.", "recreates the container")

FILE_MODES = {
    "control": "host/file-modes",
    "title": "The engine's files can't be changed by others",
    "fault": "{n} [file of the engine|files of the engine] can be changed by others",
    "severity": Severity.HIGH,
    "level": Level.RESTRICTED,
    "demand": "3.least-privilege",
    "references": (Reference("cis-docker", "1.6.0", "3.17"),),
}
LOG_ROTATION = {
    "control": "workload/log-rotation",
    "title": "Container logs are rotated, so that they can't fill the disk",
    "fault": "{who} [fills|fill] the disk with logs",
    "severity": Severity.MEDIUM,
    "level": Level.PRODUCTION,
    "demand": "3.logs",
}
AUDIT = {
    "control": "host/audit-rules",
    "title": "Changes to the engine's files are written to the audit log",
    "fault": "{n} [file of the engine is|files of the engine are] not watched",
    "severity": Severity.MEDIUM,
    "level": Level.PRODUCTION,
    "demand": "3.least-privilege",
}
RESTART = {
    "control": "workload/restart-policy",
    "title": "Containers come back by themselves after a crash or a reboot",
    "fault": "{who} [stays|stay] down",
    "severity": Severity.LOW,
    "level": Level.PRODUCTION,
    "demand": "7.foundation",
}


def finding(
    of: dict[str, Any], subject: str, outcome: Outcome, says: str, source: Source | None, **more: Any
) -> Finding:
    """A finding of one of the controls above."""
    kind = more.pop("kind", subject.split("/")[0].split(":")[0])
    values = {"evidence": (Evidence(says, source),), **of, **more}
    return Finding(subject=subject, kind=kind, outcome=outcome, **values)


def privileged(name: str) -> Finding:
    source = Source(f"GET /containers/{name}/json", "HostConfig.Privileged")
    check = f"docker inspect -f '{{{{.HostConfig.Privileged}}}}' {name}"
    return finding(
        PRIVILEGED, f"container/{name}", Outcome.FAIL, "privileged: true", source, check_yourself=check, remedy=DROP_IT
    )


def file_mode(path: str, mode: str) -> Finding:
    remedy = Remedy(f"Take the write permission of others from {path}.", "nothing stops", f"chmod o-w {path}")
    return finding(
        FILE_MODES,
        f"host:{path}",
        Outcome.FAIL,
        f"{path} has mode {mode}",
        Source(path),
        check_yourself=f"stat -c %a {path}",
        remedy=remedy,
    )


def unseen_audit(path: str) -> Finding:
    source = Source("/etc/audit/rules.d")
    says = "permission denied reading /etc/audit/rules.d"
    return finding(AUDIT, f"host:{path}", Outcome.UNKNOWN, says, source, tell="root, or read access to /etc/audit")


def assessed(containers: int = 100) -> Result:
    """A machine with many privileged containers, loose files and what an ordinary user can't see."""
    names = [f"web-{number}" for number in range(1, containers + 1)]
    logs = Source("GET /containers/db/json", "HostConfig.LogConfig")
    inspect = Source("GET /containers/db/json", "HostConfig.RestartPolicy")
    findings = (
        *(privileged(name) for name in names),
        *(file_mode(f"/etc/docker/file-{number}", "666") for number in range(6)),
        finding(LOG_ROTATION, "container/db", Outcome.FAIL, "json-file without max-size", logs),
        unseen_audit("/usr/bin/dockerd"),
        unseen_audit("/var/lib/docker"),
        finding(RESTART, "container/db", Outcome.PASS, "restart: unless-stopped", inspect),
        finding(RESTART, "container/job", Outcome.NOT_APPLICABLE, "a job that ends", inspect),
        finding(
            RESTART,
            "container/old",
            Outcome.EXCEPTED,
            "restart: no",
            inspect,
            exception=AcceptedRisk("is replaced in spring", "ops@example.com", "2027-03-01"),
        ),
        finding(LOG_ROTATION, "container/new", Outcome.PENDING, "set in daemon.json, not yet recreated", logs),
    )
    return Result(
        command="assess",
        level=Level.PRODUCTION,
        verdict=Verdict(
            Answer.NOT_YET,
            (f"{containers} containers are root on this host", "6 of the engine's files can be changed by anyone."),
            "2026-12-01T00:00:00Z",
        ),
        subjects=tuple(SubjectResult(f"container/{name}", "container", False) for name in names),
        findings=findings,
        demands=(
            DemandAnswer("1.privileges", Answer.NOT_YET, containers, 0, 0),
            DemandAnswer("2.redeploy", Answer.YES, 0, 0, 4),
            DemandAnswer("3.least-privilege", Answer.NOT_YET, 6, 2, 0),
            DemandAnswer("3.logs", Answer.NOT_YET, 1, 0, 0),
            DemandAnswer("4.path", Answer.UNDECIDED, 0, 0, 0),
            DemandAnswer("7.foundation", Answer.YES, 0, 0, 1),
        ),
        read=(
            f"Docker Engine 26.1.5 at unix:///var/run/docker.sock with {containers} containers, 12 images, 3 volumes",
            "this host: Debian 13, kernel 6.12.41",
        ),
    )


def checked() -> Result:
    """Kubernetes files: one that fails in several places, one that could not be read."""
    pods = [("deploy/web.yaml", 12), ("deploy/db.yaml", 7), *((f"deploy/job-{n}.yaml", 9) for n in range(6))]
    findings = tuple(
        finding(
            PRIVILEGED,
            f"{file}#pod/shop/p{line}",
            Outcome.FAIL,
            "web: privileged: true",
            Source(file, "spec.containers[0].securityContext.privileged", line),
            kind="pod",
            check_yourself=f"grep -n privileged {file}",
            remedy=DROP_IT,
        )
        for file, line in pods
    )
    return Result(
        command="check",
        level=Level.BASELINE,
        verdict=Verdict(Answer.NOT_YET, ("8 pods are privileged",)),
        subjects=tuple(SubjectResult(f"{file}#pod", "pod", False, file) for file, _ in pods),
        findings=findings,
        unread=(("deploy/broken.yaml", "deploy/broken.yaml:3: this is not YAML: a tab where spaces should be"),),
        read=("9 files in deploy",),
    )


def undecided() -> Result:
    """What an ordinary user gets who may not ask the engine."""
    refused = "permission denied on /var/run/docker.sock"
    tell = "root, or membership of the docker group"
    source = Source("unix:///var/run/docker.sock")
    findings = (
        finding(PRIVILEGED, "machine", Outcome.UNKNOWN, refused, source, tell=tell),
        finding(LOG_ROTATION, "machine", Outcome.UNKNOWN, refused, source, tell=tell),
        unseen_audit("/usr/bin/dockerd"),
        finding(RESTART, "machine", Outcome.UNKNOWN, refused, source),
    )
    return Result(
        command="assess",
        level=Level.PRODUCTION,
        verdict=Verdict(Answer.UNDECIDED, ("the engine can't be seen from here",)),
        subjects=(SubjectResult("machine", "machine", True),),
        findings=findings,
        demands=(DemandAnswer("1.privileges", Answer.UNDECIDED, 0, 1, 0),),
        read=("this host: Debian 13, kernel 6.12.41",),
    )
