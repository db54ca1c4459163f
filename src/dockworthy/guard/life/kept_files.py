"""Files of the machine that are written so that each can be taken back, byte for byte."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from msgspec import Struct


class KeptFile(Struct, frozen=True):
    """A file as it was: None where there was none; `folders` that were made for it, the outermost first."""

    path: Path
    content: bytes | None
    mode: int
    folders: tuple[Path, ...] = ()


def write(path: Path, content: bytes, mode: int = 0o644) -> KeptFile:
    """At once and on the disk. A file that was there keeps its mode and owner. Raises OSError."""
    folders = _make_folders(path.parent)
    before = look(path, folders)
    _replace(path, content, mode if before.content is None else before.mode)
    return before


def changed_at(path: Path) -> int | None:
    """Nanoseconds since 1970; None where there is no file."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None


def date(path: Path, at: int | None) -> None:
    """As if it had been changed at that time. Nothing where there is no file, or was none. Raises OSError."""
    if at is not None and path.exists():
        os.utime(path, ns=(at, at))


def look(path: Path, folders: tuple[Path, ...] = ()) -> KeptFile:
    """Raises OSError for one that can't be read."""
    try:
        return KeptFile(path, path.read_bytes(), path.stat().st_mode & 0o7777, folders)
    except FileNotFoundError:
        return KeptFile(path, None, 0, folders)


def put_back(kept: KeptFile) -> None:
    """Raises OSError."""
    if kept.content is not None:
        _replace(kept.path, kept.content, kept.mode)
        return
    with contextlib.suppress(FileNotFoundError):
        kept.path.unlink()
    remove_empty(kept.folders)


def remove_empty(folders: tuple[Path, ...]) -> None:
    """The innermost first; one in which others have put something stays."""
    for folder in reversed(folders):
        with contextlib.suppress(OSError):
            folder.rmdir()


def _make_folders(folder: Path) -> tuple[Path, ...]:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o755)
    return tuple(reversed(missing))


def _replace(path: Path, content: bytes, mode: int) -> None:
    target = Path(os.path.realpath(path))
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(handle)
        with contextlib.suppress(FileNotFoundError):
            seen = target.stat()
            os.chown(beside, seen.st_uid, seen.st_gid)
        beside.chmod(mode)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
