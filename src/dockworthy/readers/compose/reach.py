"""Which files Compose itself would read for a project: about somebody else's it is asked where all are the checkout's.

Looked for in the files as they are written, also in what our own reading leaves out: Compose opens an env file before
it finds that nobody needs it. Source: compose-go, loader (2.x).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Final

from ...input_files import refusal
from ...model.pattern import lazy_pattern
from ..yaml_source import Value
from .variables import Variables

_SETS_PROGRAM: Final = lazy_pattern(
    r"(?:COMPOSE|DOCKER|BUILDKIT|BUILDX|OTEL|SSH|GIT|HTTPS?|ALL|NO|LD|SSL|XDG)_.*|HOME|PATH"
)
_HARMLESS: Final = frozenset({"COMPOSE_FILE", "COMPOSE_PATH_SEPARATOR", "COMPOSE_PROJECT_NAME", "COMPOSE_PROFILES"})
"""What the program is given on its command line, or what only picks services."""


class Reach:
    """Gathers every document of a project with the folders from which its paths may be meant."""

    def __init__(self) -> None:
        self._documents: list[tuple[Value, frozenset[str]]] = []

    def takes(self, document: Value, folders: Iterable[str]) -> None:
        self._documents.append((document, frozenset(folders)))

    def leads_out(self, variables: Variables) -> str:
        """Why Compose can't be asked; "" where it would read nothing but the checkout. `variables`: with those of
        `.env`, which Compose takes for settings of its own, too."""
        setting = next(
            (name for name in variables.places if _SETS_PROGRAM.fullmatch(name) and name not in _HARMLESS), ""
        )
        if setting:
            return f".env sets {setting}"
        if variables.unread:
            return variables.unread
        for document, folders in self._documents:
            for path in _paths(document):
                if "$" in path:
                    return f"it names {path}, which a variable decides"
                why = next(filter(None, (refusal(os.path.join(folder, path)) for folder in sorted(folders))), "")
                if why or path.startswith("~"):
                    return f"it names {path}: {why or 'it is in the home'}"
        return ""


def _paths(document: Value) -> Iterator[str]:
    """Of files, and of folders whose `.env` is read."""
    services = document.get("services") if document.is_mapping else None
    for _, service in services.entries() if services is not None and services.is_mapping else ():
        if service.is_mapping:
            for key in ("env_file", "label_file"):
                yield from _texts(service.get(key))
            extends = service.get("extends")
            yield from _texts(extends.get("file") if extends is not None and extends.is_mapping else None)
    include = document.get("include") if document.is_mapping else None
    for entry in include.items() if include is not None and include.is_sequence else ():
        if not entry.is_mapping:
            yield from _texts(entry)
            continue
        for key in ("path", "env_file"):
            yield from _texts(entry.get(key))
        for folder in _texts(entry.get("project_directory")):
            yield os.path.join(folder, ".env")
        for path in _texts(entry.get("path")):
            yield os.path.join(os.path.dirname(path), ".env")
    for section in ("secrets", "configs"):
        declared = document.get(section) if document.is_mapping else None
        for _, member in declared.entries() if declared is not None and declared.is_mapping else ():
            yield from _texts(member.get("file") if member.is_mapping else None)


def _texts(value: Value | None) -> Iterator[str]:
    if value is None:
        return
    if value.is_sequence:
        for item in value.items():
            yield from _texts(item)
    elif value.is_mapping:
        yield from _texts(value.get("path"))
    else:
        yield value.scalar_text()
