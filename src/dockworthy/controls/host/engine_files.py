"""Whoever may write the engine's settings, units or programs is root on this host with its next start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...model.control import Control, Subject, nist
from ...model.field import Field, Set, Unknown, Unset
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.host import FileMode, Host
from ...model.levels import Level, Severity
from ..examples import not_seen
from ..file_modes import FILES, SOCKETS, engine_uid, role_of, too_open, wrong_owner
from ._fields import files_not_read, in_both

_CIS = [f"3.{number}" for number in range(1, 25) if number not in (15, 16, 23, 24)]


def _file(path: str, role: str, mode: int, uid: int = 0, gid: int = 0) -> dict[str, Any]:
    return {"path": path, "role": role, "kind": "file", "uid": uid, "gid": gid, "mode": mode}


def _files(*files: dict[str, Any]) -> dict[str, Any]:
    return {"host": {"files": {file["path"]: file for file in files}}}


_SETTINGS = "/etc/docker/daemon.json"

control = Control(
    id="host/engine-files",
    title="The engine's files belong to root, and nobody else may write them",
    fault="{n} [file of the engine has the wrong owner or is|files of the engine have the wrong owner or are] too open",
    rationale="The engine runs as root and does what these files say. A unit file, daemon.json or program that "
    "another user may write is that user's way to root; a key that another may read speaks for the engine.",
    level=Level.BASELINE,
    severity=Severity.HIGH,
    demand="3.least-privilege",
    subject=Subject.HOST,
    references=(*in_both(*_CIS), nist("4.5.5")),
    remedy=Remedy(
        "Give the file to root, and take the rights away that the finding names (`chown root:root FILE && chmod o-w FILE`).",
        "none",
    ),
    check_yourself="stat -L -c '%n %U:%G %a' /etc/docker /etc/docker/daemon.json "
    "$(systemctl show -p FragmentPath --value docker.service docker.socket)",
    bad={
        "host": {_SETTINGS: {"content": "{}", "mode": "0666"}},
        "snapshot": [
            _files(_file(_SETTINGS, "daemon.json", 0o644, uid=1000)),
            _files(_file(_SETTINGS, "daemon.json", 0o644, gid=998)),
            _files(_file("/etc/docker/key.pem", "tls.key", 0o644)),
        ],
    },
    good={
        "host": {_SETTINGS: {"content": "{}", "mode": "0644"}},
        "snapshot": _files(
            _file(_SETTINGS, "daemon.json", 0o600),
            _file("/etc/docker/key.pem", "tls.key", 0o400),
            _file("/etc/docker/cert.pem", "tls.cert", 0o444),
        ),
    },
    unclear={"snapshot": {"host": {"files": {_SETTINGS: not_seen()}}}},
)


@control.judge
def engine_files(host: Host) -> Iterator[Judgement]:
    if not host.files:
        yield files_not_read()
    for path, field in sorted(host.files.items()):
        if path.endswith(".sock"):
            continue  # host/engine-socket
        if isinstance(field, Unknown) or role_of(field) not in SOCKETS:
            yield _judge(path, field, host)


def _judge(path: str, field: Field[FileMode], host: Host) -> Judgement:
    if isinstance(field, Unknown):
        return unknown(field.reason, field.source, tell=field.tell, about=path)
    if isinstance(field, Unset):
        return not_applicable("there is no such file", field.source, about=path)
    return _judge_mode(path, field, engine_uid(host))


def _judge_mode(path: str, field: Set[FileMode], uid: int) -> Judgement:
    file = field.value
    allowed = FILES.get(file.role)
    if allowed is None or file.kind == "link":
        why = "it is masked" if file.kind == "link" else f"nothing is asked of {file.role}"
        return not_applicable(why, field.source, about=path)
    groups = None if allowed.group_may_differ else ()
    faults = [fault for fault in (wrong_owner(file, uid, groups), too_open(file, allowed.mode)) if fault]
    if not faults:
        says = f"{file.owner or file.uid}:{file.group or file.gid} {file.mode & 0o777:04o}"
        return passed(says, field.source, about=path)
    owner = f"chown {'root:root' if uid == 0 else uid} {path} && " if wrong_owner(file, uid, groups) else ""
    return failed(
        f"{path}, {allowed.what}: {' and '.join(faults)}",
        field.source,
        about=path,
        remedy=f"{owner}chmod {file.mode & 0o777 & allowed.mode:04o} {path}",
        check_yourself=f"stat -L -c '%U:%G %a' {path}",
    )
