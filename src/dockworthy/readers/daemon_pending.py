"""Settings whose written value is not the one that runs: somebody changed them and did not restart the engine."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from typing import Any

from ..model.field import Origin, Set
from .daemon_running import UNSUPPORTED
from .daemon_written import Written


def pending_settings(written: Written, running: Mapping[str, Set[Any]]) -> dict[str, Set[Any]]:
    """Setting -> what is written, for each that the engine would start with another value than it runs with now."""
    pending = {}
    for name in _COMPARABLE.keys() & running.keys():
        wanted, runs = _wanted(written, name), running[name].value
        # What the kernel can't do, no restart brings.
        if wanted is not None and runs != UNSUPPORTED and _differ(name, wanted.value, runs):
            pending[name] = wanted
    return pending


def _wanted(written: Written, name: str) -> Set[Any] | None:
    """The written value; for a setting that is off until written, off. None where it can't be told."""
    setting = written.setting(name)
    if isinstance(setting, Set):
        return setting
    seen = written.seen
    if isinstance(seen, Set) and name in _ABSENT:
        return Set(_ABSENT[name], setting.source or seen.source, Origin.PLATFORM)
    return None


def _differ(name: str, wanted: Any, runs: Any) -> bool:
    same = _COMPARABLE[name]
    try:
        return bool(same(wanted) != same(runs))
    except (TypeError, ValueError, AttributeError):
        return False  # a value of the wrong kind: the engine refuses it, which is told elsewhere


def _as_it_is(value: Any) -> Any:
    return value


def _profile(value: Any) -> Any:
    return "builtin" if value in ("", "default", "builtin") else value


def _registries(value: Any) -> frozenset[str]:
    return frozenset(_network(str(entry)) for entry in value)


def _network(entry: str) -> str:
    """The engine names a network by its first address, and takes a lone address for a host."""
    if "/" not in entry:
        return entry
    try:
        return str(ipaddress.ip_network(entry, strict=False))
    except ValueError:
        return entry


def _mirrors(value: Any) -> list[str]:
    return [str(entry).rstrip("/") for entry in value]


def _pools(value: Any) -> list[tuple[Any, Any]]:
    return [(_network(str(pool["base"])), pool["size"]) for pool in value if pool]


_COMPARABLE: dict[str, Callable[[Any], Any]] = {
    "authorization-plugins": list,
    "debug": _as_it_is,
    "default-address-pools": _pools,
    "default-runtime": _as_it_is,
    "experimental": _as_it_is,
    "icc": _as_it_is,
    "insecure-registries": _registries,
    "ip-masq": _as_it_is,
    "live-restore": _as_it_is,
    "log-driver": _as_it_is,
    "no-new-privileges": _as_it_is,
    "registry-mirrors": _mirrors,
    "seccomp-profile": _profile,
    "storage-driver": _as_it_is,
    "userns-remap": bool,
}
"""Settings that the API tells in a form comparable with what is written, and that form.

Left out: data-root (links, and user namespaces, change its path) and selinux-enabled (void without the kernel's part).
"""
_ABSENT: dict[str, Any] = {
    "authorization-plugins": [],
    "insecure-registries": [],
    "registry-mirrors": [],
    "userns-remap": "",
}

__all__ = ["pending_settings"]
