"""The kernel's audit log tells who changed the engine's files, also after they cleaned up behind themselves."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from ...model.control import Control, Subject, owasp
from ...model.field import Field, Set, Source, Unknown, Unset
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed
from ...model.host import FileMode, Host
from ...model.host_paths import without_var
from ...model.levels import Level, Severity
from ..examples import absent, known, not_seen
from ..file_modes import role_of
from ._fields import files_not_read, in_both, not_known

_RULES = "/etc/audit/rules.d/docker.rules"

ROLES = (
    "dockerd", "run.containerd", "data-root", "etc.docker", "docker.service", "containerd.sock", "docker.sock",
    "docker.socket", "default.docker", "daemon.json", "containerd.toml", "sysconfig.docker", "containerd",
    "containerd-shim", "containerd-shim-runc-v1", "containerd-shim-runc-v2", "runc",
)  # fmt: skip
"""Files of CIS 1.1.3 to 1.1.18."""


def _host(*rules: str) -> dict[str, Any]:
    file = {"path": "/usr/bin/dockerd", "role": "dockerd", "kind": "file", "uid": 0, "gid": 0, "mode": 0o755}
    return {"host": {"audit_rules": known(list(rules)), "files": {"/usr/bin/dockerd": file}}}


_NO_AUDIT = {"host": {**_host()["host"], "audit_rules": absent()}}

control = Control(
    id="host/audit-rules",
    title="The audit log records use and change of the engine's files",
    fault="{n} [file of the engine is|files of the engine are] not watched by the audit log",
    rationale="The engine's own log can be rewritten by whoever controls the engine. The kernel's audit log names "
    "the login behind each change, and can be sent to another machine as it is written.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="1.monitor",
    subject=Subject.HOST,
    references=(*in_both(*(f"1.1.{number}" for number in range(3, 19))), owasp("D10")),
    remedy=Remedy(
        "Install auditd, and write a rule `-w PATH -p wa -k docker` for each path into /etc/audit/rules.d/docker.rules.",
        "none; a watch on the data-root writes much, keep the log's rotation in sight",
        "augenrules --load",
    ),
    check_yourself="auditctl -l | grep -E 'docker|containerd|runc'",
    bad={"snapshot": [_host("-w /etc/passwd -p wa -k identity"), _host("-e 0", "-w /usr/bin/dockerd"), _NO_AUDIT]},
    good={
        "snapshot": [
            _host("-w /usr/bin/dockerd -p rwxa -k docker"),
            _host("-a always,exit -F path=/usr/bin/dockerd -F perm=wa -k docker"),
            _host("-a always,exit -F dir=/usr/bin/ -F perm=wa"),
        ]
    },
    unclear={"snapshot": {"host": {**_host()["host"], "audit_rules": not_seen()}}},
)


@control.judge
def audit_rules(host: Host) -> Judgement | Iterator[Judgement]:
    rules = host.audit_rules
    if isinstance(rules, Unknown):
        return not_known(rules)
    if isinstance(rules, Unset):
        says = "auditd is not installed: no use of the engine's files is recorded"
        return failed(says, rules.source, command="apt-get install auditd && augenrules --load")
    if "-e 0" in rules.value:
        return failed("auditing is switched off (-e 0)", rules.source)
    return _judge_each(host, rules)


def _judge_each(host: Host, rules: Set[tuple[str, ...]]) -> Iterator[Judgement]:
    if not host.files:
        yield files_not_read()
    watched = {path for rule in rules.value for path in _watched(rule)}
    for path, field in sorted(host.files.items()):
        if isinstance(field, Unknown) or role_of(field) in ROLES:
            yield _judge(path, field, watched, rules.source)


def _judge(path: str, field: Field[FileMode], watched: set[str], source: Source) -> Judgement:
    if isinstance(field, Unset):
        return not_applicable("there is no such file", field.source, about=path)
    real = field.source.via.where if field.source is not None and field.source.via is not None else path
    for name in (path, real):
        if rule := next((place for place in watched if _covers(place, name)), ""):
            return passed(f"a rule watches {rule}", source, about=path)
    return failed(f"no rule watches {path}", source, about=path, remedy=f"echo '-w {path} -p wa -k docker' >> {_RULES}")


def _watched(rule: str) -> Iterator[str]:
    """The paths of `-w PATH`, `-F path=PATH`, `-F dir=PATH`; none of a rule that keeps things out of the log."""
    words = rule.split()
    if any(word.startswith("never") or word.endswith(",never") for word in words):
        return
    for word, following in pairwise(words):
        if word == "-w":
            yield _plain(following)
        elif word == "-F" and following.startswith(("path=", "dir=")):
            yield _plain(following.partition("=")[2])


def _covers(watched: str, path: str) -> bool:
    """A watch on a folder holds for all below it."""
    path = _plain(path)
    return path == watched or path.startswith(f"{watched.rstrip('/')}/")


def _plain(path: str) -> str:
    return without_var(path.rstrip("/") or "/")
