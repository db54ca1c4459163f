"""`env_file` and `environment`: what the processes will be given, as far as it can be seen from here."""

from __future__ import annotations

import os
from collections.abc import Iterator

from msgspec import Struct, structs

from ...errors import UnreadableInput
from ...input_files import refusal
from ...model.field import Field, Set, Source, Unknown, Unset
from ..files import FoundFile
from .entry import ComposeEntry, listed_as_mapping, origin_of
from .loading import hidden_value
from .mounts import MountScope
from .variables import Variables, as_written_here, read_env_file, read_raw


class ServiceEnvironment(Struct, frozen=True):
    """`gap`: why some values, or a whole file of them, could not be seen. `lines`: variable -> where it stands."""

    field: Field[dict[str, str]]
    lines: dict[str, Source]
    gap: Unknown | None = None


class ListedFile(Struct, frozen=True):
    """`path`: where `entry` says it is; None where it says nothing of that."""

    entry: ComposeEntry
    path: ComposeEntry | None


def read_environment(service: ComposeEntry, scope: MountScope) -> ServiceEnvironment:
    """What `environment` says outranks the files; of two files the later one counts."""
    said: dict[str, str] = {}
    lines: dict[str, Source] = {}
    gaps: list[Unknown] = []
    files, written = service.get("env_file"), service.get("environment")
    for listed in listed_files(service, "env_file"):
        entry, found = listed.entry, _of_file(listed, scope)
        if isinstance(found, Unknown):
            gaps.append(found)
        else:
            gaps += [hidden_value(name, why, found.places[name]) for name, why in found.unseen.items()]
            said |= found.values
            lines |= {name: structs.replace(entry.source, via=found.places.get(name)) for name in found.values}
    for name, value in listed_as_mapping(written).mapping().items() if written is not None else ():
        if value.gap is not None:
            gaps.append(value.gap)
        lines[name] = value.source
        if value.is_null and (why := scope.files.variables.hidden(name)):
            gaps.append(hidden_value(name, why, value.source))
            said[name] = f"${{{name}}}"
        else:
            said[name] = scope.files.variables.values.get(name, "") if value.is_null else value.text()
    place = written or files
    field = Unset(service.key) if place is None else Set(said, place.source, origin_of(place))
    return ServiceEnvironment(field, lines, gaps[0] if gaps else None)


def labels_of_files(service: ComposeEntry, scope: MountScope) -> tuple[dict[str, str], dict[str, Unknown]]:
    """`label_file`, and what of it could not be seen, by the names of `Unit.unclear`."""
    said: dict[str, str] = {}
    unclear: dict[str, Unknown] = {}
    for listed in listed_files(service, "label_file"):
        found = _of_file(listed, scope)
        if isinstance(found, Unknown):
            unclear.setdefault("labels", found)
        else:
            said |= found.values
            unclear |= {
                f"labels.{name}": hidden_value(name, why, found.places[name]) for name, why in found.unseen.items()
            }
    return said, unclear


def listed_files(service: ComposeEntry, key: str) -> Iterator[ListedFile]:
    """Of `env_file` or `label_file`."""
    written = service.get(key)
    for entry in written.one_or_many() if written is not None else []:
        yield ListedFile(entry, entry.get("path") if entry.is_mapping else entry)


def _of_file(listed: ListedFile, scope: MountScope) -> Variables | Unknown:
    """A file that need not be there and is not says nothing."""
    entry = listed.entry
    if entry.gap is not None:
        return entry.gap
    path = "" if listed.path is None else listed.path.text()
    required = entry.get("required") if entry.is_mapping else None
    there = os.path.join(scope.files.folder_of(entry.source), path)
    if why := refusal(there):
        return Unknown(f"{path}: {why}", source=entry.source)
    if not os.path.exists(there):
        if required is not None and not required.boolean():
            return Variables({})
        return Unknown(f"{path} is not here", tell=f"check beside the {path} of the host", source=entry.source)
    raw = entry.word("format") == "raw" if entry.is_mapping else False
    try:
        text = FoundFile(path, there, True).text()
    except UnreadableInput as error:
        return Unknown(f"{path} can't be read: {error.problem}", source=entry.source)
    variables = scope.files.variables
    name = as_written_here(there)
    said = read_raw(text) if raw else read_env_file(text, name, variables)
    scope.files.count(len(said), entry.source)
    return Variables(
        {variable: found.value for variable, found in said.items()},
        {variable: Source(name, variable, found.line) for variable, found in said.items()},
        {variable: found.hidden for variable, found in said.items() if found.hidden},
    )
