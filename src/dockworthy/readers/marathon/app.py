"""An app: one container of an agent's Docker Engine, or of Mesos' own runtime (UCR)."""

from __future__ import annotations

from typing import TypeVar, cast

from msgspec import Struct, structs

from ...errors import UsageError
from ...model.dialect import Dialect, Platform, Version
from ...model.field import Field, Origin, Set, Source, Unset
from ...model.workload import Container, Limits, Unit
from ..definition import entries, field_of, items, word, words
from ..docker_run import read_docker_run
from ..docker_run.flags import ALIASES, ALL_FLAGS, SWITCHES
from ..engine_context import EngineContext
from ..yaml_source import Value
from .mesos import read_mesos_container, read_mesos_namespaces
from .parts import (
    TaskEnvironment,
    read_app_health,
    read_app_ports,
    read_app_volumes,
    read_artifacts,
    read_limits,
    read_network,
    read_orchestrated,
)

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
    environment = TaskEnvironment((app, "env"))
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
    silent, environment = Unset(app.source), TaskEnvironment((app, "env"))
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


ENGINE = EngineContext(Version(1, 45), frozenset({"seccomp", "apparmor"}))
"""A definition does not know its agents: what an engine of this API version does by default."""

_CALLED = "docker run"
_ASKED = "GET /info"
_T = TypeVar("_T")


class Flag(Struct, frozen=True):
    name: str
    value: str
    source: Source


def read_docker(app: Value, limits: Limits, network: Field[str]) -> tuple[Unit, list[str]]:
    """The container as a unit of its own, each value with its line, and notes on parameters that Docker does not have.

    Raises UnreadableInput with the line of a parameter whose value Docker refuses.
    """
    notes: list[str] = []
    flags = [*_own_flags(app, limits, network), *_parameters(app, notes)]
    docker = app.at("container", "docker")
    words_ = [f"--{flag.name}={flag.value}" for flag in flags]
    command = _command(app)
    entry_point = ["--entrypoint=/bin/sh"] if command[:1] == ["-c"] else []
    unit = read_docker_run([*words_, *entry_point, "--", word(docker, "image") or "-", *command], ENGINE)
    return _at_lines(unit, _Places(app, flags)), notes


def _own_flags(app: Value, limits: Limits, network: Field[str]) -> list[Flag]:
    flags = []
    privileged = app.at("container", "docker", "privileged")
    if privileged is not None:
        flags.append(Flag("privileged", str(privileged.boolean()).lower(), privileged.source))
    if isinstance(network, Set):
        flags.append(Flag("network", network.value, network.source))
    if isinstance(limits.memory, Set):
        flags.append(Flag("memory", str(min(limits.memory.value, 2**62)), limits.memory.source))
    if isinstance(limits.cpus, Set):
        flags.append(Flag("cpus", f"{min(limits.cpus.value, 1e8):.9f}", limits.cpus.source))
    return flags


def _command(app: Value) -> list[str]:
    """`cmd` is for a shell, `args` are words behind the image's entry point."""
    shell, arguments = app.get("cmd"), app.get("args")
    if shell is not None:
        return ["-c", shell.scalar_text()]
    return [] if arguments is None else list(words(arguments))


def _parameters(app: Value, notes: list[str]) -> list[Flag]:
    flags = []
    for parameter in items(app.at("container", "docker"), "parameters"):
        key = word(parameter, "key")
        name = ALIASES.get(key, key)
        value = word(parameter, "value") or ("true" if name in SWITCHES else "")
        if name in ALL_FLAGS:
            _try(name, value, parameter)
            flags.append(Flag(name, value, (parameter.get("value") or parameter).source))
        else:
            notes.append(f"{parameter.source}: docker run has no flag --{key}")
    return flags


def _try(name: str, value: str, parameter: Value) -> None:
    """The value itself stays out of what is said: it may hold a password."""
    try:
        read_docker_run([f"--{name}={value}", "--", "shop"], ENGINE)
    except UsageError as error:
        raise parameter.wrong(f"a parameter that docker run takes as --{name}") from error


class _Places:
    """Flag as `docker run`'s reader names it -> the line of the definition."""

    def __init__(self, app: Value, flags: list[Flag]) -> None:
        self._app = app.source
        self._exact = {f"--{flag.name} {flag.value}": flag.source for flag in flags}
        self._named = {f"--{flag.name}": flag.source for flag in flags}
        for key, value in (("the image", app.at("container", "docker", "image")), ("the command", app.get("args"))):
            if value is not None:
                self._named[key] = value.source
        shell = app.get("cmd")
        if shell is not None:
            self._named["--entrypoint"] = self._named["the command"] = shell.source

    def of(self, flag: str) -> Source:
        found = self._exact.get(flag) or self._named.get(flag)
        return found or self._named.get(flag.split(" ", 1)[0], self._app)


def _at_lines(value: _T, places: _Places) -> _T:
    """The same part of the model with lines of the definition for flags."""
    made: object = value
    if isinstance(value, Source):
        if value.where == _CALLED:
            made = places.of(value.path)
        elif value.where == _ASKED:
            made = Source("Docker's default", value.path)
    elif isinstance(value, Struct):
        made = type(value)(**{name: _at_lines(getattr(value, name), places) for name in value.__struct_fields__})
    elif isinstance(value, tuple):
        made = tuple(_at_lines(item, places) for item in value)
    elif isinstance(value, dict):
        made = {key: _at_lines(item, places) for key, item in value.items()}
    return cast(_T, made)
