"""Values of a create request that reach the host by roads that no control of a workload looks at."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from ...model.guard_policy import GuardPolicy
from ...readers.api_object import ApiObject
from ..decision import Refusal, refused
from .security_options import refused_security_options

RUNTIMES = ("", "runc", "io.containerd.runc.v2")
LOG_DRIVERS = ("", "json-file", "local", "journald", "none")
_LOG_OPTIONS = frozenset(
    "max-size max-file compress labels labels-regex env env-regex tag mode max-buffer-size".split()
)


MASKED = frozenset(
    "/proc/asound /proc/acpi /proc/kcore /proc/keys /proc/latency_stats /proc/timer_list /proc/timer_stats"
    " /proc/sched_debug /proc/scsi /sys/firmware /sys/devices/virtual/powercap".split()
)
READ_ONLY = frozenset("/proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger".split())
"""What the engine itself masks and makes read-only. Source: oci/defaults.go of Engine 26.1."""


class _Rule(NamedTuple):
    """`allowed` says whether a value may stand; None and what is empty always may."""

    key: tuple[str, ...]
    allowed: Callable[[Any, GuardPolicy], bool]
    rule: str
    title: str
    remedy: str


def _only(*values: str) -> Callable[[Any, GuardPolicy], bool]:
    return lambda value, policy: value in values


def _all_of(paths: frozenset[str]) -> Callable[[Any, GuardPolicy], bool]:
    """Who makes a container anew from what the engine shows of another one sends the engine's own list."""
    return lambda value, policy: paths <= set(value)


def _never(value: Any, policy: GuardPolicy) -> bool:
    return False


_OWN = "Containers have namespaces of their own"
_RULES = (
    _Rule(
        ("Runtime",),
        lambda value, policy: value in (*RUNTIMES, *policy.runtimes),
        "guard/runtime",
        "Containers run in a runtime that the policy names",
        "leave the runtime out, or list it under guard.runtimes",
    ),
    _Rule(
        ("LogConfig", "Type"),
        lambda value, policy: value in (*LOG_DRIVERS, *policy.log_drivers),
        "guard/log-driver",
        "Logs go to a driver that the policy names",
        "leave the log driver out, or list it under guard.log_drivers",
    ),
    _Rule(
        ("VolumeDriver",),
        lambda value, policy: value in ("local", *policy.volume_drivers),
        "guard/volume-driver",
        "Volumes are made by a driver that the policy names",
        "leave the volume driver out, or list it under guard.volume_drivers",
    ),
    _Rule(
        ("CgroupParent",),
        _never,
        "guard/cgroup-parent",
        "A container's cgroup is below the engine's own",
        "leave CgroupParent out: limits go into the container's own settings",
    ),
    _Rule(("Cgroup",), _never, "guard/cgroup", "A container has a cgroup of its own", "leave Cgroup out"),
    _Rule(
        ("MaskedPaths",),
        _all_of(MASKED),
        "guard/kernel-paths",
        "The engine's own list of masked and read-only kernel paths is in force",
        "drop systempaths=unconfined",
    ),
    _Rule(
        ("ReadonlyPaths",),
        _all_of(READ_ONLY),
        "guard/kernel-paths",
        "The engine's own list of masked and read-only kernel paths is in force",
        "drop systempaths=unconfined",
    ),
    _Rule(
        ("Annotations",),
        _never,
        "guard/annotations",
        "No annotation reaches the runtime: some change what it does as root",
        "use labels",
    ),
    _Rule(("Isolation",), _only("default"), "guard/isolation", "Isolation is the platform's default", "leave it out"),
    _Rule(("UTSMode",), _only("private"), "guard/namespaces", _OWN, "leave uts out"),
    _Rule(("CgroupnsMode",), _only("private"), "guard/namespaces", _OWN, "leave cgroupns out"),
    _Rule(("UsernsMode",), _only("private"), "guard/namespaces", _OWN, "leave userns out"),
    _Rule(
        ("DeviceRequests",),
        _never,
        "guard/device-requests",
        "Devices are named, not asked for by their kind",
        "name the device under Devices and in guard.devices",
    ),
)


def refused_values(host: ApiObject, policy: GuardPolicy, *, no_new_privileges: bool) -> Iterator[Refusal]:
    """`host` is the HostConfig. `no_new_privileges`: is that the engine's default, which a request could undo?"""
    for rule in _RULES:
        value = host.at(*rule.key).data
        # An empty list of masked paths is no mask, whereas other empty values say nothing.
        silent = value is None or (not value and rule.rule != "guard/kernel-paths")
        if not silent and not rule.allowed(value, policy):
            yield refused(rule.rule, rule.title, f"{'.'.join(rule.key)} is {_shown(value)}", rule.remedy)
    yield from refused_security_options(host.at("SecurityOpt").data or (), no_new_privileges=no_new_privileges)
    yield from _options(host)


def _options(host: ApiObject) -> Iterator[Refusal]:
    storage: Mapping[str, str] = host.at("StorageOpt").data or {}
    if set(storage) - {"size"}:
        yield refused(
            "guard/storage-options", "Storage options set a size only", f"StorageOpt has {_shown(sorted(storage))}"
        )
    yield from refused_log_options(host.at("LogConfig", "Type").data or "", host.at("LogConfig", "Config").data or {})


def refused_log_options(driver: str, options: Mapping[str, str]) -> Iterator[Refusal]:
    """Of the engine's own drivers; those that the policy names are its matter."""
    strange = sorted(set(options) - _LOG_OPTIONS)
    if strange and driver in LOG_DRIVERS:
        yield refused("guard/log-options", "Log options name no file and no address", f"they have {_shown(strange)}")


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:59] + "…"


__all__ = ["LOG_DRIVERS", "RUNTIMES", "refused_log_options", "refused_values"]
