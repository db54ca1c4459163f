"""Mounts of a request: below folders that the policy lists, by the engine's own volumes, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Protocol

from ...input_files import is_inside
from ...model.device_rule import ALWAYS_OPEN, DeviceRule, devices_behind, read_device_rule
from ...model.dialect import Version
from ...model.guard_policy import BindFolder, GuardPolicy
from ...model.volume_options import VolumeKind, volume_content
from ...model.workload import Device, Mount, MountKind
from ...readers.api_object import ApiObject
from ..decision import Refusal, refused
from ..host_tree import HostTree
from ..own_paths import OwnPaths

_VOLUME_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
NumbersOf = Callable[[str], Container[tuple[str, int, int]]]
"""From a path to the kind and the numbers of the devices there."""

_BIND = "Files of the host are mounted only below folders that the policy lists"
_READ = "Folders that the policy lists to be read are mounted read-only"
_HARMLESS_DEVICES = frozenset(f"/dev/{name}" for name in "null zero full random urandom tty fuse net/tun".split())
_HARMLESS_NUMBERS = (DeviceRule("c", 10, 229), DeviceRule("c", 10, 200))
"""fuse and net/tun."""
_DEVICES = "Devices of the host are handed over where the policy lists them"
_PROPAGATIONS = ("private", "rprivate", "shared", "rshared", "slave", "rslave")
RECURSIVE_SINCE = Version(1, 44)
"""Of the API: Engine 25 makes what is mounted below a read-only bind read-only, too."""
KEPT_IN = ("", "private", "rprivate")
"""Propagations with which nothing that is mounted later comes in; what comes in is writable."""


class HostPaths(Protocol):
    """What the rules know of the host's files: it was looked up before, for the paths that a request is about."""

    def spellings(self, path: str) -> Sequence[str]:
        """As it is written, and where its links lead now."""

    def who_may_write(self, path: str) -> str:
        """Why a path of the host does not belong to root alone, from `/` down to it; `""` where it does.

        A path that is not there yet counts as far as it is there.
        """

    def who_may_swap(self, path: str, *, follow: bool) -> str:
        """The same of a path that was judged when its container was made: links of root's are followed if `follow`."""

    def tree(self) -> HostTree:
        """What is mounted on the host."""

    def own_paths(self) -> OwnPaths:
        """Of the guard and its engine."""


def refused_mounts(
    mounts: Iterable[Mount], policy: GuardPolicy, host: HostPaths, writable: Mapping[str, str] = {}
) -> Iterator[Refusal]:
    """`writable`: targets of mounts that ask to be read-only and are not, each with the reason."""
    for mount in mounts:
        if mount.kind is MountKind.BIND:
            why = writable.get(mount.target, "")
            yield from refused_path(mount.source, policy, host, read_only=mount.read_only and not why, why=why)
            if mount.propagation in ("shared", "rshared"):
                yield refused(
                    "guard/propagation",
                    "Mounts made in a container stay there",
                    f"{mount.source} is mounted {mount.propagation}",
                )
        elif mount.kind is MountKind.VOLUME:
            yield from refused_volume(mount.source or "nameless", mount.driver, mount.options, policy, host)
        elif mount.kind is not MountKind.TMPFS:
            yield refused("guard/mount-type", "Mounts are binds, volumes or tmpfs", f"{mount.target} is {mount.kind}")


def writable_after_all(mounts: Iterable[Mount], host: HostPaths, *, recursive: bool) -> dict[str, str]:
    """Targets of binds that ask to be read-only and are not in all that they show, each with the reason. `recursive`:
    does the engine make what is mounted below read-only, too?"""
    found = {}
    for mount in mounts:
        if mount.kind is not MountKind.BIND or not mount.read_only:
            continue
        if mount.propagation not in KEPT_IN:
            found[mount.target] = f"with {mount.propagation} it would show what is mounted there later, writable"
        elif not (recursive and host.tree().recursive) and (below := host.tree().mounted_below(mount.source)):
            found[mount.target] = f"{below[0].target} is mounted below it, and would stay writable"
    return found


def refused_words(items: Iterable[ApiObject]) -> Iterator[Refusal]:
    """Of a request's `Mounts`. A swarm reads these words without regard to case, and takes silence for a bind."""
    for item in items:
        for word, known in (
            (item.word("Type"), ("bind", "volume", "tmpfs")),
            (item.word("BindOptions", "Propagation"), ("", *_PROPAGATIONS)),
        ):
            if word not in known:
                yield refused(
                    "guard/mount-type", "Mounts are binds, volumes or tmpfs", f"{item.path} says {word!r}", "say which"
                )
        if item.at("BindOptions", "ReadOnlyNonRecursive").data is True:
            yield refused(
                "guard/binds",
                _READ,
                f"{item.word('Source')} is asked for so that what is mounted below it stays writable",
                "leave bind-recursive=writable out",
            )


def listed_for(path: str, policy: GuardPolicy) -> BindFolder | None:
    """The folder of the policy's by which a path may be mounted."""
    return next((folder for folder in policy.folders() if is_inside(path, folder.path)), None)


def may_list(path: str, policy: GuardPolicy) -> BindFolder | None:
    """The folder by which a path may be mounted as it is written, before anything is looked up."""
    is_plain = str(PurePosixPath(path)) == (path.rstrip("/") or "/") and ".." not in PurePosixPath(path).parts
    return listed_for(path, policy) if is_plain else None


def refused_path(
    path: str, policy: GuardPolicy, host: HostPaths, *, read_only: bool, why: str = ""
) -> Iterator[Refusal]:
    """A path of the host that is to be mounted. `why` it is not read-only although that is asked for."""
    listed = may_list(path, policy)
    if listed is None:
        allowed = ", ".join(policy.binds) or "none is listed"
        is_below = listed_for(path, policy) is not None
        remedy = _other_way(path, host) if read_only and not is_below else "use a volume"
        yield refused("guard/binds", _BIND, f"{path} is not below one of them ({allowed})", remedy)
        return
    if not read_only:
        yield from _refused_to_write(path, listed, policy, why)
    places = tuple(host.spellings(path)) if is_followed(path, listed, read_only=read_only) else (path,)
    swapped = host.who_may_write(places[-1]) or (len(places) > 1 and host.who_may_swap(path, follow=True))
    if swapped:
        yield refused("guard/binds", f"{_BIND}, and that only root can change", swapped, "use a volume")
    own = next(filter(None, (host.own_paths().refuses(each, host.tree(), read_only=read_only) for each in places)), "")
    if own:
        yield refused(
            "guard/own-paths",
            "What the guard and the engine have of their own is mounted in no container",
            f"{path} would open {own} to be {'read' if read_only else 'written'}",
            "mount a folder that does not hold it" if read_only else "mount it read-only, or a folder without it",
        )


def is_followed(path: str, listed: BindFolder | None, *, read_only: bool) -> bool:
    """May it be a link? Where the policy lists exactly this path to be read, as /etc/localtime:ro, which is a link of
    root's. One below a listed folder may be a container's."""
    return listed is not None and listed.read_only and read_only and listed.path == path


def _other_way(path: str, host: HostPaths) -> str:
    """What is asked for to be read, and is nothing of the guard's or the engine's, root may list."""
    plain_path = str(PurePosixPath(path))
    is_plain = path.startswith("/") and not path.startswith("//") and ":" not in path and ".." not in path.split("/")
    if not is_plain or host.own_paths().refuses(plain_path, host.tree(), read_only=True):
        return "use a volume"
    return f"use a volume, or root lists {plain_path}:ro under guard.binds"


def _refused_to_write(path: str, listed: BindFolder, policy: GuardPolicy, why: str) -> Iterator[Refusal]:
    """Below a folder that is listed to be read, or above one."""
    shut = next((folder for folder in policy.folders() if folder.read_only and is_inside(folder.path, path)), None)
    shut = listed if listed.read_only else shut
    if shut is not None:
        says = f"{path} would be writable" + (f" ({why})" if why else "")
        yield refused(
            "guard/binds",
            _READ,
            f"{says}, and the policy lists {shut.path}:ro",
            "mount it with :ro, or readonly, and no propagation",
        )


def refused_volume(
    name: str, driver: str, options: Mapping[str, str], policy: GuardPolicy, host: HostPaths
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
            # Even where it is mounted read-only the engine writes an image's files into an empty one.
            why = f"volume {name} can be"
            yield from refused_path(options.get("device", ""), policy, host, read_only=False, why=why)
            return
        what = volume_content("", options).says or "more than a folder of the engine's own"
        yield refused(
            "guard/volume-options",
            "Volumes hold the engine's own folders",
            f"volume {name} mounts {what} by its options {sorted(options)}",
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
        and volume_content("", options).kind is VolumeKind.MEMORY
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
