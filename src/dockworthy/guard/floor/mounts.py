"""Mounts of a request: below folders that the policy lists, by the engine's own volumes, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from ...model.guard_policy import GuardPolicy
from ...model.workload import Device, Mount, MountKind
from ..decision import Refusal, refused

_VOLUME_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
WhoMayWrite = Callable[[str], str]

_BIND = "Files of the host are mounted only below folders that the policy lists"
_HARMLESS_DEVICES = frozenset(f"/dev/{name}" for name in "null zero full random urandom tty fuse net/tun".split())


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
                "Devices of the host are handed over where the policy lists them",
                f"{device.host_path} is not listed",
                "an admin lists it under guard.devices",
            )


__all__ = ["refused_devices", "refused_mounts", "refused_path", "refused_volume"]
