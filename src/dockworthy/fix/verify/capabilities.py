"""Capabilities that a service has, and the changes that leave it only some of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...model.fix import Change, How

DEFAULT = (
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW",
    "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
)  # fmt: skip
"""What the engine gives a container that asks for nothing."""
_FURTHER = (
    "AUDIT_CONTROL", "AUDIT_READ", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "DAC_READ_SEARCH", "IPC_LOCK",
    "IPC_OWNER", "LEASE", "LINUX_IMMUTABLE", "NET_ADMIN", "NET_BROADCAST", "PERFMON", "SYSLOG", "SYS_ADMIN", "SYS_NICE",
    "SYS_PACCT", "SYS_PTRACE", "SYS_RESOURCE", "SYS_TTY_CONFIG", "WAKE_ALARM",
)  # fmt: skip


def capabilities_of(service: Mapping[str, Any]) -> tuple[str, ...]:
    """Those that a rendered service has, in a fixed order."""
    added, dropped = _names(service.get("cap_add")), _names(service.get("cap_drop"))
    base = () if "ALL" in dropped else DEFAULT
    more = (*DEFAULT, *_FURTHER) if "ALL" in added else tuple(added)
    # Who drops ALL and adds one has that one; who drops one has it not, also when ALL are added.
    return tuple(dict.fromkeys(name for name in (*base, *more) if name not in dropped or "ALL" in dropped))


def only(name: str, service: Mapping[str, Any], wanted: Sequence[str]) -> tuple[Change, ...]:
    """The changes after which the service `name` has `wanted` and no other."""
    dropped = tuple(service.get("cap_drop") or ())
    changes = []
    if _names(dropped) != {"ALL"}:
        changes.append(Change(name, ("cap_drop",), ["ALL"]))
    if wanted and _names(service.get("cap_add")) != set(wanted):
        changes.append(Change(name, ("cap_add",), list(wanted)))
    elif not wanted and service.get("cap_add"):
        changes.append(Change(name, ("cap_add",), None, How.REMOVE))
    return tuple(changes)


def _names(written: Iterable[Any] | None) -> set[str]:
    return {str(each).upper().removeprefix("CAP_") for each in written or ()}
