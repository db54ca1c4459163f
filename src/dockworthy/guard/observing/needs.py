"""What a policy would have to list for an object to pass: parts of `guard:` in dockworthy.yaml."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

BY_RULE = {
    "guard/binds": "binds",
    "guard/devices": "devices",
    "guard/runtime": "runtimes",
    "guard/log-driver": "log_drivers",
    "guard/volume-driver": "volume_drivers",
    "guard/network-driver": "network_drivers",
}
"""A refusal by these ends when the policy lists what was asked for."""
Needs = dict[str, list[str]]


def needs_of(thing: Mapping[str, Any], rules: frozenset[str], who_may_write: Callable[[str], str]) -> Needs | None:
    """`thing` as the engine shows it. None where no list would let it pass: another rule refuses it too, or somebody
    else than root can change a path that it mounts."""
    if not rules <= set(BY_RULE):
        return None
    needs: Needs = {}
    for rule in sorted(rules):
        part = BY_RULE[rule]
        found = sorted(set(_FOUND[part](thing)) - {""})
        if not found or (part == "binds" and any(map(who_may_write, found))):
            return None
        needs[part] = found
    return needs


def _binds(thing: Mapping[str, Any]) -> Iterator[str]:
    host = thing.get("HostConfig") or {}
    for text in host.get("Binds") or ():
        source = str(text).partition(":")[0]
        if source.startswith("/"):
            yield source
    for mount in host.get("Mounts") or ():
        if mount.get("Type") == "bind":
            yield str(mount.get("Source"))
        yield from _device_of(((mount.get("VolumeOptions") or {}).get("DriverConfig") or {}).get("Options"))
    yield from _device_of(thing.get("Options"))


def _device_of(options: Any) -> Iterator[str]:
    if isinstance(options, dict) and options.get("o") in ("bind", "rbind"):
        yield str(options.get("device", ""))


def _devices(thing: Mapping[str, Any]) -> Iterator[str]:
    for device in (thing.get("HostConfig") or {}).get("Devices") or ():
        yield str(device.get("PathOnHost", ""))
    for rule in (thing.get("HostConfig") or {}).get("DeviceCgroupRules") or ():
        yield str(rule).rpartition(" ")[0]


def _volume_drivers(thing: Mapping[str, Any]) -> Iterator[str]:
    host = thing.get("HostConfig") or {}
    yield str(host.get("VolumeDriver") or "")
    for mount in host.get("Mounts") or ():
        yield str(((mount.get("VolumeOptions") or {}).get("DriverConfig") or {}).get("Name") or "")
    yield from _own_driver(thing)


def _own_driver(thing: Mapping[str, Any]) -> Iterator[str]:
    """Of a volume or a network; a container's `Driver` is the engine's storage."""
    if "HostConfig" not in thing:
        yield str(thing.get("Driver") or "")


def _word(*path: str) -> Callable[[Mapping[str, Any]], Iterator[str]]:
    def found(thing: Mapping[str, Any]) -> Iterator[str]:
        value: Any = thing
        for key in path:
            value = (value or {}).get(key)
        yield str(value or "")

    return found


_FOUND: dict[str, Callable[[Mapping[str, Any]], Iterator[str]]] = {
    "binds": _binds,
    "devices": _devices,
    "runtimes": _word("HostConfig", "Runtime"),
    "log_drivers": _word("HostConfig", "LogConfig", "Type"),
    "volume_drivers": _volume_drivers,
    "network_drivers": _own_driver,
}

__all__ = ["BY_RULE", "Needs", "needs_of"]
