"""An app whose container an agent's Docker Engine runs: what Mesos would call `docker run` with.

Mesos writes memory, processors, network and privileges itself, and puts `parameters` behind them: the last one counts.
An app's `user` does not reach the container (Mesos, `docker.cpp`).
"""

from __future__ import annotations

from typing import TypeVar, cast

from msgspec import Struct

from ...errors import UsageError
from ...model.dialect import Version
from ...model.field import Field, Set, Source
from ...model.workload import Limits, Unit
from ..definition import items, word, words
from ..docker_run import read_docker_run
from ..docker_run.flags import ALIASES, ALL_FLAGS, SWITCHES
from ..engine_context import EngineContext
from ..yaml_source import Value

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
