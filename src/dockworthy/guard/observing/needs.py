"""What a policy would have to list for an object to pass: parts of `guard:` in dockworthy.yaml."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ...model.guard_policy import GuardPolicy
from ...model.host_paths import plain_path
from ..floor.mounts import KEPT_IN, HostPaths, refused_path

BY_RULE = {
    "guard/binds": "binds",
    "guard/way-in": "binds",
    "guard/devices": "devices",
    "guard/runtime": "runtimes",
    "guard/log-driver": "log_drivers",
    "guard/volume-driver": "volume_drivers",
    "guard/network-driver": "network_drivers",
}
"""A refusal by these ends when the policy lists what was asked for; for a way in also a folder is shut, which the draft
says."""
Needs = dict[str, list[str]]


def needs_of(thing: Mapping[str, Any], rules: frozenset[str], host: HostPaths) -> Needs | None:
    """`thing` as the engine shows it. None where no list would let it pass: another rule refuses it too, somebody else
    than root can change a path that it mounts, the path is the guard's own, or it is read-only in part."""
    if not rules <= set(BY_RULE):
        return None
    needs: Needs = {}
    for rule in sorted(rules):
        part = BY_RULE[rule]
        found = sorted(set(_FOUND[part](thing)) - {""})
        if not found or (part == "binds" and any(_never(bind, host) for bind in found)):
            return None
        needs[part] = found
    return needs


def paths_of(thing: Mapping[str, Any]) -> tuple[str, ...]:
    """Of the host, that it mounts."""
    return tuple(
        path for bind in _binds(thing) if (path := bind.removesuffix(":ro")).startswith("/") and ":" not in path
    )


def _never(bind: str, host: HostPaths) -> bool:
    path = bind.removesuffix(":ro")
    if not path.startswith("/") or ":" in path:
        return True
    listed = GuardPolicy(binds=(bind,))
    return any(refused_path(path, listed, host, read_only=bind != path))


def _binds(thing: Mapping[str, Any]) -> Iterator[str]:
    """As a policy lists them: what is mounted read-only, to be read. What is so in part only is written as it is, which
    no policy can list."""
    host = thing.get("HostConfig") or {}
    for text in host.get("Binds") or ():
        source, _, rest = str(text).partition(":")
        modes = set(rest.partition(":")[2].split(","))
        if source.startswith("/"):
            in_part = "ro" in modes and not modes <= {"ro", "private", "rprivate"}
            yield str(text) if in_part else _listed(source, read_only="ro" in modes)
    for mount in host.get("Mounts") or ():
        if mount.get("Type") == "bind":
            source, read_only = str(mount.get("Source")), mount.get("ReadOnly") is True
            options = mount.get("BindOptions") or {}
            in_part = options.get("Propagation", "") not in KEPT_IN or options.get("ReadOnlyNonRecursive") is True
            yield f"{source}:{options}" if read_only and in_part else _listed(source, read_only=read_only)
        yield from _device_of(((mount.get("VolumeOptions") or {}).get("DriverConfig") or {}).get("Options"))
    yield from _device_of(thing.get("Options"))


def _listed(path: str, *, read_only: bool) -> str:
    return f"{plain_path(path)}:ro" if read_only else plain_path(path)


def _device_of(options: Any) -> Iterator[str]:
    if isinstance(options, dict) and options.get("o") in ("bind", "rbind"):
        yield plain_path(str(options.get("device", "")))


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
