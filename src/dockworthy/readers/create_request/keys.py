"""Every key of a create request and what stands under it, up to API 1.45.

Source: Engine API reference v1.24 to v1.45, ContainerCreate; what else 26.1 takes was tried on the engine itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any


class KeyPlain(Enum):
    TEXT = auto()
    TRUTH = auto()
    WHOLE = auto()
    NUMBER = auto()
    WORDS = auto()  # a list of texts, or one text


@dataclass(frozen=True)
class KeyListOf:
    item: Any


@dataclass(frozen=True)
class KeyMapOf:
    """Keys are a person's own, and differ by case too."""

    item: Any


TEXT, TRUTH, WHOLE, WORDS, NUMBER = KeyPlain.TEXT, KeyPlain.TRUTH, KeyPlain.WHOLE, KeyPlain.WORDS, KeyPlain.NUMBER
TEXTS, TEXT_MAP = KeyListOf(TEXT), KeyMapOf(TEXT)
Shape = KeyPlain | KeyListOf | KeyMapOf | dict[str, Any]


def _all(shape: Shape, names: str) -> dict[str, Shape]:
    return dict.fromkeys(names.split(), shape)


_RATE: dict[str, Shape] = {"Path": TEXT, "Rate": WHOLE}

HEALTH: dict[str, Shape] = {
    "Test": TEXTS,
    **_all(WHOLE, "Interval Timeout StartPeriod StartInterval Retries"),
}

MOUNT: dict[str, Shape] = {
    **_all(TEXT, "Type Source Target Consistency"),
    "ReadOnly": TRUTH,
    "BindOptions": {
        "Propagation": TEXT,
        **_all(TRUTH, "NonRecursive CreateMountpoint ReadOnlyNonRecursive ReadOnlyForceRecursive"),
    },
    "VolumeOptions": {
        "NoCopy": TRUTH,
        "Labels": TEXT_MAP,
        "Subpath": TEXT,
        "DriverConfig": {"Name": TEXT, "Options": TEXT_MAP},
    },
    "TmpfsOptions": {"SizeBytes": WHOLE, "Mode": WHOLE},
    "ClusterOptions": {},
}

HOST_CONFIG: dict[str, Shape] = {
    **_all(
        TEXT,
        "ContainerIDFile NetworkMode VolumeDriver CgroupnsMode IpcMode Cgroup PidMode UTSMode UsernsMode Runtime "
        "Isolation CgroupParent CpusetCpus CpusetMems",
    ),
    **_all(TRUTH, "AutoRemove Privileged PublishAllPorts ReadonlyRootfs OomKillDisable Init"),
    **_all(
        WHOLE,
        "OomScoreAdj ShmSize CpuShares Memory NanoCpus BlkioWeight CpuPeriod CpuQuota CpuRealtimePeriod "
        "CpuRealtimeRuntime KernelMemory KernelMemoryTCP MemoryReservation MemorySwap MemorySwappiness PidsLimit "
        "CpuCount CpuPercent IOMaximumIOps IOMaximumBandwidth",
    ),
    **_all(
        TEXTS,
        "Binds VolumesFrom CapAdd CapDrop Dns DnsOptions DnsSearch ExtraHosts GroupAdd Links SecurityOpt "
        "DeviceCgroupRules MaskedPaths ReadonlyPaths",
    ),
    **_all(TEXT_MAP, "Annotations StorageOpt Tmpfs Sysctls"),
    **_all(KeyListOf(_RATE), "BlkioDeviceReadBps BlkioDeviceWriteBps BlkioDeviceReadIOps BlkioDeviceWriteIOps"),
    "BlkioWeightDevice": KeyListOf({"Path": TEXT, "Weight": WHOLE}),
    "ConsoleSize": KeyListOf(WHOLE),
    "LogConfig": {"Type": TEXT, "Config": TEXT_MAP},
    "PortBindings": KeyMapOf(KeyListOf({"HostIp": TEXT, "HostPort": TEXT})),
    "RestartPolicy": {"Name": TEXT, "MaximumRetryCount": WHOLE},
    "Devices": KeyListOf(_all(TEXT, "PathOnHost PathInContainer CgroupPermissions")),
    "DeviceRequests": KeyListOf(
        {
            "Driver": TEXT,
            "Count": WHOLE,
            "DeviceIDs": TEXTS,
            "Capabilities": KeyListOf(TEXTS),
            "Options": TEXT_MAP,
        }
    ),
    "Ulimits": KeyListOf({"Name": TEXT, "Hard": WHOLE, "Soft": WHOLE}),
    "Mounts": KeyListOf(MOUNT),
}

ENDPOINT: dict[str, Shape] = {
    "IPAMConfig": {**_all(TEXT, "IPv4Address IPv6Address"), "LinkLocalIPs": TEXTS},
    **_all(TEXTS, "Links Aliases DNSNames"),
    **_all(TEXT, "MacAddress NetworkID EndpointID Gateway IPAddress IPv6Gateway GlobalIPv6Address"),
    **_all(WHOLE, "IPPrefixLen GlobalIPv6PrefixLen"),
    "DriverOpts": TEXT_MAP,
}

REQUEST: dict[str, Shape] = {
    **_all(TEXT, "Hostname Domainname User Image WorkingDir MacAddress StopSignal"),
    **_all(TRUTH, "AttachStdin AttachStdout AttachStderr Tty OpenStdin StdinOnce ArgsEscaped NetworkDisabled"),
    "StopTimeout": WHOLE,
    **_all(TEXTS, "Env OnBuild"),
    **_all(WORDS, "Cmd Entrypoint Shell"),
    **_all(KeyMapOf({}), "ExposedPorts Volumes"),
    "Labels": TEXT_MAP,
    "Healthcheck": HEALTH,
    "HostConfig": HOST_CONFIG,
    "NetworkingConfig": {"EndpointsConfig": KeyMapOf(ENDPOINT)},
}

MISPLACED = frozenset(HOST_CONFIG) | {"Cpuset"}
"""Old clients wrote these beside `HostConfig`. Engine 26.1 still obeys all of them where there is no `HostConfig`,
and some where there is one."""
