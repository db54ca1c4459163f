"""Which files Compose reads as one project: an override beside the file, or what `COMPOSE_FILE` in `.env` lists.

Source: the names and their order in compose-go, cli/options.go.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from ...errors import UnreadableInput
from ...model.workload import Unit
from ...model.written import Written
from ..files import COMPOSE_NAMES, FoundFile
from ..yaml_source import Value, documents
from .project import read_compose
from .rendering import ComposeProgram
from .variables import as_written_here, environment_of, with_env_files

_LISTING: Final = ("COMPOSE_FILE", "COMPOSE_PATH_SEPARATOR")
_OVER: Final = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)


def read_project(
    found: FoundFile,
    written: Sequence[Value],
    *,
    environ: Mapping[str, str],
    compose: ComposeProgram | None = None,
    trusted: bool = True,
) -> Written:
    """The project that a file begins or belongs to. `written`: the documents of the file.

    A file that is laid over another one is no project of its own: it is judged with that one, and here only said where
    a walk came by it. Raises UnreadableInput, as `read_compose` does.
    """
    folder = Path(os.path.dirname(found.path))
    if found.piped or not os.path.isfile(found.path):  # what lies beside it is not its own; Compose can't be shown it
        return Written(units=tuple(_read(written, folder, environ, None, trusted)))
    names = [os.path.join(os.path.dirname(found.name), name) for name in files_together(found.path)]
    if len(names) == 1:
        part = not found.must_be_ours
        return Written(units=tuple(_read(written, folder, environ, compose, trusted, part=part)))
    if not found.named_by_user and not _same(found.name, names[0]):
        return Written(notes=(f"{found.name}: Compose lays it over {names[0]}, and it was judged as part of that",))
    of_each = [written if _same(name, found.name) else _documents(name) for name in names]
    together = [document for of_one in of_each for document in of_one]
    units = _read(together, Path(os.path.dirname(names[0])), environ, compose, trusted)
    return Written(units=tuple(units), notes=(f"{', '.join(names)}: judged as one project, as Compose reads them",))


def files_together(path: str) -> list[str]:
    """The files of the project to which one belongs, the first one first, relative to its folder; alone, only it."""
    folder, name = os.path.split(path)
    listed = _listed_beside(folder)
    if not listed:
        first = next((name for name in COMPOSE_NAMES if os.path.isfile(os.path.join(folder, name))), "")
        over = next((name for name in _OVER if os.path.isfile(os.path.join(folder, name))), "")
        listed = [first, over] if first and over else []
    known = {os.path.realpath(os.path.join(folder, one)) for one in listed}
    return listed if os.path.realpath(path) in known else [name]


def _listed_beside(folder: str) -> list[str]:
    try:
        return listed_in_env_file(folder)
    except UnreadableInput:  # said where its variables are asked for
        return []


def listed_in_env_file(folder: str) -> list[str]:
    """The files that `COMPOSE_FILE` in `.env` lists. Raises UnreadableInput where that can't be told: a variable of the
    environment would choose what is judged.
    """
    path = os.path.join(folder, ".env")
    others = {name: value for name, value in os.environ.items() if name not in _LISTING}
    found = with_env_files(environment_of(others, trusted=False), [path])
    for name in _LISTING:
        if why := found.unseen.get(name):
            place = found.places.get(name)
            raise UnreadableInput(
                f"which files Compose reads can't be told: {name} is hidden, {why}",
                file=as_written_here(path),
                line=None if place is None else place.line,
                hint="write it without a variable",
            )
    separator = found.values.get("COMPOSE_PATH_SEPARATOR") or os.pathsep
    return [name for name in found.values.get("COMPOSE_FILE", "").split(separator) if name]


def _read(
    files: Sequence[Value],
    folder: Path,
    environ: Mapping[str, str],
    compose: ComposeProgram | None,
    trusted: bool,
    *,
    part: bool = False,
) -> list[Unit]:
    first, *over = files
    return read_compose(
        first,
        environ=environ,
        folder=folder,
        over=over,
        compose=compose,
        strict=True,
        part=part,
        trusted=trusted,
    )


def _documents(name: str) -> list[Value]:
    found = list(documents(FoundFile(name, name, True).text(), name))
    for document in found:
        if not document.is_mapping:
            raise document.wrong("a Compose file")
    return found


def _same(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)
