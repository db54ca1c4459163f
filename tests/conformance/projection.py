"""What of a unit can be compared between syntaxes: plain values by name, without sources.

`explicit` holds what somebody wrote, `effective` what holds in the end as far as it is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dockworthy.model.field import Field, Origin, Set, Unknown
from dockworthy.model.workload import Container, HealthCheck, Mount, MountKind, Profile, Unit, User


class _Unseen:
    def __repr__(self) -> str:
        return "UNSEEN"


UNSEEN = _Unseen()
"""In place of a value that is Unknown."""

_WHERE_SILENT: dict[str, Any] = {
    "privileged": False,
    "escalation": True,
    "read_only_root": False,
    "capabilities_add": (),
    "capabilities_drop": (),
    "init": False,
    "oom_kill_disabled": False,
    "oom_score": 0,
    "environment": {},
    "sysctls": {},
    "ulimits": {},
    "device_rules": (),
}
"""What an engine does about a field that nobody wrote, where readers leave it Unset."""


def explicit(unit: Unit) -> dict[str, Any]:
    """Only what is written; `mounts`, `ports`, `devices` and `labels` always; not `networks`, named in many ways."""
    written = {name: field for name, field in _fields(unit) if name != "networks"}
    said = {
        name: _plain(field.value) for name, field in written.items() if isinstance(field, Set) and _is_written(field)
    }
    return said | _lists(unit)


def effective(unit: Unit) -> dict[str, Any]:
    """Every field: its value, what an engine does where it is silent (None: nothing), or UNSEEN."""
    return {name: _effective(name, field) for name, field in _fields(unit)} | _lists(unit)


def _is_written(field: Set[Any]) -> bool:
    return field.origin is not Origin.PLATFORM


def _effective(name: str, field: Field[Any]) -> Any:
    if isinstance(field, Set):
        return _plain(field.value)
    return UNSEEN if isinstance(field, Unknown) else _WHERE_SILENT.get(name)


def _fields(unit: Unit) -> Iterator[tuple[str, Field[Any]]]:
    (box,) = unit.containers
    spaces, limits = unit.namespaces, box.limits
    for name in ("network", "pid", "ipc", "uts", "cgroup", "user"):
        yield f"{name} namespace", getattr(spaces, name)
    for name in ("memory", "memory_swap", "cpus", "pids", "ulimits", "oom_kill_disabled", "oom_score"):
        yield name, getattr(limits, name)
    yield "sysctls", unit.sysctls
    yield "networks", unit.networks
    yield "escalation", box.allow_privilege_escalation
    for name in ("user", "seccomp", "apparmor", "selinux"):
        yield name, _of_context(unit, box, name)
    for name in (
        *("image", "privileged", "capabilities_add", "capabilities_drop", "read_only_root", "proc_mount", "init"),
        *("command", "environment", "device_rules", "health", "logging", "restart", "cgroup_parent"),
    ):
        yield name, getattr(box, name)


def _of_context(unit: Unit, box: Container, name: str) -> Field[Any]:
    """The container's own word; the unit's where the container says nothing, as on Kubernetes."""
    own: Field[Any] = getattr(box.context, name)
    above: Field[Any] = getattr(unit.context, name)
    return above if not isinstance(own, Set) and isinstance(above, Set) else own


def _plain(value: Any) -> Any:
    if isinstance(value, Profile):
        return (value.type, value.name)
    if isinstance(value, User):
        return f"{value.name if value.uid is None else value.uid}:{value.group}"
    if isinstance(value, HealthCheck):
        return (value.test, value.disabled, value.interval, value.timeout, value.start_period, value.retries)
    if isinstance(value, tuple) and value and hasattr(value[0], "declared_at"):
        return {sysctl.name: sysctl.value for sysctl in value}
    return value


def _lists(unit: Unit) -> dict[str, Any]:
    (box,) = unit.containers
    return {
        "mounts": sorted(map(_mount, box.mounts)),
        "ports": sorted((p.container_port, p.protocol, p.host_ip, p.host_port) for p in box.ports),
        "devices": sorted((d.host_path, d.target, d.permissions) for d in box.devices),
        "labels": unit.labels,
    }


def _mount(mount: Mount) -> tuple[str, str, str, bool, str]:
    """A nameless volume gets a name of the engine's; a bind without a word about it is rprivate."""
    source = "" if mount.anonymous else mount.source
    propagation = mount.propagation or "rprivate" if mount.kind is MountKind.BIND else ""
    return (mount.kind.value, source, mount.target, mount.read_only, propagation)


__all__ = ["UNSEEN", "effective", "explicit"]
