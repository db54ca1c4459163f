"""The unit that a command line of `docker run` or `docker create` would make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import structs

from ...model.field import Source, Unknown
from ...model.workload import Unit
from ..api_object import ApiObject
from ..create_request import unit_of
from ..engine_context import EngineContext
from .command_line import Given, part
from .request import request_of
from .sources import WHERE, at_flags


def read_docker_run(
    arguments: Sequence[str],
    context: EngineContext,
    *,
    environ: Mapping[str, str] | None = None,
    folder: str = "",
) -> Unit:
    """`arguments` as a shell would part them, with or without `docker run` in front.

    `environ` gives the values of `--env NAME`; `folder`, where it is called, those of paths that start with a dot.
    No file is opened: what `--env-file` holds stays unknown. Raises UsageError for what Docker's command line refuses.
    """
    given = part(arguments)
    document = request_of(given, folder)
    if environ is not None:
        _take_values(document.data.get("Env", []), environ)
    request = ApiObject(document.data, WHERE)
    unit = unit_of(request, name=given.last("name"), context=context, api_version=context.api_version)
    return _with_gaps(at_flags(unit, document.flags), _unseen(given, environ))


def _take_values(entries: list[str], environ: Mapping[str, str]) -> None:
    """A name that the environment does not have is not set in the container either."""
    entries[:] = [
        entry if "=" in entry else f"{entry}={environ[entry]}" for entry in entries if "=" in entry or entry in environ
    ]


def _unseen(given: Given, environ: Mapping[str, str] | None) -> list[str]:
    files = [f"--env-file {value}" for flag, value in given.flags if flag == "env-file"]
    names = [f"--env {value}" for flag, value in given.flags if flag == "env" and "=" not in value]
    return files + ([] if environ is not None else names)


def _with_gaps(unit: Unit, unseen: list[str]) -> Unit:
    if not unseen:
        return unit
    gap = Unknown(f"the values of {', '.join(unseen)} are not on the command line", source=Source(WHERE, unseen[0]))
    return structs.replace(
        unit, containers=tuple(structs.replace(container, environment=gap) for container in unit.containers)
    )


__all__ = ["read_docker_run"]
