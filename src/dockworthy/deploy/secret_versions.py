"""Secrets and configs: each content is a version of its own on the host, and no value gets into a record."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from ..errors import UsageError
from ..facts.redaction import redacted
from ..model.compose_project import FILE_PARTS, ComposeProject, ComposeService, FileObject, FilePart
from ..model.secret_names import is_secret
from ..state_directory import state_directory
from .own_state import refuse_own_file

_CUT = "dockworthy.version:"
"""Stands in a record for a value that is kept apart."""
CUT_MODE = 0o600
"""Of the version that holds such a value; it has no owner."""
_VERSION = re.compile(r"[0-9a-f]{12}")
NOT_SHIPPED = ("build", "profiles", "container_name", "develop")
"""Keys of a service that do not belong to what is shipped. A container's own name is given to it when the old one has
left it."""


class SecretContent(Struct, frozen=True):
    """The content of a secret or config, or a value that was cut out of the record. `key` is `secrets.NAME`,
    `configs.NAME`, `environment.SERVICE.NAME` or `value.SERVICE.KEY.DIGEST`."""

    key: str
    content: bytes
    mode: int
    owner: tuple[int, int] | None


def contents(spec: ComposeProject, environ: Mapping[str, str] = os.environ) -> Iterator[SecretContent]:
    """The contents of all secrets and configs that are not external. Raises UsageError for one that can't be read."""
    for part in FILE_PARTS:
        for name, definition in spec.files(part).items():
            if not definition.external:
                yield _content(f"{part}.{name}", definition, environ)


def cut(spec: ComposeProject) -> tuple[ComposeProject, tuple[SecretContent, ...]]:
    """The project without its secret values, and those values.

    Secret are values in environments whose name says so, and each text that the redaction of facts would change:
    commands, labels, health checks, URLs, options of volumes. Such a text is cut as a whole: a rollback needs it exact.
    """
    found: list[SecretContent] = []
    whole = spec.to_json()
    for part in ("services", "networks", "volumes"):
        if whole.get(part):
            whole[part] = {name: _cut_in(part, name, definition, found) for name, definition in whole[part].items()}
    return ComposeProject.from_json(whole), tuple(found)


def _cut_in(part: str, name: str, definition: Any, found: list[SecretContent]) -> Any:
    if not isinstance(definition, Mapping):
        return definition
    kept = {key: value for key, value in definition.items() if part != "services" or key not in NOT_SHIPPED}
    hidden = redacted(kept)

    def walk(value: Any, clean: Any, path: tuple[str, ...]) -> Any:
        if isinstance(value, Mapping):
            return {key: walk(each, clean[key], (*path, str(key))) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [walk(each, clean[index], (*path, str(index))) for index, each in enumerate(value)]
        if not isinstance(value, str) or not value:
            return value
        in_environment = part == "services" and path[:1] == ("environment",) and len(path) == 2
        if value == clean and not value.startswith(_CUT) and not (in_environment and is_secret(path[1], value)):
            return value
        key = f"environment.{name}.{path[1]}" if in_environment else _key(part, name, path)
        found.append(SecretContent(key, value.encode("utf-8", "surrogateescape"), CUT_MODE, None))
        return f"{_CUT}{key}"

    return {**definition, **walk(kept, hidden, ())}


def _key(part: str, name: str, path: Sequence[str]) -> str:
    """`value.web.command.3b7e19c4`: a name for the store, another one for each place."""
    digest = hashlib.sha256("\0".join((part, name, *path)).encode()).hexdigest()[:8]
    return f"value.{name if part == 'services' else part}.{path[0]}.{digest}"


def cut_keys(spec: ComposeProject | ComposeService) -> Iterator[str]:
    """The keys of values that were cut out of a recorded project, or of a service of it."""
    for text in spec.texts():
        if text.startswith(_CUT):
            yield text.removeprefix(_CUT)


def mounted(spec: ComposeProject, services: Collection[str] | None = None) -> Iterator[tuple[str, str]]:
    """`secrets.NAME` or `configs.NAME` and its version, of each use in a recorded project; `services`: in these alone.

    Two of them may use two versions of one secret: a release of some services alone leaves the others theirs.
    """
    for service, definition in spec.services.items():
        if services is not None and service not in services:
            continue
        for part in FILE_PARTS:
            for use in definition.references(part):
                if (found := version_in(spec, part, use.source)) is not None:
                    yield f"{part}.{found[0]}", found[1]


def version_in(spec: ComposeProject, part: FilePart, source: str) -> tuple[str, str] | None:
    """Name and version that a source of a recorded project stands for; None for one that is not dockworthy's, as an
    external secret `db-ro`: a hyphen is in many names, so the definition decides, which leads to where that version is
    stored."""
    name, _, version = source.rpartition("-")
    if not name or not _VERSION.fullmatch(version):
        return None
    definition = spec.files(part).get(source)
    if definition is None:
        return None
    if definition.file.endswith(f"/versions/{part}.{name}/{version}"):
        return name, version
    there = definition.name  # a swarm's object, which has the project's name before its own
    return (name, version) if definition.external and there != source and there.endswith(f"-{version}") else None


def used_versions(versions: Mapping[str, str], spec: ComposeProject) -> frozenset[tuple[str, str]]:
    """All that a release needs, by what its record says."""
    return frozenset((*versions.items(), *mounted(spec)))


def restored(spec: ComposeProject, values: Mapping[str, str]) -> ComposeProject:
    """The project with its values again. `values`: key -> value."""
    return spec.with_texts(lambda text: values[text.removeprefix(_CUT)] if text.startswith(_CUT) else text)


def _content(key: str, definition: FileObject, environ: Mapping[str, str]) -> SecretContent:
    if file := definition.file:
        refuse_own_file(key, file, str(state_directory(environ)))
        try:
            status = os.stat(file)
            mode = stat.S_IMODE(status.st_mode)
            return SecretContent(key, Path(file).read_bytes(), mode, (status.st_uid, status.st_gid))
        except OSError as error:
            raise UsageError(f"{key}: {file} can't be read: {error.strerror}") from None
    if variable := definition.environment:
        if variable not in environ:
            raise UsageError(f"{key}: the variable {variable} is not set", hint=f"{variable}=… dockworthy deploy")
        return SecretContent(key, environ[variable].encode(), 0o444, None)
    return SecretContent(key, definition.content.encode(), 0o444, None)
