"""From an inspect answer, the processes and the changes of a container to its unit."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.field import Field, Origin, Set, Source, Unknown
from ...model.snapshot import ContainerFacts
from ...model.workload import Annotation, Container, ContainerRole, Namespaces, Port, SecurityContext, Sysctl, Unit
from ..api_object import ApiObject
from ..engine_context import EngineContext
from ..engine_words import capabilities, unless_empty
from ..user import read_user
from .host_config import (
    ContainerSecurity,
    read_device_requests,
    read_devices,
    read_limits,
    read_mounts,
    read_proc_mount,
)
from .operation import read_environment, read_health, read_logging, read_restart, read_state

WHERE = "GET /containers/{id}/json"


def read_container(facts: ContainerFacts, context: EngineContext) -> Unit | None:
    """The unit; None where the container could not be inspected."""
    if not isinstance(facts.inspect, Set):
        return None
    inspect = ApiObject(facts.inspect.value, WHERE)
    security = ContainerSecurity(inspect.at("HostConfig"), inspect.word("AppArmorProfile"), context)
    return Unit(
        id=f"container/{facts.name}",
        kind="container",
        name=facts.name,
        dialect=context.dialect(),
        source=Source(WHERE),
        containers=(_container(facts, inspect, security, context),),
        namespaces=_namespaces(inspect.at("HostConfig"), context),
        sysctls=_sysctls(inspect.at("HostConfig", "Sysctls")),
        labels=inspect.words("Config", "Labels"),
        annotations=_annotations(inspect.at("HostConfig", "Annotations")),
        networks=_networks(inspect),
        engine_paths=context.paths,
    )


def _container(
    facts: ContainerFacts, inspect: ApiObject, security: ContainerSecurity, context: EngineContext
) -> Container:
    host, config = inspect.at("HostConfig"), inspect.at("Config")
    return Container(
        name=facts.name,
        role=ContainerRole.MAIN,
        source=Source(WHERE),
        image=config.text("Image"),
        image_id=inspect.text("Image"),
        context=SecurityContext(
            user=read_user(config.text("User")),
            seccomp=security.seccomp(),
            apparmor=security.apparmor(),
            selinux=security.selinux(),
        ),
        privileged=host.boolean("Privileged"),
        allow_privilege_escalation=security.allow_privilege_escalation(),
        capabilities_add=capabilities(host.texts("CapAdd")),
        capabilities_drop=capabilities(host.texts("CapDrop")),
        read_only_root=host.boolean("ReadonlyRootfs"),
        proc_mount=read_proc_mount(host),
        masked_paths=host.texts("MaskedPaths"),
        runtime=host.text("Runtime"),
        init=host.boolean("Init"),
        command=_command(inspect),
        environment=read_environment(config.texts("Env")),
        mounts=read_mounts(inspect, context, facts.resolved_binds),
        devices=read_devices(host),
        device_requests=read_device_requests(host),
        device_rules=host.texts("DeviceCgroupRules"),
        ports=read_ports(inspect),
        limits=read_limits(host),
        health=read_health(config.at("Healthcheck")),
        logging=read_logging(host.at("LogConfig")),
        restart=read_restart(host.at("RestartPolicy")),
        cgroup_parent=unless_empty(host.text("CgroupParent")),
        links=host.texts("Links"),
        state=read_state(inspect),
        processes=facts.processes,
        changed_paths=facts.changes,
        use=facts.use,
        log_files=facts.log_files,
    )


def _namespaces(host: ApiObject, context: EngineContext) -> Namespaces:
    return Namespaces(
        network=_network_mode(host.text("NetworkMode")),
        pid=_mode(host.text("PidMode")),
        ipc=_mode(host.text("IpcMode")),
        uts=_mode(host.text("UTSMode")),
        cgroup=_mode(host.text("CgroupnsMode")),
        user=_user_namespace(host, context),
    )


def _mode(field: Field[str]) -> Field[str]:
    """An empty mode is a namespace of its own."""
    return Set("private", field.source, Origin.PLATFORM) if isinstance(field, Set) and not field.value else field


def _network_mode(field: Field[str]) -> Field[str]:
    """`default` is the bridge network."""
    return Set("bridge", field.source) if isinstance(field, Set) and field.value in ("", "default") else field


def _user_namespace(host: ApiObject, context: EngineContext) -> Field[str]:
    mode = host.text("UsernsMode")
    if isinstance(mode, Unknown):
        return mode
    if context.features is None:
        return Unknown("whether the engine remaps users is unknown", source=context.features_source)
    if isinstance(mode, Set) and mode.value == "host":
        return mode
    remapped = bool(context.features & {"userns", "rootless"})
    return Set("private" if remapped else "host", context.features_source, Origin.PLATFORM)


def _sysctls(sysctls: ApiObject) -> Field[tuple[Sysctl, ...]]:
    said = sysctls.text_map()
    if not isinstance(said, Set):
        return said
    found = (Sysctl(name, value, Source(WHERE, f"{sysctls.path}.{name}")) for name, value in said.value.items())
    return Set(tuple(found), said.source)


def _annotations(annotations: ApiObject) -> dict[str, Annotation]:
    return {key: Annotation(value, annotations.source) for key, value in annotations.words().items()}


def _networks(inspect: ApiObject) -> Field[tuple[str, ...]]:
    networks = inspect.at("NetworkSettings", "Networks")
    return Set(tuple(name for name, _ in networks.entries()), networks.source)


def _command(inspect: ApiObject) -> Field[tuple[str, ...]]:
    program, arguments = inspect.text("Path"), inspect.texts("Args")
    if not isinstance(program, Set):
        return program
    return Set((program.value, *(arguments.value if isinstance(arguments, Set) else ())), program.source)


def read_ports(inspect: ApiObject) -> tuple[Port, ...]:
    """A port that is exposed and not published has `host_port` 0."""
    now = inspect.at("NetworkSettings", "Ports")
    bindings = now if isinstance(now.data, dict) and now.data else inspect.at("HostConfig", "PortBindings")
    ports = [port for name, listed in bindings.entries() for port in _published(name, listed)]
    known = {(port.container_port, port.protocol) for port in ports}
    for name, exposed in inspect.entries("Config", "ExposedPorts"):
        port = _port(name, exposed)
        if port is not None and (port.container_port, port.protocol) not in known:
            ports.append(port)
    return tuple(ports)


def _published(name: str, listed: ApiObject) -> Iterator[Port]:
    for binding in listed.items():
        port = _port(name, binding, binding.word("HostIp"), binding.word("HostPort"))
        if port is not None:
            yield port


def _port(name: str, at: ApiObject, host_ip: str = "", host_port: str | None = None) -> Port | None:
    """`name` is `8080/tcp`; None where it is not a port. `host_port` None: exposed only, `""`: the engine picks one.

    Of a range (`8000-8010`) the engine takes one when the container starts: its first stands for it.
    """
    number, _, protocol = name.partition("/")
    first = (host_port or "").partition("-")[0]
    if not _is_port(number) or (first and not _is_port(first)):
        return None
    picked = host_port is not None and int(first or 0) == 0
    return Port(int(number), at.source, int(first or 0), host_ip, protocol or "tcp", picked)


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5
