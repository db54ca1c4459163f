"""A release as it is written down: its bytes, what makes it too large, and which ones may go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import structs

from ...errors import UnreadableInput, UsageError
from ...facts.redaction import redacted_text
from ...model.compose_project import project_as_json
from ...model.release import Release, ReleaseState, release_as_json, release_from_json
from .release_store import KEPT, MOST_BYTES

SCHEMA = 1
"""The newest that is known here."""
_OUTCOME = 5_000
"""Bytes that a new record leaves free for what becomes of the release: that has to be written whatever it is."""
_WORDS = 2_000
"""Bytes of the sentences of an outcome."""
_HINT = 500


class _Schema(msgspec.Struct):
    schema: int


def encoded(release: Release) -> bytes:
    """One line of JSON. Raises UsageError, naming what is largest, where that is more than MOST_BYTES, or where it is
    a new one and leaves no room for its outcome. The sentences of an outcome are cut where they are too long."""
    release = _without_secrets(release)
    is_new = release.state is ReleaseState.PREPARED
    content = release_as_json(release if is_new else _brief(release))
    if len(content) > MOST_BYTES - _OUTCOME * is_new:
        path, size = _largest(msgspec.to_builtins(release, enc_hook=project_as_json))
        raise UsageError(
            f"the record of release {release.number} would have {_kilobytes(len(content))}, of at most "
            f"{_kilobytes(MOST_BYTES - _OUTCOME * is_new)}: most of it is {path} ({_kilobytes(size)})",
            hint="move what is large out of compose.yaml: into the image, or into a file that a config or secret names",
        )
    return content


def decoded(content: bytes, file: str) -> Release:
    """Raises UnreadableInput, which names the file, for one that is damaged or of a newer dockworthy."""
    try:
        schema = msgspec.json.decode(content, type=_Schema).schema
        if schema <= SCHEMA:
            return release_from_json(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UnreadableInput(
            "this record of a release is damaged (nothing of dockworthy's leaves half of one)",
            file=file,
            hint="put it back from a backup, or move it away: that release can then no longer be returned to",
        ) from None
    raise UnreadableInput(
        f"this release was recorded by a newer dockworthy (schema {schema}; {SCHEMA} is known here)",
        file=file,
        hint="use that version, or a newer one",
    )


def superfluous(releases: Iterable[Release]) -> list[int]:
    """Numbers of those that may go: not among the last KEPT, not the newest that stayed, and nobody returns to them."""
    ordered = sorted(releases, key=lambda release: release.number)
    needed = {release.number for release in ordered[-KEPT:]}
    stayed = [release.number for release in ordered if release.state is ReleaseState.KEPT]
    needed.update(stayed[-1:])
    needed.update(release.returns_to for release in ordered if release.number in needed and release.returns_to)
    return [release.number for release in ordered if release.number not in needed]


def _without_secrets(release: Release) -> Release:
    """Sentences may quote a command, a health check's output or a log. Of the project secret values are cut before."""
    seen = release.observation
    if seen is not None:
        seen = structs.replace(seen, broken=tuple(map(redacted_text, seen.broken)))
    return structs.replace(
        release,
        why=redacted_text(release.why),
        hint=redacted_text(release.hint),
        steps=tuple(map(redacted_text, release.steps)),
        findings=tuple(structs.replace(each, says=redacted_text(each.says)) for each in release.findings),
        observation=seen,
    )


def _brief(release: Release) -> Release:
    brief = structs.replace(release, why=_cut(release.why, _WORDS), hint=_cut(release.hint, _HINT))
    if (seen := release.observation) is not None and seen.broken:
        share = _WORDS // len(seen.broken[:10])
        broken = tuple(_cut(sentence, share) for sentence in seen.broken[:10])
        brief = structs.replace(brief, observation=structs.replace(seen, broken=broken))
    return brief


def _cut(text: str, most: int) -> str:
    """At most so many bytes as JSON."""
    if _size(text) <= most:
        return text
    while _size(text) > most - 8:
        text = text[: len(text) * 9 // 10]
    return f"{text} …"


def _largest(value: Any) -> tuple[str, int]:
    """The innermost part that holds more than half of what is around it: its path, and its bytes as JSON."""
    path: list[str] = []
    size = _size(value)
    while parts := _parts(value):
        name, part = max(parts, key=lambda named: _size(named[1]))
        if path and _size(part) * 2 < size:
            break
        path, size, value = [*path, name], _size(part), part
    return ".".join(path), size


def _parts(value: Any) -> Sequence[tuple[str, Any]]:
    if isinstance(value, dict):
        return [(str(name), part) for name, part in value.items()]
    if isinstance(value, (list, tuple)):
        return [(str(index), part) for index, part in enumerate(value)]
    return []


def _size(value: Any) -> int:
    return len(msgspec.json.encode(value))


def _kilobytes(size: int) -> str:
    return f"{size / 1000:.0f} kB"
