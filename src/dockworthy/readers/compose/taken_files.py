"""What of the machine comes into a service's container or image beside its mounts: files of variables and labels, and
what its build may copy. Source: compose-spec, 05-services.md and build.md."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.field import Unknown
from ...model.workload import TakenFile
from .entry import ComposeEntry, listed_as_mapping
from .mounts import MountScope

_FILES = ("env_file", "label_file")
_ELSEWHERE = ("git@", "github.com/")


def read_taken_files(service: ComposeEntry, scope: MountScope) -> tuple[TakenFile, ...]:
    """Those that can be told; `gap_of_taken_files` is the rest."""
    return tuple(
        TakenFile(by, scope.host_path(text, entry), entry.source)
        for by, entry in _written(service, scope)
        if entry.gap is None and (text := entry.text()) and not _is_elsewhere(text)
    )


def gap_of_taken_files(service: ComposeEntry, scope: MountScope) -> Unknown | None:
    """A variable without a value in one of the paths."""
    return next((entry.gap for _, entry in _written(service, scope) if entry.gap is not None), None)


def _written(service: ComposeEntry, scope: MountScope) -> Iterator[tuple[str, ComposeEntry]]:
    """By their keys, the texts that name something."""
    for key in _FILES:
        listed = service.get(key)
        for entry in listed.one_or_many() if listed is not None else []:
            path = entry.get("path") if entry.is_mapping else entry
            if path is not None:
                yield key, path
    build = service.get("build")
    if build is not None:
        yield from _of_build(build, scope)


def _of_build(build: ComposeEntry, scope: MountScope) -> Iterator[tuple[str, ComposeEntry]]:
    if not build.is_mapping:
        yield "build", build
        return
    context, more = build.get("context"), build.get("additional_contexts")
    if context is not None:
        yield "build.context", context
    for name, entry in listed_as_mapping(more).mapping().items() if more is not None else ():
        if not entry.is_null:
            yield f"build.additional_contexts.{name}", entry
    secrets = build.get("secrets")
    for entry in secrets.items() if secrets is not None else []:
        name = entry.word("source") if entry.is_mapping else entry.text()
        declared = scope.declared("secrets", name)
        file = None if declared is None else declared.get("file")
        if file is not None:
            yield f"build.secrets.{name}", file


def _is_elsewhere(text: str) -> bool:
    """A repository, an image, another service: `https://…`, `docker-image://…`, `service:base`, `target:base`."""
    return "://" in text or text.startswith(_ELSEWHERE) or text.partition(":")[0] in ("service", "target")
