"""Every field of a request that names, copies from or takes something of another object of the engine: one table.

A role that is limited to projects is judged by it: each object that a field names must be of the project, and no field
may take a name or an address that a container of another project has on the same network. A test walks the keys that
the guard lets pass and fails where one of them stands neither here nor in PLAIN.

Sources: Engine API v1.45; daemon/create.go, daemon/links.go, daemon/container_operations.go of Engine 26.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from msgspec import Struct

from ...model.labels import PROJECT_LABELS
from ...model.network_names import DEFAULT_BRIDGE, PREDEFINED
from ..floor.expanded import Piece

ELSEWHERE = "elsewhere"
"""Looked into by code of its own (`affected_objects.py`), or an admin's."""


class ObjectReference(Struct, frozen=True):
    """An object that a field names. `field` is its path in the body. `makes`: where no such object is there, the engine
    makes it, with the labels of `owner`. `joins`: what is made shares the namespaces or the volumes of it.
    `is_needed`: the engine does nothing where there is no such object. Containers that one is made with are looked up
    before (`pinned_names.py`)."""

    kind: str
    name: str
    field: str
    makes: bool = False
    joins: bool = False
    is_needed: bool = False
    labels: Mapping[str, str] = {}


class NetworkClaim(Struct, frozen=True):
    """A name or an address that a container or a service takes on its networks. `pieces`: what such a name
    may become (`floor/expanded.py`), where it is known only when a task starts."""

    value: str
    field: str
    pieces: tuple[Piece, ...] = ()


Read = Callable[[str, str, Mapping[str, Any]], Iterator[ObjectReference]]
"""From a field's text, its path, and the object that it stands in."""


def _named(kind: str, *, joins: bool = False, is_needed: bool = False) -> Read:
    def read(text: str, field: str, owner: Mapping[str, Any]) -> Iterator[ObjectReference]:
        if text and not (kind == "network" and text in PREDEFINED):
            yield ObjectReference(kind, text, field, joins=joins, is_needed=is_needed)

    return read


def _link(text: str, field: str, owner: Mapping[str, Any]) -> Iterator[ObjectReference]:
    """`db:alias`, `db`, and `/db:/web/alias` as the engine shows it. On the default bridge the engine copies the whole
    environment of the container."""
    yield ObjectReference("container", text.partition(":")[0].lstrip("/"), field)


def is_default_bridge(host: Mapping[str, Any]) -> bool:
    """By a container's `HostConfig`: where a link is a container's environment."""
    return (host.get("NetworkMode") or "") in DEFAULT_BRIDGE


def links_of(inspect: Mapping[str, Any]) -> Iterator[str]:
    """The containers to which one that is there is linked on the default bridge, as `GET /containers/{id}/json` names
    them."""
    host = inspect.get("HostConfig")
    if isinstance(host, dict) and is_default_bridge(host):
        for text in host.get("Links") or ():
            yield from (each.name for each in _link(str(text), "Links", host))


def _volumes_from(text: str, field: str, owner: Mapping[str, Any]) -> Iterator[ObjectReference]:
    yield ObjectReference("container", text.partition(":")[0].lstrip("/"), field, joins=True)


def _bind(text: str, field: str, owner: Mapping[str, Any]) -> Iterator[ObjectReference]:
    source, colon, _ = text.partition(":")
    if colon and source and not source.startswith(("/", ".", "~")):
        yield ObjectReference("volume", source, field, makes=True)


def _mount(text: str, field: str, owner: Mapping[str, Any]) -> Iterator[ObjectReference]:
    """Field `Source` of a mount, whose type a swarm reads without regard to case."""
    kind = str(owner.get("Type") or "").casefold()
    if text and kind in ("volume", "cluster"):
        options = owner.get("VolumeOptions") or {}
        yield ObjectReference("volume", text, field, makes=True, labels=options.get("Labels") or {})
    elif text and kind == "image":
        yield ObjectReference("image", text, field)


def _nameless(text: str, field: str, owner: Mapping[str, Any]) -> Iterator[ObjectReference]:
    """Field `Target` of a mount, which each has: a volume without a name gets the labels that the mount says."""
    labels = (owner.get("VolumeOptions") or {}).get("Labels") or {}
    is_volume = str(owner.get("Type") or "").casefold() == "volume"
    if is_volume and not owner.get("Source") and any(labels.get(name) for name in PROJECT_LABELS):
        yield ObjectReference(
            "volume", "", field.replace(".Target", ".VolumeOptions.Labels"), makes=True, labels=labels
        )


def _mode(text: str, field: str, owner: Mapping[str, Any]) -> Iterator[ObjectReference]:
    kind, colon, name = text.partition(":")
    if colon and kind == "container":
        yield ObjectReference("container", name.lstrip("/"), field, joins=True)


def _network_mode(text: str, field: str, owner: Mapping[str, Any]) -> Iterator[ObjectReference]:
    if ":" in text:
        yield from _mode(text, field, owner)
    elif text not in PREDEFINED:
        yield ObjectReference("network", text, field)


_ENDPOINT: dict[str, Read] = {"Links[]": _link, "NetworkID": _named("network")}
_ENDPOINT_CLAIMS = (
    "Aliases[] DNSNames[] MacAddress IPAddress GlobalIPv6Address IPAMConfig.IPv4Address IPAMConfig.IPv6Address"
    " IPAMConfig.LinkLocalIPs[]"
)
_ENDPOINT_PLAIN = "EndpointID Gateway IPv6Gateway IPPrefixLen GlobalIPv6PrefixLen DriverOpts{}"
_MOUNT_PLAIN = (
    "Type Consistency ReadOnly BindOptions.Propagation BindOptions.NonRecursive BindOptions.CreateMountpoint"
    " BindOptions.ReadOnlyNonRecursive BindOptions.ReadOnlyForceRecursive VolumeOptions.NoCopy VolumeOptions.Labels{}"
    " VolumeOptions.Subpath VolumeOptions.DriverConfig.Name VolumeOptions.DriverConfig.Options{} TmpfsOptions.SizeBytes"
    " TmpfsOptions.Mode ClusterOptions"
)
_HEALTH_PLAIN = "Test[] Interval Timeout StartPeriod StartInterval Retries"
_HOST_CONFIG: dict[str, Read] = {
    "Links[]": _link,
    "VolumesFrom[]": _volumes_from,
    "Binds[]": _bind,
    "Mounts[].Source": _mount,
    "Mounts[].Target": _nameless,
    "NetworkMode": _network_mode,
    **dict.fromkeys("PidMode IpcMode UTSMode UsernsMode CgroupnsMode Cgroup".split(), _mode),
}
_SERVICE_NETWORK: dict[str, Read] = {"Networks[].Target": _named("network", is_needed=True)}
_RUN: dict[str, Read] = {
    "Image": _named("image"),
    "Mounts[].Source": _mount,
    "Mounts[].Target": _nameless,
    "Secrets[].SecretID": _named("secret"),
    "Secrets[].SecretName": _named("secret"),
    "Configs[].ConfigID": _named("config"),
    "Configs[].ConfigName": _named("config"),
    "Privileges.CredentialSpec.Config": _named("config"),
}


def _under(prefix: str, table: Mapping[str, Read]) -> dict[str, Read]:
    return {f"{prefix}.{path}": read for path, read in table.items()}


REFERENCES: Mapping[str, Mapping[str, Read]] = {
    "containers/create": {
        "Image": _named("image"),
        **_under("HostConfig", _HOST_CONFIG),
        "NetworkingConfig.EndpointsConfig{name}": _named("network"),
        **_under("NetworkingConfig.EndpointsConfig{}", _ENDPOINT),
    },
    "containers/update": _HOST_CONFIG,
    "containers/exec": {},
    "networks/connect": {
        "Container": _named("container", joins=True, is_needed=True),
        **_under("EndpointConfig", _ENDPOINT),
    },
    "networks/disconnect": {"Container": _named("container", joins=True)},
    "networks/create": {"ConfigFrom.Network": _named("network")},
    "volumes/create": {},
    "services/create": {
        **_under("TaskTemplate.ContainerSpec", _RUN),
        **_under("TaskTemplate", _SERVICE_NETWORK),
        **_SERVICE_NETWORK,
    },
    "secrets/create": {},
}
"""By the route's action: the paths of fields that name other objects, and how each is read."""

CLAIMS: Mapping[str, str] = {
    "containers/create": "Hostname MacAddress "
    + " ".join(f"NetworkingConfig.EndpointsConfig{{}}.{path}" for path in _ENDPOINT_CLAIMS.split()),
    "networks/connect": " ".join(f"EndpointConfig.{path}" for path in _ENDPOINT_CLAIMS.split()),
    "services/create": "Name TaskTemplate.ContainerSpec.Hostname TaskTemplate.Networks[].Aliases[]"
    " Networks[].Aliases[]",
}
"""The paths of fields that take a name or an address on the networks that are joined."""


def _plain(prefix: str, words: str) -> str:
    return " ".join(f"{prefix}.{word}" for word in words.split())


_LIMITS_PLAIN = (
    "OomScoreAdj ShmSize CpuShares Memory NanoCpus BlkioWeight CpuPeriod CpuQuota CpuRealtimePeriod CpuRealtimeRuntime"
    " KernelMemory KernelMemoryTCP MemoryReservation MemorySwap MemorySwappiness PidsLimit CpuCount CpuPercent"
    " IOMaximumIOps IOMaximumBandwidth CpusetCpus CpusetMems OomKillDisable"
)
_HOST_CONFIG_PLAIN = (
    f"{_LIMITS_PLAIN} ContainerIDFile VolumeDriver Runtime Isolation CgroupParent AutoRemove Privileged PublishAllPorts"
    " ReadonlyRootfs Init CapAdd[] CapDrop[] Dns[] DnsOptions[] DnsSearch[] ExtraHosts[] GroupAdd[] SecurityOpt[]"
    " DeviceCgroupRules[] MaskedPaths[] ReadonlyPaths[] Annotations{} StorageOpt{} Tmpfs{} Sysctls{}"
    " BlkioDeviceReadBps[].Path BlkioDeviceReadBps[].Rate BlkioDeviceWriteBps[].Path BlkioDeviceWriteBps[].Rate"
    " BlkioDeviceReadIOps[].Path BlkioDeviceReadIOps[].Rate BlkioDeviceWriteIOps[].Path BlkioDeviceWriteIOps[].Rate"
    " BlkioWeightDevice[].Path BlkioWeightDevice[].Weight ConsoleSize[] LogConfig.Type LogConfig.Config{}"
    " PortBindings{}[].HostIp PortBindings{}[].HostPort RestartPolicy.Name RestartPolicy.MaximumRetryCount"
    " Devices[].PathOnHost Devices[].PathInContainer Devices[].CgroupPermissions DeviceRequests[].Driver"
    " DeviceRequests[].Count DeviceRequests[].DeviceIDs[] DeviceRequests[].Capabilities[][] DeviceRequests[].Options{}"
    " Ulimits[].Name Ulimits[].Hard Ulimits[].Soft " + _plain("Mounts[]", _MOUNT_PLAIN)
)
_RUN_PLAIN = (
    "Dir User StopSignal Isolation Labels{} Command[] Args[] Env[] Groups[] Hosts[] CapabilityAdd[] CapabilityDrop[]"
    " TTY OpenStdin ReadOnly Init Privileges.CredentialSpec.File Privileges.CredentialSpec.Registry"
    " Privileges.SELinuxContext.Disable Privileges.SELinuxContext.User Privileges.SELinuxContext.Role"
    " Privileges.SELinuxContext.Type Privileges.SELinuxContext.Level Privileges.Seccomp.Mode Privileges.Seccomp.Profile"
    " Privileges.AppArmor.Mode Privileges.NoNewPrivileges StopGracePeriod OomScoreAdj DNSConfig.Nameservers[]"
    " DNSConfig.Search[] DNSConfig.Options[] Secrets[].File.Name Secrets[].File.UID Secrets[].File.GID"
    " Secrets[].File.Mode Configs[].File.Name Configs[].File.UID Configs[].File.GID Configs[].File.Mode"
    " Configs[].Runtime Sysctls{} Ulimits[].Name Ulimits[].Hard Ulimits[].Soft "
    + _plain("Mounts[]", _MOUNT_PLAIN)
    + " "
    + _plain("Healthcheck", _HEALTH_PLAIN)
)
_AMOUNTS_PLAIN = (
    "NanoCPUs MemoryBytes Pids GenericResources[].NamedResourceSpec.Kind GenericResources[].NamedResourceSpec.Value"
    " GenericResources[].DiscreteResourceSpec.Kind GenericResources[].DiscreteResourceSpec.Value"
)
_ROLL_OUT_PLAIN = "Parallelism Delay Monitor FailureAction Order MaxFailureRatio"

PLAIN: Mapping[str, str] = {
    "containers/create": (
        "Domainname User WorkingDir StopSignal AttachStdin AttachStdout AttachStderr Tty OpenStdin StdinOnce"
        " ArgsEscaped NetworkDisabled StopTimeout Env[] OnBuild[] Cmd Entrypoint Shell ExposedPorts{} Volumes{}"
        " Labels{} "
        + _plain("Healthcheck", _HEALTH_PLAIN)
        + " "
        + _plain("HostConfig", _HOST_CONFIG_PLAIN)
        + " "
        + _plain("NetworkingConfig.EndpointsConfig{}", _ENDPOINT_PLAIN)
    ),
    "containers/update": _HOST_CONFIG_PLAIN,
    # `Container` is the engine's own: it takes the one of the path.
    "containers/exec": "User DetachKeys WorkingDir Privileged Tty AttachStdin AttachStdout AttachStderr Detach"
    " ConsoleSize[] Env[] Cmd Container",
    "networks/connect": _plain("EndpointConfig", _ENDPOINT_PLAIN),
    "networks/disconnect": "Force",
    "networks/create": "Name Driver Scope CheckDuplicate Internal Attachable Ingress ConfigOnly EnableIPv6 EnableIPv4"
    " IPAM.Driver IPAM.Options{} IPAM.Config[].Subnet IPAM.Config[].IPRange IPAM.Config[].Gateway"
    " IPAM.Config[].AuxiliaryAddresses{} IPAM.Config[].AuxAddress{} Options{} Labels{}",
    "volumes/create": "Name Driver DriverOpts{} Labels{} ClusterVolumeSpec",
    "services/create": (
        "Labels{} TaskTemplate.PluginSpec TaskTemplate.NetworkAttachmentSpec TaskTemplate.RestartPolicy.Condition"
        " TaskTemplate.RestartPolicy.Delay TaskTemplate.RestartPolicy.MaxAttempts TaskTemplate.RestartPolicy.Window"
        " TaskTemplate.Placement.Constraints[] TaskTemplate.Placement.Preferences[].Spread.SpreadDescriptor"
        " TaskTemplate.Placement.MaxReplicas TaskTemplate.Placement.Platforms[].Architecture"
        " TaskTemplate.Placement.Platforms[].OS TaskTemplate.ForceUpdate TaskTemplate.Runtime"
        " TaskTemplate.Networks[].DriverOpts{} TaskTemplate.LogDriver.Name TaskTemplate.LogDriver.Options{}"
        " Mode.Replicated.Replicas Mode.Global Mode.ReplicatedJob.MaxConcurrent Mode.ReplicatedJob.TotalCompletions"
        " Mode.GlobalJob Networks[].DriverOpts{} EndpointSpec.Mode EndpointSpec.Ports[].Name"
        " EndpointSpec.Ports[].Protocol EndpointSpec.Ports[].PublishMode EndpointSpec.Ports[].TargetPort"
        " EndpointSpec.Ports[].PublishedPort "
        + _plain("TaskTemplate.ContainerSpec", _RUN_PLAIN)
        + " "
        + _plain("TaskTemplate.Resources.Limits", _AMOUNTS_PLAIN)
        + " "
        + _plain("TaskTemplate.Resources.Reservations", _AMOUNTS_PLAIN)
        + " "
        + _plain("UpdateConfig", _ROLL_OUT_PLAIN)
        + " "
        + _plain("RollbackConfig", _ROLL_OUT_PLAIN)
    ),
    "secrets/create": "Name Labels{} Data Driver.Name Driver.Options{} Templating.Name Templating.Options{}",
}
"""The paths of fields that speak of nothing but what is made, or of the host, which the policy judges."""

QUERIES: Mapping[str, Mapping[str, str]] = {
    "commit": {"container": "container", "repo": "image"},
    "build": {"t": "image", "cachefrom": ELSEWHERE, "networkmode": ELSEWHERE, "remote": ELSEWHERE},
    "images/create": {"fromImage": ELSEWHERE, "fromSrc": ELSEWHERE, "repo": ELSEWHERE},
    "images/tag": {"repo": "image"},
    "images/get": {"names": "image"},
    "containers/json": {"before": "container", "since": "container"},
    "services/update": {"rollback": ELSEWHERE},
    "containers/create": {"name": ELSEWHERE},
    "containers/rename": {"name": ELSEWHERE},
}
"""Parameters of a query that name objects, and their kind. `rollback` stands for what the service was before; a build
is an admin's."""

_SAME_AS = {
    "services/update": "services/create",
    "secrets/update": "secrets/create",
    "configs/create": "secrets/create",
    "configs/update": "secrets/create",
}
CLAIMING = frozenset((*CLAIMS, *(action for action, same in _SAME_AS.items() if same in CLAIMS)))


def body_of(action: str) -> str:
    """The action under which the body of this one stands in the tables."""
    return _SAME_AS.get(action, action)


def references_in(action: str, body: Any) -> Iterator[ObjectReference]:
    for path, read in REFERENCES.get(body_of(action), {}).items():
        for field, text, owner in _found(body, path):
            yield from read(text, field, owner)


def claims_in(action: str, body: Any) -> Iterator[NetworkClaim]:
    for path in CLAIMS.get(body_of(action), "").split():
        for field, text, _ in _found(body, path):
            if text:
                yield NetworkClaim(text, field)


_STEP = re.compile(r"[^.\[{]+|\[\]|\{\}|\{name\}")


@cache
def _steps(path: str) -> tuple[str, ...]:
    return tuple(_STEP.findall(path))


def _found(body: Any, path: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Each text at the path, with where it stands and the object around it."""
    return _walk(body, _steps(path), "", {})


def _walk(
    value: Any, steps: tuple[str, ...], field: str, owner: Mapping[str, Any]
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    if not steps:
        if isinstance(value, str):
            yield field, value, owner
        return
    step, rest = steps[0], steps[1:]
    if step == "[]":
        for item in value if isinstance(value, list) else ():
            yield from _walk(item, rest, field, owner)
    elif not isinstance(value, dict):
        return
    elif step == "{name}":
        for name in value:
            yield field, name, value
    elif step == "{}":
        for item in value.values():
            yield from _walk(item, rest, field, owner)
    elif step in value:
        yield from _walk(value[step], rest, f"{field}.{step}" if field else step, value)
