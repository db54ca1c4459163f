"""Owner and mode of the engine's files, by role: who may at most do what."""

from __future__ import annotations

from typing import NamedTuple

from ..model.field import Set, Unset
from ..model.host import FileMode, Host

SOCKETS = ("docker.sock", "containerd.sock")


class AllowedMode(NamedTuple):
    """`mode`: the bits that may be set. `group_may_differ`: the group need not be root's."""

    what: str
    mode: int
    group_may_differ: bool = False


# A certificate is public: 0644 is as good as the 0444 of the benchmark, since its owner, root, may change it anyway.
FILES: dict[str, AllowedMode] = {
    "docker.service": AllowedMode("a unit file of the engine", 0o644),
    "docker.socket": AllowedMode("a unit file of the engine", 0o644),
    "containerd.service": AllowedMode("a unit file of containerd", 0o644),
    "etc.docker": AllowedMode("the engine's configuration", 0o755),
    "daemon.json": AllowedMode("the engine's settings", 0o644),
    "default.docker": AllowedMode("the engine's start options", 0o644),
    "sysconfig.docker": AllowedMode("the engine's start options", 0o644),
    "certs.d": AllowedMode("certificates of registries", 0o755),
    "registry.cert": AllowedMode("a certificate of a registry", 0o644),
    "registry.key": AllowedMode("the key for a registry", 0o600),
    "tls.ca": AllowedMode("the authority that the engine's clients are checked by", 0o644),
    "tls.cert": AllowedMode("the engine's certificate", 0o644),
    "tls.key": AllowedMode("the engine's key", 0o600),
    "etc.containerd": AllowedMode("containerd's configuration", 0o755),
    "containerd.toml": AllowedMode("containerd's settings", 0o644),
    "data-root": AllowedMode("images, volumes and containers", 0o710, True),
    "exec-root": AllowedMode("the engine's state", 0o711, True),
    "run.containerd": AllowedMode("containerd's state", 0o711, True),
    "docker.pid": AllowedMode("the engine's process number", 0o644),
    "guarded.folder": AllowedMode("the folder of the engine's own socket, behind the guard", 0o700),
    "client.config": AllowedMode("root's registry logins", 0o600),
    "dockerd": AllowedMode("a program that root runs", 0o755),
    "containerd": AllowedMode("a program that root runs", 0o755),
    "containerd-shim": AllowedMode("a program that root runs", 0o755),
    "containerd-shim-runc-v1": AllowedMode("a program that root runs", 0o755),
    "containerd-shim-runc-v2": AllowedMode("a program that root runs", 0o755),
    "runc": AllowedMode("a program that root runs", 0o755),
    "docker-init": AllowedMode("a program that containers run", 0o755),
    "docker-proxy": AllowedMode("a program that root runs", 0o755),
    "docker": AllowedMode("a program that root runs", 0o755),
    "ctr": AllowedMode("a program that root runs", 0o755),
}
"""Role of a file -> what is allowed. Sockets are judged by a control of their own."""


def engine_uid(host: Host) -> int:
    """The user that the engine's files must belong to: root, or the one who runs a rootless engine."""
    return host.daemon.value.uid if isinstance(host.daemon, Set) else 0


def wrong_owner(file: FileMode, uid: int, groups: tuple[str, ...] | None) -> str:
    """Why the owner is wrong, `""` where it is not. `groups`: names allowed beside root's; None allows any."""
    owner = f"{file.owner or file.uid}:{file.group or file.gid}"
    if file.uid not in (uid, 0):
        return f"it belongs to {owner}"
    if groups is None or file.gid == 0 or uid or file.group in groups:
        return ""
    return f"it belongs to {owner}"


def too_open(file: FileMode, allowed: int) -> str:
    """Which mode is too open, `""` where none is. Sticky, setuid and setgid bits are not looked at."""
    return f"its mode is {file.mode & 0o777:04o}, at most {allowed:04o}" if file.mode & 0o777 & ~allowed else ""


def role_of(field: Set[FileMode] | Unset) -> str:
    """An absent file has its role in its source."""
    return field.value.role if isinstance(field, Set) else field.source.path
