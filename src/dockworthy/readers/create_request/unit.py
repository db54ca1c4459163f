"""From the parts of a create request to its unit: what is written, and what the engine does where nothing is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...model.dialect import Version
from ...model.field import Field, Origin, Set, Source, Unknown, Unset
from ...model.volume_options import bound_path
from ...model.workload import (
    Annotation,
    Container,
    ContainerRole,
    Limits,
    Logging,
    Mount,
    MountKind,
    Namespaces,
    Port,
    Restart,
    SecurityContext,
    SecurityOption,
    SELinux,
    Sysctl,
    Unit,
)
from ..api_object import ApiObject
from ..container.host_config import ContainerSecurity, read_device_requests, read_devices, read_limits, read_proc_mount
from ..container.operation import read_environment, read_health, read_logging, read_restart
from ..engine_context import EngineContext
from ..engine_words import capabilities, unless_empty
from ..security_options import is_known
from ..user import read_user

_ANNOTATIONS_SINCE = Version(1, 43)
_BY_IMAGE = "the request does not say, the image may"
_TELL = "docker image inspect shows what the image says"


def unit_of(request: ApiObject, *, name: str, context: EngineContext, api_version: Version) -> Unit:
    """`request` is the whole body; `name` the container's, empty where the engine makes one up."""
    host = request.at("HostConfig")
    name = name or "unnamed"
    return Unit(
        id=f"container/{name}",
        kind="container",
        name=name,
        dialect=context.dialect(),
        source=request.source,
        containers=(_container(name, request, host, context),),
        namespaces=read_namespaces(request, context, api_version),
        sysctls=_sysctls(host.at("Sysctls")),
        labels=request.words("Labels"),
        annotations=_annotations(host.at("Annotations")) if api_version >= _ANNOTATIONS_SINCE else {},
        networks=read_networks(request),
        engine_paths=context.paths,
    )


def _container(name: str, request: ApiObject, host: ApiObject, context: EngineContext) -> Container:
    security = ContainerSecurity(host, "", context)
    return Container(
        name=name,
        role=ContainerRole.MAIN,
        source=request.source,
        image=request.text("Image"),
        context=SecurityContext(
            user=_or_by_image(read_user(request.text("User"))),
            seccomp=security.seccomp(),
            apparmor=security.apparmor(),
            selinux=selinux_of(security.selinux(), host),
        ),
        privileged=host.boolean("Privileged"),
        allow_privilege_escalation=security.allow_privilege_escalation(),
        capabilities_add=capabilities(host.texts("CapAdd")),
        capabilities_drop=capabilities(host.texts("CapDrop")),
        read_only_root=host.boolean("ReadonlyRootfs"),
        proc_mount=read_proc_mount(host),
        masked_paths=host.texts("MaskedPaths"),
        runtime=unless_empty(host.text("Runtime")),
        init=host.boolean("Init"),
        command=_command(request),
        environment=read_environment(request.texts("Env")),
        mounts=read_mounts(request, context),
        mounts_from=host.texts("VolumesFrom"),
        devices=read_devices(host),
        device_requests=read_device_requests(host),
        device_rules=host.texts("DeviceCgroupRules"),
        ports=read_ports(request),
        limits=_limits(host),
        health=_or_by_image(read_health(request.at("Healthcheck"))),
        logging=logging_of(host.at("LogConfig"), context),
        restart=_restart(host.at("RestartPolicy")),
        cgroup_parent=unless_empty(host.text("CgroupParent")),
        secrets=Unset(host.source),
        links=host.texts("Links"),
        unknown_options=_unknown_options(host),
        unclear=gaps_of(request),
    )


def _unknown_options(host: ApiObject) -> tuple[SecurityOption, ...]:
    at = host.at("SecurityOpt")
    return tuple(SecurityOption(str(each), at.source) for each in at.data or () if not is_known(str(each)))


def _or_by_image(field: Field[Any]) -> Field[Any]:
    return Unknown(_BY_IMAGE, tell=_TELL, source=field.source) if isinstance(field, Unset) else field


def _command(request: ApiObject) -> Field[tuple[str, ...]]:
    """What is written; before a command alone the image's entry point may stand."""
    parts = [field for key in ("Entrypoint", "Cmd") if (field := _words(request.at(key))) is not None]
    if not parts:
        return Unknown(_BY_IMAGE, tell=_TELL, source=request.at("Cmd").source)
    return Set(tuple(word for part in parts for word in part.value), parts[0].source)


def _words(part: ApiObject) -> Set[tuple[str, ...]] | None:
    """A single text is one word, never parted by a shell."""
    if isinstance(part.data, str):
        return Set((part.data,), part.source)
    field = part.texts()
    return field if isinstance(field, Set) and field.value else None


def _limits(host: ApiObject) -> Limits:
    written = read_limits(host)
    return Limits(
        memory=written.memory,
        memory_swap=swap_of(written),
        cpus=written.cpus,
        pids=written.pids,
        ulimits=written.ulimits,
        oom_kill_disabled=written.oom_kill_disabled,
        oom_score=written.oom_score,
    )


def _restart(policy: ApiObject) -> Field[Restart]:
    field = read_restart(policy)
    return Set(Restart("no"), field.source, Origin.PLATFORM) if isinstance(field, Unset) else field


def _sysctls(sysctls: ApiObject) -> Field[tuple[Sysctl, ...]]:
    said = sysctls.text_map()
    if not isinstance(said, Set):
        return said
    found = (Sysctl(name, value, sysctls.at(name).source) for name, value in said.value.items())
    return Set(tuple(found), said.source)


def _annotations(annotations: ApiObject) -> dict[str, Annotation]:
    return {key: Annotation(value, annotations.source) for key, value in annotations.words().items()}


_ROTATED_BY_OPTIONS = "json-file"


def logging_of(log: ApiObject, context: EngineContext) -> Field[Logging]:
    """A silent request takes the engine's driver with the engine's options, which its API does not show."""
    written = read_logging(log)
    if isinstance(written, Unknown) or (isinstance(written, Set) and written.value.driver):
        return written
    if not context.log_driver:
        return Unknown("the engine's log driver is unknown", source=log.source)
    source = Source("GET /info", "LoggingDriver")
    if context.log_driver == _ROTATED_BY_OPTIONS:
        reason = f"it logs as the engine does by default ({_ROTATED_BY_OPTIONS}), whose options are unknown"
        return Unknown(reason, tell="log-opts in the engine's daemon.json", source=source)
    return Set(Logging(context.log_driver), source, Origin.PLATFORM)


def swap_of(limits: Limits) -> Field[int]:
    """Where memory is limited and swap is not spoken of, both together may be twice the memory."""
    if isinstance(limits.memory_swap, Unset) and isinstance(limits.memory, Set):
        return Set(2 * limits.memory.value, limits.memory.source, Origin.PLATFORM)
    return limits.memory_swap


def selinux_of(written: Field[SELinux], host: ApiObject) -> Field[SELinux]:
    """The engine writes `label=disable` itself where a container is privileged, or in the host's PIDs or IPC."""
    if isinstance(written, Set):
        return written
    for key, value in (("Privileged", True), ("PidMode", "host"), ("IpcMode", "host")):
        part = host.at(key)
        if part.data == value:
            return Set(SELinux(disabled=True), part.source, Origin.PLATFORM)
    return written


def gaps_of(request: ApiObject) -> dict[str, Unknown]:
    """By the names of `Container.unclear`: mounts of other containers, ports of the image, namespaces of others."""
    host = request.at("HostConfig")
    gaps = {}
    mounts_from = host.texts("VolumesFrom")
    if isinstance(mounts_from, Set) and mounts_from.value:
        others = ", ".join(mounts_from.value)
        gaps["mounts"] = Unknown(
            f"it takes over the mounts of {others}, which are not in the request",
            tell=f"docker inspect {mounts_from.value[0].partition(':')[0]}",
            source=mounts_from.source,
        )
    if host.at("PublishAllPorts").data is True:
        gaps["ports"] = Unknown(
            "it publishes every port that its image exposes, and these are not in the request",
            tell="docker image inspect shows what the image exposes",
            source=host.at("PublishAllPorts").source,
        )
    for key, name in _joined(host):
        gaps["namespaces"] = Unknown(
            f"it shares namespaces of {name}, which is not in the request",
            tell=f"docker inspect {name}",
            source=host.at(key).source,
        )
        break
    return gaps


def _joined(host: ApiObject) -> Iterator[tuple[str, str]]:
    for key in ("NetworkMode", "PidMode", "IpcMode"):
        kind, _, name = host.word(key).partition(":")
        if kind == "container":
            yield key, name


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


_PORTS = range(65536)


def read_ports(request: ApiObject) -> tuple[Port, ...]:
    """Published ones, then those that are only exposed. With PublishAllPorts the engine picks a port for each."""
    host = request.at("HostConfig")
    ports = [port for name, listed in host.entries("PortBindings") for port in _published(name, listed)]
    known = {(port.container_port, port.protocol) for port in ports}
    all_published = host.at("PublishAllPorts").data is True
    for name, exposed in request.entries("ExposedPorts"):
        port = _port(name, exposed, picked=all_published)
        if port is not None and (port.container_port, port.protocol) not in known:
            ports.append(port)
    return tuple(ports)


def _published(name: str, listed: ApiObject) -> Iterator[Port]:
    """An empty list of bindings publishes nothing; a binding without a port leaves the choice to the engine."""
    for binding in listed.items():
        port = _port(name, binding, binding.word("HostIp"), binding.word("HostPort"), picked=True)
        if port is not None:
            yield port


def _port(name: str, at: ApiObject, host_ip: str = "", host_port: str = "", *, picked: bool = False) -> Port | None:
    """`name` is `8080/tcp`; a host port `8000-8010` is one of these, the first that is free. None: not a port."""
    number, _, protocol = name.partition("/")
    inside, outside = _number(number), _number(host_port.partition("-")[0] or "0")
    if not inside or outside is None:
        return None
    return Port(inside, at.source, outside, host_ip, protocol or "tcp", picked=picked and not outside)


def _number(text: str) -> int | None:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else -1
    return number if number in _PORTS else None


_KINDS = {kind.value: kind for kind in MountKind}
_PROPAGATIONS = frozenset({"private", "rprivate", "shared", "rshared", "slave", "rslave"})


def read_mounts(request: ApiObject, context: EngineContext) -> tuple[Mount, ...]:
    """The engine refuses two of `Mounts`, `Binds` and `Tmpfs` on one path, and leaves out a nameless volume there."""
    host = request.at("HostConfig")
    asked = [
        *(_mount(item, context) for item in host.items("Mounts")),
        *(_bind(text, source, host, context) for text, source in _texts(host.at("Binds"))),
        *_tmpfs(host.at("Tmpfs")),
    ]
    targets = {_plain(mount.target) for mount in asked}
    nameless = (_nameless(target, at.source) for target, at in request.entries("Volumes"))
    return (*asked, *(mount for mount in nameless if _plain(mount.target) not in targets))


def _plain(target: str) -> str:
    return target.rstrip("/") or "/"


def _texts(listed: ApiObject) -> Iterator[tuple[str, Source]]:
    for index, item in enumerate(listed.data if isinstance(listed.data, list) else ()):
        if isinstance(item, str):
            yield item, Source(listed.where, f"{listed.path}[{index}]")


def _mount(item: ApiObject, context: EngineContext) -> Mount:
    """Here a volume that is there counts, and else what the request asks for."""
    kind = _KINDS.get(item.word("Type"), MountKind.BIND)
    asked = item.words("VolumeOptions", "DriverConfig", "Options")
    return mount_of(item, kind, options_of(item.word("Source"), context) or asked, context)


def mount_of(item: ApiObject, kind: MountKind, options: Mapping[str, str], context: EngineContext) -> Mount:
    """An entry of `Mounts`. `options`: of the volume, where it is one. Source: Engine API, Mount."""
    source = item.word("Source")
    driver = item.word("VolumeOptions", "DriverConfig", "Name")
    if kind is MountKind.VOLUME:
        driver = driver or driver_of(source, context)
    else:
        options = {}
    return Mount(
        kind=kind,
        source=source,
        target=item.word("Target"),
        read_only=item.at("ReadOnly").data is True,
        declared_at=item.source,
        propagation=item.word("BindOptions", "Propagation"),
        host_path=source if kind is MountKind.BIND else bound_path(driver, options),
        driver=driver,
        options=dict(options),
        anonymous=kind is MountKind.VOLUME and not source,
    )


def _bind(text: str, declared_at: Source, host: ApiObject, context: EngineContext) -> Mount:
    """`/data`, `name:/data`, `/srv/data:/data:ro,rslave`: a path of the host is a bind, a name a volume."""
    parts = text.split(":")
    source = parts[0] if len(parts) > 1 else ""
    modes = parts[2].split(",") if len(parts) > 2 else []
    kind = MountKind.BIND if source.startswith(("/", ".", "~")) else MountKind.VOLUME
    options = options_of(source, context) if kind is MountKind.VOLUME else {}
    driver = host.word("VolumeDriver") or driver_of(source, context) if kind is MountKind.VOLUME else ""
    return Mount(
        kind=kind,
        source=source,
        target=parts[1] if len(parts) > 1 else parts[0],
        read_only="ro" in modes,
        declared_at=declared_at,
        propagation=next((mode for mode in modes if mode in _PROPAGATIONS), ""),
        host_path=source if kind is MountKind.BIND else bound_path(driver, options),
        driver=driver,
        options=options,
        anonymous=not source,
    )


def options_of(volume: str, context: EngineContext) -> dict[str, str]:
    """Those that a volume which is there already was made with: asking for others changes nothing."""
    return ApiObject(context.volumes.get(volume), "GET /volumes").words("Options")


def driver_of(volume: str, context: EngineContext) -> str:
    return ApiObject(context.volumes.get(volume), "GET /volumes").word("Driver")


def _tmpfs(tmpfs: ApiObject) -> Iterator[Mount]:
    for target, options in tmpfs.words().items():
        yield Mount(MountKind.TMPFS, "", target, "ro" in options.split(","), tmpfs.at(target).source)


def _nameless(target: str, declared_at: Source) -> Mount:
    """As in `Volumes`: `/data`, kept by the engine under a random name."""
    return Mount(MountKind.VOLUME, "", target, False, declared_at, anonymous=True)
