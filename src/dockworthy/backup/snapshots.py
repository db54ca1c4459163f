"""Snapshots of a repository, as restic tells them; the names and tags under which dockworthy saves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote, unquote

import msgspec
from msgspec import Struct

from ..errors import UsageError

_MARK = "dockworthy"
"""A tag of each snapshot of ours: a repository may hold those of others."""
_ID = re.compile(r"[0-9a-f]{8,64}")
_IN_NAMES = "".join(chr(code) for code in range(32, 127) if chr(code) not in "/%")
"""Letters of a file's name that stay as they are."""


class RepositorySnapshot(Struct, frozen=True, kw_only=True):
    """`id`: restic's, whole. `time`: when it was begun, RFC 3339. `paths`: what was saved, as the snapshot names it.
    `bytes`: by which the repository grew; `total_bytes`: of what was saved."""

    id: str
    time: str
    tags: dict[str, str]
    paths: tuple[str, ...] = ()
    bytes: int = 0
    total_bytes: int = 0
    files: int = 0


class _Sizes(Struct, frozen=True):
    """`data_added_packed`: after compression; since restic 0.17."""

    data_added: int = 0
    data_added_packed: int = 0
    total_bytes_processed: int = 0
    total_files_processed: int = 0


class _Summary(_Sizes, frozen=True):
    """The last line of `restic backup --json`. `backup_start`: since restic 0.18."""

    message_type: str = ""
    snapshot_id: str = ""
    backup_start: str = ""


class _Listed(Struct, frozen=True):
    """A snapshot as `restic snapshots --json` has it."""

    id: str
    time: str
    paths: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    summary: _Sizes = _Sizes()


def saved_snapshot(output: bytes, tags: Mapping[str, str], paths: Iterable[str]) -> RepositorySnapshot | None:
    """What `restic backup --json` says that it made; None where it says nothing of it."""
    for line in reversed(output.splitlines()):
        said = msgspec.json.decode(line, type=_Summary)
        if said.message_type == "summary" and said.snapshot_id:
            return _told(said.snapshot_id, said.backup_start or datetime.now(UTC).isoformat(), dict(tags), paths, said)
    return None


def listed_snapshots(output: bytes) -> tuple[RepositorySnapshot, ...]:
    """Those that `restic snapshots --json` lists, oldest first."""
    found = msgspec.json.decode(output.strip() or b"[]", type=list[_Listed] | None) or []
    told = (_told(each.id, each.time, tags_in(each.tags), each.paths, each.summary) for each in found)
    return tuple(sorted(told, key=lambda each: datetime.fromisoformat(each.time)))


def _told(id: str, time: str, tags: dict[str, str], paths: Iterable[str], sizes: _Sizes) -> RepositorySnapshot:
    return RepositorySnapshot(
        id=id,
        time=time,
        tags=tags,
        paths=tuple(paths),
        bytes=sizes.data_added_packed or sizes.data_added,
        total_bytes=sizes.total_bytes_processed,
        files=sizes.total_files_processed,
    )


def tag_words(tags: Mapping[str, str]) -> str:
    """For `--tag`: all of them, and the one by which ours are told. restic separates tags by commas: whatever could
    be one in a name or value is written as `%2C`."""
    return ",".join([_MARK, *(f"{_MARK}:{_quoted(name)}={_quoted(value)}" for name, value in sorted(tags.items()))])


def tags_in(tags: Iterable[str]) -> dict[str, str]:
    """Those of ours, read again."""
    found = {}
    for tag in tags:
        owner, _, said = tag.partition(":")
        name, equals, value = said.partition("=")
        if owner == _MARK and equals:
            found[unquote(name, errors="surrogateescape")] = unquote(value, errors="surrogateescape")
    return found


def _quoted(text: str) -> str:
    return quote(text, safe="/:@+", errors="surrogateescape")


def file_name(name: str) -> str:
    """Under which restic keeps what has no path: one name without a folder, so `/` is written as `%2F`. Raises
    UsageError for one that restic can't keep."""
    quoted = quote(name, safe=_IN_NAMES, errors="surrogateescape")
    if quoted in ("", ".", "..") or len(quoted) > 255:
        raise UsageError(f"{name[:80]!r} is no name for what is saved", hint="1 to 255 letters, not `.` or `..`")
    return quoted


def path_inside(name: str) -> str:
    """Where it is in the snapshot: what was saved by name, or by its path."""
    return name if name.startswith("/") else f"/{file_name(name)}"


def literal_pattern(path: str) -> str:
    """For a line of a file for `--exclude-file`, where restic takes `$` for a variable, and cuts off blanks. What no
    line can hold is any letter."""
    literal = "".join(f"\\{letter}" if letter in "*?[\\" else letter for letter in path)
    literal = literal.replace("$", "$$").replace("\n", "?").replace("\r", "?")
    return f"{literal[:-1]}?" if literal[-1:].isspace() else literal


def valid_id(snapshot: str) -> str:
    """Raises UsageError for what is no id, as `latest`."""
    if not _ID.fullmatch(snapshot):
        raise UsageError(f"{snapshot[:80]!r} is no id of a snapshot", hint="8 to 64 letters of 0-9 and a-f")
    return snapshot
