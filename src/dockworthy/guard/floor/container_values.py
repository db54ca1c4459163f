"""Values of a create request that reach the host by roads that no control of a workload looks at."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ...model.engine_builtins import LOG_DRIVERS
from ...model.guard_policy import GuardPolicy
from ...readers.api_object import ApiObject
from ..decision import Refusal, refused
from .expanded import LOG_FIELDS, why_not_a_pattern, why_not_a_tag

LABEL_TYPES = ("container_t", "container_init_t", "container_kvm_t", "container_engine_t")
"""Of SELinux, as the Pod Security Standards allow them."""
_TITLE = "Security profiles are the engine's own"
_KNOWN = {
    "seccomp": ("builtin", "unconfined"),
    "apparmor": ("docker-default", "runtime/default", "unconfined"),
    "no-new-privileges": ("", "true", "1", "false", "0"),
}
"""These the controls judge; they know the last one that counts."""


def refused_security_options(options: Iterable[str], *, no_new_privileges: bool) -> Iterator[Refusal]:
    """A profile that stands in the request is the client's own, and may allow everything. Of two that differ one
    counts, and readers differ in which."""
    said: dict[str, str] = {}
    for option in options:
        name, value = _parted(option)
        undone = name == "no-new-privileges" and value in ("false", "0") and no_new_privileges
        differs = name != "label" and said.setdefault(name, value) != value
        if undone or differs or not (value in _KNOWN.get(name, ()) or (name == "label" and _is_good_label(value))):
            shown = option if len(option) <= 60 else f"{option[:59]}…"
            yield refused(
                "guard/security-options",
                _TITLE,
                f"SecurityOpt {shown!r} brings another one, or is written in a way that could be misread",
                "leave the option out; an admin sets seccomp-profile in daemon.json",
            )


def _is_good_label(value: str) -> bool:
    kind, _, what = value.partition(":")
    return (kind == "level" and bool(what)) or (kind == "type" and what in LABEL_TYPES)


def _parted(option: str) -> tuple[str, str]:
    """The engine parts at `=`, and where there is none at `:`."""
    name, _, value = option.partition("=") if "=" in option else option.partition(":")
    return name, value


RUNTIMES = ("", "runc", "io.containerd.runc.v2")
_SANDBOXES = ("runsc", "io.containerd.runsc", "gvisor", "kata", "io.containerd.kata", "firecracker", "sysbox")
"""How the names of runtimes begin that keep a container from the host's kernel, or its root from being the host's."""
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
    """Who recreates a container from what the engine shows of another one sends the engine's own list."""
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
        "name each device, as in --device /dev/nvidia0, and an admin lists it under guard.devices",
    ),
)


def refused_values(
    host: ApiObject, policy: GuardPolicy, *, no_new_privileges: bool, default_runtime: str = ""
) -> Iterator[Refusal]:
    """`host` is the HostConfig. `no_new_privileges`: is that the engine's default, which a request could undo?
    `default_runtime`: of the engine, a sandbox among them, out of which a request could step."""
    yield from _out_of_the_sandbox(host.word("Runtime"), policy, default_runtime)
    for rule in _RULES:
        value = host.at(*rule.key).data
        # An empty list of masked paths is no mask, whereas other empty values say nothing.
        silent = value is None or (not value and rule.rule != "guard/kernel-paths")
        if not silent and not rule.allowed(value, policy):
            yield refused(rule.rule, rule.title, f"{'.'.join(rule.key)} is {_shown(value)}", rule.remedy)
    yield from refused_security_options(host.at("SecurityOpt").data or (), no_new_privileges=no_new_privileges)
    yield from _options(host, policy)


def _out_of_the_sandbox(runtime: str, policy: GuardPolicy, default: str) -> Iterator[Refusal]:
    """Where the engine runs everything in a sandbox, its own runtime is one more that the policy must name."""
    if runtime and runtime in RUNTIMES and runtime not in policy.runtimes and default.startswith(_SANDBOXES):
        yield refused(
            "guard/runtime",
            "Containers run in a runtime that the policy names",
            f"Runtime is {runtime}, which isolates less than {default}, the default runtime of this engine",
            f"leave the runtime out, or list {runtime} under guard.runtimes",
        )


def _options(host: ApiObject, policy: GuardPolicy) -> Iterator[Refusal]:
    storage: Mapping[str, str] = host.at("StorageOpt").data or {}
    if set(storage) - {"size"}:
        yield refused(
            "guard/storage-options", "Storage options set a size only", f"StorageOpt has {_shown(sorted(storage))}"
        )
    yield from _paced_devices(host, policy)
    yield from refused_without_oom_killer(host.at("OomKillDisable").data, host.at("Memory").data)
    yield from refused_log_options(host.at("LogConfig", "Type").data or "", host.at("LogConfig", "Config").data or {})


def refused_log_options(driver: str, options: Mapping[str, str]) -> Iterator[Refusal]:
    """Names and values of the engine's own drivers. Of those that the policy names only what the engine itself reads:
    it expands templates for all of them, and keeps lines for those that are slow."""
    own = driver in LOG_DRIVERS
    strange = sorted(set(options) - _LOG_OPTIONS)
    if strange and own:
        yield refused("guard/log-options", "Log options name no file and no address", f"they have {_shown(strange)}")
    for name, value in sorted(options.items()):
        check = _LOG_VALUES.get(name) if own or name not in ("max-size", "max-file", "compress") else None
        why = "" if not value else check(value) if check is not None else why_not_a_tag(value) if "{{" in value else ""
        if why:
            yield refused(
                "guard/log-options",
                "Log options cost the engine little",
                f"{name} is {_shown(value)}: {why}",
                f"plain fields in a tag ({LOG_FIELDS}), and sizes as in `max-size=10m`",
            )


def _one_of(*words: str) -> Callable[[str], str]:
    return lambda value: "" if value in words else f"it is none of {', '.join(words)}"


def _of_length(most: int) -> Callable[[str], str]:
    return lambda value: "" if len(value) <= most else f"it has {len(value)} characters, more than {most}"


def _of_size(least: int, most: int) -> Callable[[str], str]:
    def why(value: str) -> str:
        found = _SIZE.fullmatch(value)
        if value == "-1" and most == _MOST_LOG:
            return ""  # no limit, which is the engine's own
        if found is None:
            return "it is no size, such as 10m"
        size = float(found[1]) * 1000 ** " kmgtp".index(found[2].lower() or " ")
        return "" if least <= size <= most else f"it is not between {least} and {most} bytes"

    return why


def _number(value: str) -> str:
    good = value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= _MOST_FILES and len(value) < 9
    return "" if good else f"it is no number from 1 to {_MOST_FILES}"


_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,6})?) ?([kKmMgGtTpP]?)i?[bB]?", re.ASCII)
_MOST_LOG = 10**13
_MOST_BUFFER = 64 * 1024 * 1024
"""In the engine's memory, for each container that writes faster than its driver takes it. Its own default is 1 MB."""
_MOST_FILES = 1000
"""The engine renames each of them whenever one is full."""
_LOG_VALUES: Mapping[str, Callable[[str], str]] = {
    "tag": why_not_a_tag,
    "labels": _of_length(4096),
    "env": _of_length(4096),
    "labels-regex": why_not_a_pattern,
    "env-regex": why_not_a_pattern,
    "mode": _one_of("blocking", "non-blocking"),
    "compress": _one_of("true", "false", "1", "0", "t", "f", "T", "F", "TRUE", "FALSE", "True", "False"),
    "max-buffer-size": _of_size(1, _MOST_BUFFER),
    "max-size": _of_size(1000, _MOST_LOG),
    "max-file": _number,
}


_BLOCK_DEVICE = re.compile(
    r"/dev/(?:(?:[shvx]|xv)?d[a-z]{1,3}\d{0,3}|nvme\d{1,3}n\d{1,3}(?:p\d{1,3})?|mmcblk\d{1,3}(?:p\d{1,3})?"
    r"|(?:dm-|md|loop|sr|zram|nbd|ram|bcache|drbd)\d{1,4}|mapper/[\w.+-]{1,128}|disk/by-[a-z]{1,16}/[\w.:+-]{1,255})",
    re.ASCII,
)
_PACED = ("BlkioWeightDevice", *(f"BlkioDevice{what}" for what in ("ReadBps", "WriteBps", "ReadIOps", "WriteIOps")))


def _paced_devices(host: ApiObject, policy: GuardPolicy) -> Iterator[Refusal]:
    """The engine looks the path up and says whether it is there, of any file."""
    paths = {item.word("Path") for name in _PACED for item in host.items(name)}
    for path in sorted(paths - set(policy.devices)):
        if not _BLOCK_DEVICE.fullmatch(path):
            yield refused(
                "guard/devices",
                "Limits of devices name devices",
                f"{_shown(path)} is no name of a block device",
                "name it as in /dev/sda, or list it under guard.devices",
            )


def refused_without_oom_killer(disabled: Any, memory: Any) -> Iterator[Refusal]:
    """Without a limit it is the host that has no memory left, and the kernel kills everything but this container."""
    if disabled is True and not (isinstance(memory, int) and memory > 0):
        yield refused(
            "guard/oom-kill",
            "Who is never killed for memory has a limit of it",
            "OomKillDisable is true, and no memory limit is set",
            "set a memory limit (--memory), or leave --oom-kill-disable out",
        )


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:59] + "…"
