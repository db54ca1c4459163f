"""Snapshots in files: written whole or not at all, and read with suspicion."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path
from typing import TypeVar

import msgspec

from ..errors import OutputError, UnreadableInput
from ..input_files import read_input
from ..model.snapshot import SNAPSHOT_VERSION, Snapshot, ToolVersion
from ..output_files import write_to_device

Kind = TypeVar("Kind")

LARGEST = 128 * 1024 * 1024
"""Bytes. A host with 2,000 containers takes a fifth of it."""


class _Head(msgspec.Struct):
    """What every snapshot of every version begins with."""

    snapshot: int
    tool: ToolVersion | None = None


def encode(snapshot: Snapshot) -> bytes:
    """The snapshot as JSON, one fact a line, so that a person can read it and `diff` can compare two."""
    return msgspec.json.format(msgspec.json.encode(snapshot), indent=1) + b"\n"


def save(snapshot: Snapshot, path: Path) -> None:
    """Writes the snapshot, for its owner's eyes only. Raises OutputError; an older file then stands as it was."""
    content = encode(snapshot)
    try:
        if path.exists() and not path.is_file():
            write_to_device(path, [content], follow=True)  # or a pipe: there is nothing to replace
        else:
            _replace(path.resolve(), content)
    except OSError as error:
        raise OutputError(f"the facts can't be written to {path}: {error.strerror or error}") from None


def load(path: Path) -> Snapshot:
    """A snapshot of this version or an older one; keys that are not known are ignored. `-` is standard input.

    Raises UnreadableInput for anything else: says what is wrong, and where in the file.
    """
    content = _content(path)
    head = _decode(content, _Head, path)
    if head.snapshot > SNAPSHOT_VERSION:
        writer = f" (written by {head.tool.name} {head.tool.version})" if head.tool else ""
        raise UnreadableInput(
            f"a snapshot of version {head.snapshot}{writer}; this dockworthy reads up to version {SNAPSHOT_VERSION}",
            file=str(path),
            hint="upgrade dockworthy here, or take the snapshot with this version",
        )
    if head.snapshot < 1:
        raise UnreadableInput(f"no snapshot has the version {head.snapshot}", file=str(path))
    return _decode(content, Snapshot, path)


def _content(path: Path) -> bytes:
    content = read_input(path, most=LARGEST, stdin=True, what="snapshot")
    if not content.strip():
        raise UnreadableInput("empty", file=str(path), hint="dockworthy facts -o FILE writes a snapshot")
    return content


def _decode(content: bytes, kind: type[Kind], path: Path) -> Kind:
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError as error:
        missing = kind is _Head
        says = "not a snapshot of dockworthy" if missing else "a snapshot with a value that can't be one"
        hint = "dockworthy facts -o FILE writes a snapshot" if missing else ""
        raise UnreadableInput(f"{says}: {_plain(error)}", file=str(path), hint=hint) from None
    except msgspec.DecodeError as error:
        says = "cut short" if "truncated" in str(error) else f"not JSON: {_plain(error)}"
        raise UnreadableInput(says, file=str(path)) from None
    except UnicodeDecodeError:
        raise UnreadableInput("not JSON: its text is not UTF-8", file=str(path)) from None
    except RecursionError:
        raise UnreadableInput("nested deeper than any snapshot", file=str(path)) from None


def _plain(error: Exception) -> str:
    return str(error)[:300]


def _replace(target: Path, content: bytes) -> None:
    """Written aside, to the disk, and moved into place."""
    aside = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, stat.S_IRUSR | stat.S_IWUSR)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(target)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
