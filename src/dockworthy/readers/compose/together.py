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
from ..files import FoundFile
from ..yaml_source import Value, documents
from .project import read_compose
from .rendering import ComposeProgram
from .variables import Variables, with_env_files

_FIRST: Final = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
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
        part = not found.named_by_user and os.path.basename(found.path) not in _FIRST
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
    listed = _listed_in_env_file(folder)
    if not listed:
        first = next((name for name in _FIRST if os.path.isfile(os.path.join(folder, name))), "")
        over = next((name for name in _OVER if os.path.isfile(os.path.join(folder, name))), "")
        listed = [first, over] if first and over else []
    known = {os.path.realpath(os.path.join(folder, one)) for one in listed}
    return listed if os.path.realpath(path) in known else [name]


def _listed_in_env_file(folder: str) -> list[str]:
    try:
        values = with_env_files(Variables({}), [os.path.join(folder, ".env")]).values
    except UnreadableInput:  # said where its variables are asked for
        return []
    separator = values.get("COMPOSE_PATH_SEPARATOR") or os.pathsep
    return [name for name in values.get("COMPOSE_FILE", "").split(separator) if name]


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
