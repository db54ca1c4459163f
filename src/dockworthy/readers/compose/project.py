"""A Compose file with all that it includes: one unit for each service."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec import structs

from ...errors import UnreadableInput
from ...model.field import Unknown
from ...model.workload import Mount, Unit
from ..files import FoundFile
from ..yaml_source import Value
from .dotenv import parse_dotenv
from .entry import Entry
from .extending import Extending
from .loading import Files
from .scope import Scope
from .service import read_service

_TELLING: Final = ("image", "build", "extends", "provider")
_DEEPEST: Final = 16


def is_compose(document: Value) -> bool:
    """Is it written as a Compose file? Judged by its content, never by the file's name."""
    return document.is_mapping and _is_mapping(document, "services")


def looks_like_compose(document: Value) -> bool:
    """The same, sure enough for a file that nobody named: other programs have `services`, too."""
    if not is_compose(document):
        return "include" in document.keys() if document.is_mapping else False
    services = document.get("services")
    found = [] if services is None else [service for _, service in services.entries()]
    return any(service.is_mapping and set(_TELLING) & set(service.keys()) for service in found)


def _is_mapping(document: Value, key: str) -> bool:
    found = document.get(key)
    return found is not None and found.is_mapping


def read_compose(document: Value, *, environ: Mapping[str, str], folder: Path) -> list[Unit]:
    """One unit for each service. `folder`: where relative paths and `.env` are looked for.

    Raises UnreadableInput (file, line) for a value of the wrong type, and for a file that it refers to and is missing.
    """
    return _project(document, environ, os.path.abspath(folder), ())


def _project(document: Value, environ: Mapping[str, str], folder: str, above: tuple[str, ...]) -> list[Unit]:
    files = Files({**_dotenv(os.path.join(folder, ".env"), environ), **environ})
    whole = files.take(document, folder)
    scope, extending = Scope(whole, files, environ), Extending(files)
    written = whole.get("services")
    services: dict[str, Entry] = {}
    for name in written.mapping() if written is not None else ():
        service = extending.whole(whole, name)
        if not service.is_mapping:
            raise service.wrong("a service: a mapping")
        if service.get("provider") is None:  # a program of the host makes that, no container
            services[name] = service
    units = {name: read_service(name, service, services, scope) for name, service in services.items()}
    own = [_with_others_mounts(unit, services[name], units) for name, unit in units.items()]
    return own + _included(whole, files, environ, (*above, os.path.realpath(document.file)))


def _dotenv(path: str, environ: Mapping[str, str]) -> dict[str, str]:
    if not os.path.isfile(path):
        return {}
    return parse_dotenv(FoundFile(path, path, True).text(), environ)


def _included(whole: Entry, files: Files, environ: Mapping[str, str], above: tuple[str, ...]) -> list[Unit]:
    """`include` takes in whole projects, each with its own folder and `.env`."""
    listed = whole.get("include")
    units: list[Unit] = []
    for entry in listed.one_or_many() if listed is not None else []:
        if entry.gap is not None:
            raise UnreadableInput(entry.gap.reason, file=entry.source.where, line=entry.source.line)
        paths = entry.get("path") if entry.is_mapping else entry
        folder = entry.get("project_directory") if entry.is_mapping else None
        for path in paths.one_or_many() if paths is not None else []:
            units += _one_included(path, folder, files, environ, above)
    return units


def _one_included(
    path: Entry, folder: Entry | None, files: Files, environ: Mapping[str, str], above: tuple[str, ...]
) -> list[Unit]:
    there = os.path.join(files.folder_of(path.source), path.text())
    if os.path.realpath(there) in above or len(above) > _DEEPEST:
        says = f"`include` goes in a circle: {path.text()} is being read already"
        raise UnreadableInput(says, file=path.source.where, line=path.source.line)
    document = files.document(there, path)
    own = os.path.dirname(there) if folder is None else os.path.join(files.folder_of(folder.source), folder.text())
    return _project(document, environ, os.path.abspath(own), above)


def _with_others_mounts(unit: Unit, service: Entry, units: Mapping[str, Unit]) -> Unit:
    """`volumes_from: [db, "db:ro", "container:NAME"]`: what another one mounts is mounted here, too."""
    listed = service.get("volumes_from")
    container = unit.containers[0]
    mounts, unclear = list(container.mounts), dict(container.unclear)
    for entry in listed.items() if listed is not None else []:
        name, _, mode = entry.text().partition(":")
        if name in units and name != "container":
            mounts += [_as_seen_here(mount, mode, entry) for mount in units[name].containers[0].mounts]
        else:
            unclear["mounts"] = Unknown(f"what {entry.text()} mounts is not in this file", source=entry.source)
    return structs.replace(unit, containers=(structs.replace(container, mounts=tuple(mounts), unclear=unclear),))


def _as_seen_here(mount: Mount, mode: str, entry: Entry) -> Mount:
    return structs.replace(mount, read_only=mount.read_only or mode == "ro", declared_at=entry.source)
