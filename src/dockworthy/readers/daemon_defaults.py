"""What the engine does where nothing is written. Source: `dockerd --help`, engine release notes."""

from __future__ import annotations

from typing import Any

from ..model.dialect import Version

DEFAULTS: dict[str, Any] = {
    "allow-direct-routing": False,
    "data-root": "/var/lib/docker",
    "debug": False,
    "default-runtime": "runc",
    "exec-root": "/var/run/docker",
    "experimental": False,
    "group": "docker",
    "hosts": ["unix:///var/run/docker.sock"],
    "icc": True,
    "init": False,
    "ip": "0.0.0.0",
    "ip-forward": True,
    "ip-masq": True,
    "iptables": True,
    "ipv6": False,
    "live-restore": False,
    "log-driver": "json-file",
    "log-level": "info",
    "max-concurrent-downloads": 3,
    "max-concurrent-uploads": 5,
    "no-new-privileges": False,
    "raw-logs": False,
    "seccomp-profile": "builtin",
    "selinux-enabled": False,
    "shutdown-timeout": 15,
    "tls": False,
    "tlsverify": False,
    "userland-proxy": True,
}
"""Setting -> value. A setting that is not here has no value until one is written."""

_IP6TABLES_ON_SINCE = Version(27, 0)
_PRIVATE_IPC_SINCE = Version(20, 10)


def default_of(name: str, engine_version: Version | None, cgroup_version: int | None) -> Any:
    """The engine's default for a setting, None where it has none or where it depends on what is not known."""
    if name == "ip6tables":
        return None if engine_version is None else engine_version >= _IP6TABLES_ON_SINCE
    if name == "default-ipc-mode":
        if engine_version is None:
            return None
        return "private" if engine_version >= _PRIVATE_IPC_SINCE else "shareable"
    if name == "default-cgroupns-mode":
        return None if cgroup_version is None else ("private" if cgroup_version == 2 else "host")
    return DEFAULTS.get(name)


DEPENDENT = ("ip6tables", "default-ipc-mode", "default-cgroupns-mode")
"""Settings whose default depends on the engine's or the cgroups' version."""


def parse_version(text: str) -> Version | None:
    """Major and minor of an engine's version (`26.1.5+dfsg1`); None where it is none."""
    parts = text.removeprefix("v").split(".")
    if len(parts) < 2 or not all(part.isascii() and part.isdigit() and len(part) < 5 for part in parts[:2]):
        return None
    return Version(int(parts[0]), int(parts[1]))


__all__ = ["DEFAULTS", "DEPENDENT", "default_of", "parse_version"]
