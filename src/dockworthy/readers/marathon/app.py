"""An app: one container of an agent's Docker Engine, or of Mesos' own runtime (UCR)."""

from __future__ import annotations

from msgspec import structs

from ...model.dialect import Dialect, Platform, Version
from ...model.field import Field, Origin, Set, Unset
from ...model.workload import Container, Limits, Unit
from ..definition import entries, field_of, items, word
from ..yaml_source import Value
from .docker import ENGINE, read_docker
from .health import read_app_health
from .mesos import read_mesos_container, read_mesos_namespaces
from .network import read_app_ports, read_network
from .parts import Environment, read_artifacts, read_limits, read_orchestrated
from .volumes import read_app_volumes

VERSION = Version(1, 11)
"""Of Marathon: the last one there is."""


def read_app(app: Value, name: str) -> Unit:
    """`name` is the id with those of the groups around it: `/shop/web`."""
    silent = Unset(app.source)
    limits = read_limits(app, app.get("resourceLimits"), silent)
    network = read_network(app)
    notes: list[str] = []
    if _is_docker(app):
        unit, notes = read_docker(app, limits, network)
        unit = _of_engine(unit, app, name, limits, network)
    else:
        unit = _of_mesos(app, name, limits, network)
    return structs.replace(
        unit,
        id=f"{app.file}#{name}",
        kind="app",
        name=name,
        source=app.source,
        labels={**unit.labels, **{key: value.scalar_text() for key, value in entries(app, "labels")}},
        replicas=field_of(app.get("instances"), silent, Value.integer),
        orchestrated=read_orchestrated(
            app,
            upgrade=app.get("upgradeStrategy"),
            constraints=items(app, "constraints"),
            artifacts=(artifact for key in ("fetch", "uris") for artifact in read_artifacts(app, key)),
        ),
        notes=tuple(notes),
    )


def _is_docker(app: Value) -> bool:
    """`DOCKER` where a container names no type; without an image Mesos runs the command itself."""
    return app.at("container", "docker", "image") is not None and word(app.get("container"), "type") != "MESOS"


def _of_engine(unit: Unit, app: Value, name: str, limits: Limits, network: Field[str]) -> Unit:
    """Who writes an SELinux label means agents that have SELinux, and is judged as if they had."""
    (container,) = unit.containers
    unwritten = isinstance(network, Set) and network.origin is Origin.PLATFORM
    spaces = unit.namespaces
    if unwritten and isinstance(spaces.network, Set) and spaces.network.source == network.source:
        spaces = structs.replace(spaces, network=network)
    selinux = container.context.selinux
    spoken_of = {"selinux"} if isinstance(selinux, Set) and selinux.origin is not Origin.PLATFORM else set()
    return structs.replace(
        unit,
        dialect=Dialect(Platform.MARATHON, VERSION, (ENGINE.features or frozenset()) | spoken_of),
        namespaces=spaces,
        containers=(_with_own(container, app, name, limits, network),),
    )


def _with_own(container: Container, app: Value, name: str, limits: Limits, network: Field[str]) -> Container:
    """What the app says beside `docker run`. The image's health check is not asked by Mesos."""
    silent = Unset(app.source)
    environment = Environment((app, "env"))
    said = container.environment.value if isinstance(container.environment, Set) else {}
    own = environment.field(silent)
    return structs.replace(
        container,
        name=name.rsplit("/", 1)[-1],
        source=app.source,
        environment=Set({**said, **own.value}, own.source) if isinstance(own, Set) else container.environment,
        environment_lines=environment.lines,
        mounts=(*container.mounts, *read_app_volumes(app)),
        ports=(*container.ports, *read_app_ports(app, network)),
        limits=structs.replace(
            container.limits,
            memory=_unless_default(container.limits.memory, limits.memory),
            cpus=_unless_default(container.limits.cpus, limits.cpus),
        ),
        health=read_app_health(app, silent),
        secrets=_secrets(app),
    )


def _unless_default(read: Field[int] | Field[float], own: Field[int] | Field[float]) -> Field[int] | Field[float]:
    """A default that went through the flags is a default again."""
    is_default = isinstance(own, Set) and own.origin is Origin.PLATFORM and read.source == own.source
    return own if is_default else read


def _of_mesos(app: Value, name: str, limits: Limits, network: Field[str]) -> Unit:
    linux = app.at("container", "linuxInfo")
    return Unit(
        id="",
        kind="app",
        name=name,
        dialect=Dialect(Platform.MARATHON, VERSION),
        source=app.source,
        containers=(_mesos_container(app, name, linux, limits, network),),
        namespaces=read_mesos_namespaces(app, linux, network),
        sysctls=Unset(app.source),
    )


def _mesos_container(app: Value, name: str, linux: Value | None, limits: Limits, network: Field[str]) -> Container:
    silent, environment = Unset(app.source), Environment((app, "env"))
    made = read_mesos_container(
        name.rsplit("/", 1)[-1],
        app,
        image=app.at("container", "docker", "image"),
        linux=linux,
        user=field_of(app.get("user"), silent, Value.scalar_text),
    )
    return structs.replace(
        made,
        command=_mesos_command(app, silent),
        environment=environment.field(silent),
        environment_lines=environment.lines,
        mounts=tuple(read_app_volumes(app)),
        ports=tuple(read_app_ports(app, network)),
        limits=limits,
        health=read_app_health(app, silent),
        secrets=_secrets(app),
    )


def _mesos_command(app: Value, silent: Unset) -> Field[tuple[str, ...]]:
    shell, arguments = app.get("cmd"), app.get("args")
    if shell is not None:
        return Set(("/bin/sh", "-c", shell.scalar_text()), shell.source)
    return field_of(arguments, silent, lambda listed: tuple(item.scalar_text() for item in listed.items()))


def _secrets(app: Value) -> Field[tuple[str, ...]]:
    return Set(tuple(name for name, _ in entries(app, "secrets")), app.source)
