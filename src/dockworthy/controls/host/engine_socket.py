"""Who may open the engine's socket is root on this host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...model.control import Control, Subject, nist
from ...model.field import Field, Set, Unknown, Unset
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.host import FileMode, Host
from ...model.levels import Level, Severity
from ..examples import not_seen
from ..file_modes import SOCKETS, engine_uid, role_of, too_open, wrong_owner
from ._fields import files_not_read, in_both

SOCKET_MODE = 0o660
_DOCKER = "/var/run/docker.sock"
_CONTAINERD = "/run/containerd/containerd.sock"


def _socket(path: str, mode: int, group: str, gid: int = 998, uid: int = 0) -> dict[str, Any]:
    role = path.rsplit("/", 1)[-1]
    file = {"path": path, "role": role, "kind": "socket", "uid": uid, "gid": gid, "mode": mode, "group": group}
    return {"host": {"files": {path: file}}}


_GUARDED = {
    "pid": 7,
    "argv": ["dockerd"],
    "executable": "/usr/bin/dockerd",
    "guarded_at": _DOCKER,
    "own_socket": "/run/dockworthy-engine/docker.sock",
}

control = Control(
    id="host/engine-socket",
    title="Only root and the docker group may open the engine's sockets",
    fault="{n} [socket of the engine is|sockets of the engine are] open to more than root and the docker group",
    rationale="The engine asks nobody who they are: a program that can open its socket, or containerd's, starts a "
    "container with the host's file system in it and is root.",
    level=Level.BASELINE,
    severity=Severity.CRITICAL,
    demand="3.least-privilege",
    subject=Subject.HOST,
    references=(*in_both("3.15", "3.16", "3.23", "3.24"), nist("4.5.4")),
    remedy=Remedy(
        "Give the engine's socket to root and the docker group, 660; containerd's to root alone, 660. For good: in the unit "
        "docker.socket (SocketMode, SocketGroup), or with `group` in daemon.json.",
        "none",
    ),
    check_yourself="stat -L -c '%n %U:%G %a' /var/run/docker.sock /run/containerd/containerd.sock",
    bad={
        "snapshot": [
            _socket(_DOCKER, 0o666, "docker"),
            _socket(_DOCKER, 0o660, "users", 100),
            _socket(_DOCKER, 0o660, "docker", uid=1000),
            _socket(_CONTAINERD, 0o660, "docker"),
        ]
    },
    good={
        "snapshot": [
            _socket(_DOCKER, 0o660, "docker"),
            _socket(_DOCKER, 0o600, "root", 0),
            _socket(_CONTAINERD, 0o660, "root", 0),
            {"host": {**_socket(_DOCKER, 0o666, "docker")["host"], "daemon": _GUARDED}},
        ]
    },
    unclear={"snapshot": {"host": {"files": {_DOCKER: not_seen()}}}},
)


@control.judge
def engine_socket(host: Host) -> Iterator[Judgement]:
    if not host.files:
        yield files_not_read()
    for path, field in sorted(host.files.items()):
        if path.endswith(".sock") and (isinstance(field, Unknown) or role_of(field) in SOCKETS):
            yield _judge(path, field, host)


def _judge(path: str, field: Field[FileMode], host: Host) -> Judgement:
    if isinstance(field, Unknown):
        return unknown(field.reason, field.source, tell=field.tell, about=path)
    if isinstance(field, Unset):
        return not_applicable("there is no such socket", field.source, about=path)
    if isinstance(host.daemon, Set) and host.daemon.value.guarded_at == path:
        own = host.daemon.value.own_socket
        says = f"{path}: dockworthy's guard stands there, and knows who asks; the engine is behind it, at {own}"
        return passed(says, field.source, about=path)
    return _judge_mode(path, field, host)


def _judge_mode(path: str, field: Set[FileMode], host: Host) -> Judgement:
    file = field.value
    groups = _groups(host) if file.role == "docker.sock" else ()
    faults = [fault for fault in (wrong_owner(file, engine_uid(host), groups), too_open(file, SOCKET_MODE)) if fault]
    says = f"{file.owner or file.uid}:{file.group or file.gid} {file.mode & 0o777:04o}"
    if faults:
        says = f"{path}: {' and '.join(faults)}"
        return failed(says, field.source, about=path, remedy=_remedy(file, host))
    return passed(f"{path}: {says}", field.source, about=path)


def _remedy(file: FileMode, host: Host) -> str:
    """For now, and for good: who makes the socket sets owner and mode again."""
    owner, group = engine_uid(host) or "root", "docker" if file.role == "docker.sock" else "root"
    if file.role == "docker.sock":
        group = _groups(host)[1]
        for_good = "in the unit docker.socket (SocketMode, SocketGroup), or with `group` in daemon.json"
    else:
        for_good = "in the section [grpc] of /etc/containerd/config.toml (uid, gid)"
    return f"`chown {owner}:{group} {file.path} && chmod {SOCKET_MODE:o} {file.path}`; for good, {for_good}."


def _groups(host: Host) -> tuple[str, ...]:
    """The group that the engine was told to give its socket to, and the usual one."""
    settings = host.daemon_json.value if isinstance(host.daemon_json, Set) else {}
    return ("docker", str(settings.get("group", "docker")))
