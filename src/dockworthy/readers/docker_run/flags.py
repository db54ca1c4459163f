"""Every flag of `docker run` and `docker create`, and the key of a create request that each one writes.

Source: `docker run --help`, Docker CLI 26.1; `--net`, `--net-alias` and `--dns-opt` are older names it still takes.
"""

from __future__ import annotations

from enum import Enum, auto


class RunFlagKind(Enum):
    """How a flag's values become the value of one key."""

    TEXT = auto()
    TRUTH = auto()
    WHOLE = auto()
    SIZE = auto()
    DURATION = auto()
    LIST = auto()
    MAP = auto()


_HOST = "HostConfig."

_TEXTS = {
    "hostname": "Hostname",
    "domainname": "Domainname",
    "mac-address": "MacAddress",
    "stop-signal": "StopSignal",
    "user": "User",
    "workdir": "WorkingDir",
    "cgroup-parent": _HOST + "CgroupParent",
    "cgroupns": _HOST + "CgroupnsMode",
    "cpuset-cpus": _HOST + "CpusetCpus",
    "cpuset-mems": _HOST + "CpusetMems",
    "ipc": _HOST + "IpcMode",
    "isolation": _HOST + "Isolation",
    "log-driver": _HOST + "LogConfig.Type",
    "pid": _HOST + "PidMode",
    "runtime": _HOST + "Runtime",
    "userns": _HOST + "UsernsMode",
    "uts": _HOST + "UTSMode",
    "volume-driver": _HOST + "VolumeDriver",
}
_TRUTHS = {
    "interactive": "OpenStdin",
    "tty": "Tty",
    "init": _HOST + "Init",
    "oom-kill-disable": _HOST + "OomKillDisable",
    "privileged": _HOST + "Privileged",
    "publish-all": _HOST + "PublishAllPorts",
    "read-only": _HOST + "ReadonlyRootfs",
    "rm": _HOST + "AutoRemove",
}
_WHOLES = {
    "stop-timeout": "StopTimeout",
    "health-retries": "Healthcheck.Retries",
    "blkio-weight": _HOST + "BlkioWeight",
    "cpu-count": _HOST + "CpuCount",
    "cpu-percent": _HOST + "CpuPercent",
    "cpu-period": _HOST + "CpuPeriod",
    "cpu-quota": _HOST + "CpuQuota",
    "cpu-rt-period": _HOST + "CpuRealtimePeriod",
    "cpu-rt-runtime": _HOST + "CpuRealtimeRuntime",
    "cpu-shares": _HOST + "CpuShares",
    "memory-swappiness": _HOST + "MemorySwappiness",
    "oom-score-adj": _HOST + "OomScoreAdj",
    "pids-limit": _HOST + "PidsLimit",
}
_SIZES = {
    "kernel-memory": _HOST + "KernelMemory",
    "memory": _HOST + "Memory",
    "memory-reservation": _HOST + "MemoryReservation",
    "memory-swap": _HOST + "MemorySwap",
    "shm-size": _HOST + "ShmSize",
}
_DURATIONS = {
    "health-interval": "Healthcheck.Interval",
    "health-start-interval": "Healthcheck.StartInterval",
    "health-start-period": "Healthcheck.StartPeriod",
    "health-timeout": "Healthcheck.Timeout",
}
_LISTS = {
    "env": "Env",
    "add-host": _HOST + "ExtraHosts",
    "cap-add": _HOST + "CapAdd",
    "cap-drop": _HOST + "CapDrop",
    "device-cgroup-rule": _HOST + "DeviceCgroupRules",
    "dns": _HOST + "Dns",
    "dns-option": _HOST + "DnsOptions",
    "dns-search": _HOST + "DnsSearch",
    "group-add": _HOST + "GroupAdd",
    "link": _HOST + "Links",
    "volumes-from": _HOST + "VolumesFrom",
}
_MAPS = {
    "label": "Labels",
    "annotation": _HOST + "Annotations",
    "log-opt": _HOST + "LogConfig.Config",
    "storage-opt": _HOST + "StorageOpt",
    "sysctl": _HOST + "Sysctls",
}

KEYS: dict[str, tuple[RunFlagKind, str]] = {
    flag: (kind, key)
    for kind, flags in (
        (RunFlagKind.TEXT, _TEXTS),
        (RunFlagKind.TRUTH, _TRUTHS),
        (RunFlagKind.WHOLE, _WHOLES),
        (RunFlagKind.SIZE, _SIZES),
        (RunFlagKind.DURATION, _DURATIONS),
        (RunFlagKind.LIST, _LISTS),
        (RunFlagKind.MAP, _MAPS),
    )
    for flag, key in flags.items()
}
"""Flag -> how its value is read, and the path of the key that it becomes."""

PLACES = {
    "cpus": _HOST + "NanoCpus",
    "device": _HOST + "Devices",
    "entrypoint": "Entrypoint",
    "expose": "ExposedPorts",
    "gpus": _HOST + "DeviceRequests",
    "health-cmd": "Healthcheck.Test",
    "mount": _HOST + "Mounts",
    "network": _HOST + "NetworkMode",
    "publish": _HOST + "PortBindings",
    "restart": _HOST + "RestartPolicy",
    "security-opt": _HOST + "SecurityOpt",
    "tmpfs": _HOST + "Tmpfs",
    "ulimit": _HOST + "Ulimits",
    "volume": _HOST + "Binds",
}
"""Flags whose values have a syntax of their own, and where most of what they say goes."""

_OTHER_SWITCHES = frozenset({"detach", "disable-content-trust", "help", "no-healthcheck", "quiet", "sig-proxy"})
SWITCHES = frozenset(_TRUTHS) | _OTHER_SWITCHES
"""Flags that stand alone for `true`, and take a value only behind `=`."""

_NO_MATTER = frozenset(
    "attach blkio-weight-device cidfile detach-keys device-read-bps device-read-iops device-write-bps "
    "device-write-iops env-file io-maxbandwidth io-maxiops ip ip6 label-file link-local-ip name network-alias "
    "platform pull".split()
)
"""Flags that take a value and change nothing that is judged, or are looked at by name."""

ALL_FLAGS = frozenset(KEYS) | frozenset(PLACES) | SWITCHES | _NO_MATTER
ALIASES = {"net": "network", "net-alias": "network-alias", "dns-opt": "dns-option"}
SHORT = {
    "a": "attach",
    "c": "cpu-shares",
    "d": "detach",
    "e": "env",
    "h": "hostname",
    "i": "interactive",
    "l": "label",
    "m": "memory",
    "p": "publish",
    "P": "publish-all",
    "q": "quiet",
    "t": "tty",
    "u": "user",
    "v": "volume",
    "w": "workdir",
}
