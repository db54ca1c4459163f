"""Secrets and configs: each content is a version of its own on the host, and no value gets into a record."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from ..errors import UsageError
from ..facts.secret_names import is_secret

_CUT = "dockworthy.version:"
"""Stands in a record for a value that is kept apart."""


class Content(Struct, frozen=True):
    """Of a secret or config. `key` is `secrets.NAME`, `configs.NAME` or `environment.SERVICE.NAME`."""

    key: str
    content: bytes
    mode: int
    owner: tuple[int, int] | None


def contents(spec: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> Iterator[Content]:
    """Of all secrets and configs that the project brings itself. Raises UsageError for one that can't be read."""
    for part in ("secrets", "configs"):
        for name, definition in (spec.get(part) or {}).items():
            if definition.get("external"):
                continue
            yield _content(f"{part}.{name}", definition, environ)


def cut(spec: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Content, ...]]:
    """The project without values in environments that look like secrets, and those values."""
    found: list[Content] = []
    services = {}
    for service, definition in spec["services"].items():
        environment = dict(definition.get("environment") or {})
        for name, value in environment.items():
            if value is not None and is_secret(name, str(value)):
                key = f"environment.{service}.{name}"
                found.append(Content(key, str(value).encode(), 0o600, None))
                environment[name] = f"{_CUT}{key}"
        services[service] = {**definition, **({"environment": environment} if environment else {})}
    return {**spec, "services": services}, tuple(found)


def cut_keys(spec: Mapping[str, Any]) -> Iterator[str]:
    """The keys of values that were cut out of a recorded project."""
    for definition in spec["services"].values():
        for value in (definition.get("environment") or {}).values():
            if isinstance(value, str) and value.startswith(_CUT):
                yield value.removeprefix(_CUT)


def mounted(services: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """`secrets.NAME` or `configs.NAME` and its version, of each use in services of a recorded project.

    Two of them may use two versions of one secret: a release of some services alone leaves the others theirs.
    """
    for service in services:
        for part in ("secrets", "configs"):
            for use in service.get(part) or ():
                name, _, version = use["source"].rpartition("-")
                if name:
                    yield f"{part}.{name}", version


def used_versions(versions: Mapping[str, str], spec: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    """All that a release needs, by what its record says."""
    return frozenset((*versions.items(), *mounted((spec.get("services") or {}).values())))


def restored(spec: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """The project with its values again. `values`: key -> value."""
    services = {}
    for service, definition in spec["services"].items():
        environment = {
            name: values[value.removeprefix(_CUT)] if isinstance(value, str) and value.startswith(_CUT) else value
            for name, value in (definition.get("environment") or {}).items()
        }
        services[service] = {**definition, **({"environment": environment} if environment else {})}
    return {**spec, "services": services}


def _content(key: str, definition: Mapping[str, Any], environ: Mapping[str, str]) -> Content:
    if file := definition.get("file"):
        try:
            status = os.stat(file)
            mode = stat.S_IMODE(status.st_mode)
            return Content(key, Path(file).read_bytes(), mode, (status.st_uid, status.st_gid))
        except OSError as error:
            raise UsageError(f"{key}: {file} can't be read: {error.strerror}") from None
    if variable := definition.get("environment"):
        if variable not in environ:
            raise UsageError(f"{key}: the variable {variable} is not set", hint=f"{variable}=… dockworthy deploy")
        return Content(key, environ[variable].encode(), 0o444, None)
    return Content(key, str(definition.get("content") or "").encode(), 0o444, None)
