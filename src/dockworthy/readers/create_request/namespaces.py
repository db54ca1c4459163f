"""Namespaces and networks of a container that is asked for."""

from __future__ import annotations

from ...model.dialect import Version
from ...model.field import Field, Origin, Set, Unknown, Unset
from ...model.workload import Namespaces
from ..api_object import ApiObject
from ..engine_context import EngineContext

_PRIVATE_IPC_SINCE = Version(1, 40)


def read_namespaces(request: ApiObject, context: EngineContext, api_version: Version) -> Namespaces:
    host = request.at("HostConfig")
    return Namespaces(
        network=_network(request),
        pid=_mode(host.text("PidMode")),
        ipc=_mode(host.text("IpcMode"), "private" if api_version >= _PRIVATE_IPC_SINCE else "shareable"),
        uts=_mode(host.text("UTSMode")),
        cgroup=_cgroup(host, context),
        user=_user(host, context),
    )


def _mode(field: Field[str], default: str = "private") -> Field[str]:
    if isinstance(field, Unset) or (isinstance(field, Set) and not field.value):
        return Set(default, field.source, Origin.PLATFORM)
    return field


def _network(request: ApiObject) -> Field[str]:
    """`default`, or nothing, is the bridge network."""
    if request.at("NetworkDisabled").data is True:
        return Set("none", request.at("NetworkDisabled").source)
    field = _mode(request.text("HostConfig", "NetworkMode"), "bridge")
    return Set("bridge", field.source) if isinstance(field, Set) and field.value == "default" else field


def _cgroup(host: ApiObject, context: EngineContext) -> Field[str]:
    """The engine's default is private with cgroups v2; with v1, and then always for a privileged container, host."""
    mode = host.text("CgroupnsMode")
    if isinstance(mode, Unknown) or (isinstance(mode, Set) and mode.value):
        return mode
    if context.features is None:
        return Unknown("the engine's default cgroup namespace is unknown", source=context.features_source)
    private = "cgroupns" in context.features
    if private and host.at("Privileged").data is True:
        reason = "whether a privileged container shares the host's cgroup namespace depends on the version of cgroups"
        return Unknown(reason, source=context.features_source)
    return Set("private" if private else "host", context.features_source, Origin.PLATFORM)


def _user(host: ApiObject, context: EngineContext) -> Field[str]:
    mode = host.text("UsernsMode")
    if isinstance(mode, Unknown):
        return mode
    if isinstance(mode, Set) and mode.value == "host":
        return mode
    if context.features is None:
        return Unknown("whether the engine remaps users is unknown", source=context.features_source)
    remapped = bool(context.features & {"userns", "rootless"})
    return Set("private" if remapped else "host", context.features_source, Origin.PLATFORM)


def read_networks(request: ApiObject) -> Field[tuple[str, ...]]:
    """The network of `NetworkMode` and those of `NetworkingConfig`; none where it joins another container's."""
    mode = _network(request)
    endpoints = request.at("NetworkingConfig", "EndpointsConfig")
    named = [mode.value] if isinstance(mode, Set) and not mode.value.startswith("container:") else []
    joined = ("bridge" if name == "default" else name for name, _ in endpoints.entries())
    return Set(tuple(dict.fromkeys([*named, *joined])), mode.source or endpoints.source)


__all__ = ["read_namespaces", "read_networks"]
