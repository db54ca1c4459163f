"""Mounts of a request: below folders that the policy lists, by the engine's own volumes, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from ...model.device_rule import ALWAYS_OPEN, DeviceRule, devices_behind, read_device_rule
from ...model.guard_policy import GuardPolicy
from ...model.workload import Device, Mount, MountKind
from ..decision import Refusal, refused

_VOLUME_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
WhoMayWrite = Callable[[str], str]
NumbersOf = Callable[[str], Container[tuple[str, int, int]]]
"""From a path to the kind and the numbers of the devices there."""

_BIND = "Files of the host are mounted only below folders that the policy lists"
_HARMLESS_DEVICES = frozenset(f"/dev/{name}" for name in "null zero full random urandom tty fuse net/tun".split())
_HARMLESS_NUMBERS = (DeviceRule("c", 10, 229), DeviceRule("c", 10, 200))
"""fuse and net/tun."""
_DEVICES = "Devices of the host are handed over where the policy lists them"


def refused_mounts(mounts: Iterable[Mount], policy: GuardPolicy, who_may_write: WhoMayWrite) -> Iterator[Refusal]:
    for mount in mounts:
        if mount.kind is MountKind.BIND:
            yield from _bind(mount, policy, who_may_write)
        elif mount.kind is MountKind.VOLUME:
            yield from refused_volume(mount.source or "nameless", mount.driver, mount.options, policy, who_may_write)
        elif mount.kind is not MountKind.TMPFS:
            yield refused("guard/mount-type", "Mounts are binds, volumes or tmpfs", f"{mount.target} is {mount.kind}")


def _bind(mount: Mount, policy: GuardPolicy, who_may_write: WhoMayWrite) -> Iterator[Refusal]:
    yield from refused_path(mount.source, policy, who_may_write)
    if mount.propagation in ("shared", "rshared"):
        yield refused(
            "guard/propagation",
            "Mounts made in a container stay there",
            f"{mount.source} is mounted {mount.propagation}",
        )


def refused_path(path: str, policy: GuardPolicy, who_may_write: WhoMayWrite) -> Iterator[Refusal]:
    """A path of the host that is to be mounted."""
    listed = next((root for root in policy.binds if _is_below(path, root)), None)
    if listed is None or str(PurePosixPath(path)) != path.rstrip("/") or ".." in PurePosixPath(path).parts:
        allowed = ", ".join(policy.binds) or "none is listed"
        yield refused("guard/binds", _BIND, f"{path} is not below one of them ({allowed})", "use a volume")
        return
    why = who_may_write(path)
    if why:
        yield refused("guard/binds", f"{_BIND}, and that only root can change", why, "use a volume")


def _is_below(path: str, root: str) -> bool:
    wanted, given = PurePosixPath(root), PurePosixPath(path)
    return path.startswith("/") and (given == wanted or wanted in given.parents)


def refused_volume(
    name: str, driver: str, options: Mapping[str, str], policy: GuardPolicy, who_may_write: WhoMayWrite
) -> Iterator[Refusal]:
    """A volume that is to be made, or that is there: the `local` driver mounts whatever its options say."""
    if name and not _VOLUME_NAME.fullmatch(name):
        yield refused("guard/names", "What a name stands for can be looked up", f"{name!r} names no volume")
    if driver not in ("", "local", *policy.volume_drivers):
        yield refused(
            "guard/volume-driver",
            "Volumes are made by a driver that the policy names",
            f"volume {name} is made by {driver}",
            "use the local driver, or list it under guard.volume_drivers",
        )
    if driver in ("", "local") and set(options) - {"size"} and not _is_tmpfs(options):
        if (
            set(options) <= {"type", "o", "device"}
            and options.get("type", "none") in ("none", "bind")
            and (options.get("o") in ("bind", "rbind"))
        ):
            yield from refused_path(options.get("device", ""), policy, who_may_write)
            return
        yield refused(
            "guard/volume-options",
            "Volumes hold the engine's own folders",
            f"volume {name} mounts by its options {sorted(options)}",
            "leave the options out",
        )


def _is_tmpfs(options: Mapping[str, str]) -> bool:
    return (
        options.get("type") == "tmpfs"
        and options.get("device") in ("tmpfs", "none")
        and set(options)
        <= {
            "type",
            "device",
            "o",
        }
        and not {"bind", "rbind", "remount", "move"} & set(options.get("o", "").split(","))
    )


def refused_devices(devices: Iterable[Device], policy: GuardPolicy) -> Iterator[Refusal]:
    """By the exact spelling of the path: a way around is another device."""
    allowed = _HARMLESS_DEVICES | frozenset(policy.devices)
    for device in devices:
        if device.host_path not in allowed:
            yield refused(
                "guard/devices",
                _DEVICES,
                f"{device.host_path} is not listed",
                "an admin lists it under guard.devices",
            )


def refused_device_rules(rules: Iterable[str], policy: GuardPolicy, numbers_of: NumbersOf) -> Iterator[Refusal]:
    """Who may make a node opens what a rule opens, so each device that a rule opens must be listed: by its path, or as
    numbers (`c 189:*`) where it is not there yet. A rule for all devices of a driver needs the numbers."""
    for text in rules:
        rule = read_device_rule(text)
        if rule is not None and (not rule.opens or _is_allowed(rule, policy, numbers_of)):
            continue
        numbers = text.strip().rpartition(" ")[0] or text
        behind = ", ".join(() if rule is None else devices_behind(rule))
        yield refused(
            "guard/devices",
            _DEVICES,
            f"the device rule {text!r} opens devices that are not listed{f' ({behind})' if behind else ''}",
            f"name the one device (--device), or an admin lists {numbers!r} under guard.devices",
        )


def _is_allowed(rule: DeviceRule, policy: GuardPolicy, numbers_of: NumbersOf) -> bool:
    listed = [each for entry in policy.devices if (each := read_device_rule(entry)) is not None]
    if any(each.includes(rule) for each in (*ALWAYS_OPEN, *_HARMLESS_NUMBERS, *listed)):
        return True
    if rule.major is None or rule.minor is None:
        return False
    paths = [entry for entry in policy.devices if entry.startswith("/")]
    return any((rule.kind, rule.major, rule.minor) in numbers_of(path) for path in paths)


__all__ = ["refused_device_rules", "refused_devices", "refused_mounts", "refused_path", "refused_volume"]
