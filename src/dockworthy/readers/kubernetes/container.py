"""A container of a pod."""

from __future__ import annotations

import math
import re

from ...model.field import Field, Set, Unset
from ...model.pattern import lazy_pattern
from ...model.workload import (
    Container,
    ContainerRole,
    HealthCheck,
    Limits,
    Port,
    Probe,
    Profile,
    SecurityContext,
    SELinux,
    User,
)
from ..yaml_source import Value

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HOOKS = ("postStart", "preStop")
_HANDLERS = ("httpGet", "tcpSocket", "exec", "grpc", "sleep")


def read_container(container: Value, role: ContainerRole) -> Container:
    """An init container with `restartPolicy: Always` is a sidecar."""
    silent = Unset(container.source)
    security = container.get("securityContext")
    capabilities = None if security is None else security.get("capabilities")
    probes = tuple(_probes(container))
    restart = container.get("restartPolicy")
    if role is ContainerRole.INIT and restart is not None and restart.text() == "Always":
        role = ContainerRole.SIDECAR
    name = container.get("name")
    return Container(
        name="" if name is None else name.scalar_text(),
        role=role,
        source=container.source,
        image=_text(container, "image", silent),
        context=read_context(security, silent),
        privileged=boolean(security, "privileged", silent),
        allow_privilege_escalation=boolean(security, "allowPrivilegeEscalation", silent),
        capabilities_add=_texts(capabilities, "add", silent),
        capabilities_drop=_texts(capabilities, "drop", silent),
        read_only_root=boolean(security, "readOnlyRootFilesystem", silent),
        proc_mount=silent if security is None else _text(security, "procMount", silent),
        command=_command(container, silent),
        environment=_environment(container, silent),
        ports=tuple(_ports(container)),
        probes=probes,
        limits=_limits(container, silent),
        health=_health(probes, silent),
    )


def _text(parent: Value, key: str, silent: Unset) -> Field[str]:
    value = parent.get(key)
    return silent if value is None else Set(value.text(), value.source)


def _texts(parent: Value | None, key: str, silent: Unset) -> Field[tuple[str, ...]]:
    value = None if parent is None else parent.get(key)
    return silent if value is None else Set(tuple(item.text() for item in value.items()), value.source)


def _command(container: Value, silent: Unset) -> Field[tuple[str, ...]]:
    command, arguments = _texts(container, "command", silent), _texts(container, "args", silent)
    if isinstance(command, Set):
        return Set(command.value + (arguments.value if isinstance(arguments, Set) else ()), command.source)
    return arguments


def _environment(container: Value, silent: Unset) -> Field[dict[str, str]]:
    """Values that come from a Secret or ConfigMap are not written here and stay out."""
    listed = container.get("env")
    if listed is None:
        return silent
    said = {}
    for entry in listed.items():
        name, value = entry.get("name"), entry.get("value")
        if name is not None and value is not None:
            said[name.scalar_text()] = value.scalar_text()
    return Set(said, listed.source)


def _ports(container: Value) -> list[Port]:
    listed = container.get("ports")
    return [] if listed is None else [_port(port) for port in listed.items()]


def _port(port: Value) -> Port:
    inside, outside, address = port.get("containerPort"), port.get("hostPort"), port.get("hostIP")
    return Port(
        container_port=0 if inside is None else inside.integer(),
        declared_at=(outside or port).source,
        host_port=0 if outside is None else outside.integer(),
        host_ip="" if address is None else address.scalar_text(),
        protocol=_protocol(port),
    )


def _protocol(port: Value) -> str:
    protocol = port.get("protocol")
    return "tcp" if protocol is None else protocol.scalar_text().lower()


def _probes(container: Value) -> list[Probe]:
    lifecycle = container.get("lifecycle")
    found = [(kind, container.get(kind)) for kind in _PROBES]
    if lifecycle is not None:
        found += [(kind, lifecycle.get(kind)) for kind in _HOOKS]
    return [probe for kind, value in found if value is not None for probe in _handlers(kind, value)]


def _handlers(kind: str, probe: Value) -> list[Probe]:
    handlers = [(handler, value) for handler in _HANDLERS if (value := probe.get(handler)) is not None]
    return [_handler(kind, handler, value) for handler, value in handlers]


def _handler(kind: str, handler: str, value: Value) -> Probe:
    host = value.get("host") if handler in ("httpGet", "tcpSocket") else None
    return Probe(kind, handler, (host or value).source, host="" if host is None else host.scalar_text())


def _limits(container: Value, silent: Unset) -> Limits:
    limits = container.at("resources", "limits")
    memory = None if limits is None else limits.get("memory")
    cpus = None if limits is None else limits.get("cpu")
    return Limits(
        memory=silent if memory is None else Set(int(quantity(memory)), memory.source),
        cpus=silent if cpus is None else Set(quantity(cpus), cpus.source),
    )


def _health(probes: tuple[Probe, ...], silent: Unset) -> Field[HealthCheck]:
    """Kubernetes has probes in place of a health check: any of them tells whether the container works."""
    for probe in probes:
        if probe.kind in ("livenessProbe", "readinessProbe"):
            return Set(HealthCheck(test=(probe.handler,)), probe.declared_at)
    return silent


def read_context(security: Value | None, silent: Unset) -> SecurityContext:
    """`silent` stands for what nobody wrote."""
    if security is None:
        return SecurityContext(silent, silent, silent, silent, silent, silent)
    return SecurityContext(
        user=_user(security, silent),
        run_as_non_root=boolean(security, "runAsNonRoot", silent),
        seccomp=_profile(security.get("seccompProfile"), silent),
        apparmor=_profile(security.get("appArmorProfile"), silent),
        selinux=_selinux(security.get("seLinuxOptions"), silent),
        windows_host_process=_host_process(security, silent),
    )


def boolean(parent: Value | None, key: str, silent: Unset) -> Field[bool]:
    value = None if parent is None else parent.get(key)
    return silent if value is None else Set(value.boolean(), value.source)


def _user(security: Value, silent: Unset) -> Field[User]:
    uid, gid = security.get("runAsUser"), security.get("runAsGroup")
    if uid is None:
        return silent
    return Set(User(uid=uid.integer(), group="" if gid is None else str(gid.integer())), uid.source)


def _profile(profile: Value | None, silent: Unset) -> Field[Profile]:
    if profile is None:
        return silent
    type_, name = profile.get("type"), profile.get("localhostProfile")
    return Set(
        Profile("" if type_ is None else type_.text(), "" if name is None else name.text()),
        profile.source if type_ is None else type_.source,
    )


def _selinux(options: Value | None, silent: Unset) -> Field[SELinux]:
    if options is None:
        return silent
    said = {key: value.text() for key in ("type", "user", "role", "level") if (value := options.get(key)) is not None}
    return Set(
        SELinux(said.get("type", ""), said.get("user", ""), said.get("role", ""), said.get("level", "")), options.source
    )


def _host_process(security: Value, silent: Unset) -> Field[bool]:
    return boolean(security.get("windowsOptions"), "hostProcess", silent)


_SUFFIX = {
    "": 1.0, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50, "Ei": 2.0**60,
}  # fmt: skip
_QUANTITY = lazy_pattern(r"([+-]?\d{0,30}(?:\.\d{0,30})?)(?:([eE][+-]?\d{1,3})|([numkMGTPE]|[KMGTPE]i)?)")


def quantity(value: Value) -> float:
    """The number in its base unit (bytes, cores). Raises UnreadableInput where it is not a quantity."""
    match = _QUANTITY.fullmatch(value.scalar_text().strip())
    if match is None or not re.search(r"\d", match[1]):
        raise value.wrong("a quantity like 500m or 64Mi")
    number = float(match[1] + (match[2] or "")) * _SUFFIX[match[3] or ""]
    if not math.isfinite(number):
        raise value.wrong("a quantity that fits")
    return number
