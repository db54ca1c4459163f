"""The unit that a command line of `docker run` or `docker create` would make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import structs

from ...model.field import Source, Unknown
from ...model.workload import MountKind, Unit
from ..api_object import ApiObject
from ..create_request import unit_of
from ..engine_context import EngineContext
from .command_line import Given, part
from .request import request_of
from .sources import WHERE, at_flags

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


__all__ = ["read_docker_run"]
