"""What of the machine comes into a service's container or image beside its mounts: files of variables and labels, and
what its build may copy. Source: compose-spec, 05-services.md and build.md."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...model.field import Unknown
from ...model.workload import TakenFile
from .entry import ComposeEntry, listed_as_mapping
from .environment import listed_files
from .mounts import MountScope, file_of

_FILES = ("env_file", "label_file")
_ELSEWHERE = re.compile(r"(?:https?|git|ssh|docker-image|oci-layout)://|github\.com/|git@[^/:]+:")
"""A repository or an image. Whatever else is in front of a colon, builders take the whole for a path."""
_OTHER_BUILDS = ("service:", "target:")
"""In `additional_contexts` alone."""


def read_taken_files(service: ComposeEntry, scope: MountScope) -> tuple[TakenFile, ...]:
    """Those that can be told; `gap_of_taken_files` is the rest."""
    return tuple(
        TakenFile(by, scope.host_path(_no_drive(text), entry), entry.source)
        for by, entry in _written(service, scope)
        if entry.gap is None and (text := entry.text())
    )


def gap_of_taken_files(service: ComposeEntry, scope: MountScope) -> Unknown | None:
    """A variable without a value in one of the paths."""
    return next((entry.gap for _, entry in _written(service, scope) if entry.gap is not None), None)


def _written(service: ComposeEntry, scope: MountScope) -> Iterator[tuple[str, ComposeEntry]]:
    """By their keys, the texts that name something."""
    for key in _FILES:
        for listed in listed_files(service, key):
            if listed.path is not None:
                yield key, listed.path
    build = service.get("build")
    if build is not None:
        yield from _of_build(build, scope)


def _of_build(build: ComposeEntry, scope: MountScope) -> Iterator[tuple[str, ComposeEntry]]:
    if not build.is_mapping:
        if not _is_elsewhere(build):
            yield "build", build
        return
    context, more = build.get("context"), build.get("additional_contexts")
    if context is not None and not _is_elsewhere(context):
        yield "build.context", context
    for name, entry in listed_as_mapping(more).mapping().items() if more is not None else ():
        if not (entry.is_null or _is_elsewhere(entry, _OTHER_BUILDS)):
            yield f"build.additional_contexts.{name}", entry
    secrets = build.get("secrets")
    for entry in secrets.items() if secrets is not None else []:
        file = file_of(entry, "secrets", scope)
        if file is not None:
            name = entry.word("source") if entry.is_mapping else entry.text()
            yield f"build.secrets.{name}", file


def _no_drive(path: str) -> str:
    """`x:/etc` is a drive of Windows in a mount alone."""
    return path if path.startswith(("/", "~")) else f"./{path}"


def _is_elsewhere(context: ComposeEntry, others: tuple[str, ...] = ()) -> bool:
    """What has a variable without a value is not known to be."""
    return context.gap is None and (_ELSEWHERE.match(context.text()) is not None or context.text().startswith(others))
