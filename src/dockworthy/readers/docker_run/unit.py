"""The unit that a command line of `docker run` or `docker create` would make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar, cast

from msgspec import Struct, structs

from ...model.field import Source, Unknown
from ...model.workload import MountKind, Unit
from ..api_object import ApiObject
from ..create_request import unit_of
from ..engine_context import EngineContext
from .command_line import Given, part
from .flags import KEYS, PLACES
from .request import request_of

_FOR_THE_SHELL = ("$", "`", "~")


def read_docker_run(
    arguments: Sequence[str],
    context: EngineContext,
    *,
    environ: Mapping[str, str] | None = None,
    folder: str = "",
) -> Unit:
    """`arguments` as a shell would part them, with or without `docker run` in front.

    `environ` gives the values of `--env NAME`; `folder`, where it is called, those of paths that start with a dot.
    No file is opened: what `--env-file` holds stays unclear. Raises UsageError for what Docker's command line refuses.
    """
    given = part(arguments)
    document = request_of(given, folder)
    _take_values(document.data.get("Env", []), environ or {})
    request = ApiObject(document.data, WHERE)
    unit = unit_of(request, name=given.last("name"), context=context, api_version=context.api_version)
    return at_flags(_with_gaps(unit, _gaps(given, environ, unit)), document.flags)


def _take_values(entries: list[str], environ: Mapping[str, str]) -> None:
    """A name that the environment does not have is not set in the container either."""
    entries[:] = [
        entry if "=" in entry else f"{entry}={environ[entry]}" for entry in entries if "=" in entry or entry in environ
    ]


def _gaps(given: Given, environ: Mapping[str, str] | None, unit: Unit) -> dict[str, Unknown]:
    """What only the files and the environment of the caller could tell."""
    gaps = {}
    unseen = [f"--env-file {value}" for flag, value in given.flags if flag == "env-file"]
    if environ is None:
        unseen += [f"--env {value}" for flag, value in given.flags if flag == "env" and "=" not in value]
    if unseen:
        reason = f"the values of {', '.join(unseen)} are not on the command line"
        gaps["environment"] = Unknown(reason, source=Source(WHERE, "Env"))
    for mount in unit.containers[0].mounts:
        if mount.kind is MountKind.BIND and mount.source.startswith("."):
            reason = f"{mount.source} leads from the folder that docker is called in"
            gaps["mounts"] = Unknown(reason, source=mount.declared_at)
        elif mount.source.startswith(_FOR_THE_SHELL):
            gaps["mounts"] = Unknown(f"what {mount.source} stands for, a shell would tell", source=mount.declared_at)
    return gaps


def _with_gaps(unit: Unit, gaps: dict[str, Unknown]) -> Unit:
    containers = (structs.replace(container, unclear={**container.unclear, **gaps}) for container in unit.containers)
    return structs.replace(unit, containers=tuple(containers))


WHERE = "docker run"
_WHOLE_PARTS = ("", "HostConfig")
_T = TypeVar("_T")
_FLAG_FOR = {path: f"--{flag}" for flag, (_, path) in KEYS.items()} | {
    path: f"--{flag}" for flag, path in PLACES.items()
}
"""Key -> the flag that would write it, for what nobody wrote."""


def at_flags(value: _T, flags: Mapping[str, str]) -> _T:
    """The same part of the model with flags for paths. `flags`: path -> the flag that wrote it."""
    made: object = value
    if isinstance(value, Source):
        made = Source(WHERE, _flag(value.path, flags)) if value.where == WHERE else value
    elif isinstance(value, Struct):
        made = type(value)(**{name: at_flags(getattr(value, name), flags) for name in value.__struct_fields__})
    elif isinstance(value, tuple):
        made = tuple(at_flags(item, flags) for item in value)
    elif isinstance(value, dict):
        made = {key: at_flags(item, flags) for key, item in value.items()}
    return cast(_T, made)


def _flag(path: str, flags: Mapping[str, str]) -> str:
    """Of the path itself, else the first below it, else the one that would write it."""
    if path in flags:
        return flags[path]
    if path in _WHOLE_PARTS:
        return ""
    below = next((flag for known, flag in flags.items() if known.startswith(f"{path}.")), "")
    return below or _FLAG_FOR.get(path, "")
