"""What `fix` changed, kept in dockworthy's own state folder: the old content, and a record that `fix --undo` reads."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from ..errors import OutputError
from ..facts.redaction_key import state_directory
from ..model.repair import NewFile

MOST_KEPT = 100
"""Old files that are kept; the oldest go first."""

_CONTENTS = "fixed"
_RECORDS = "fixed-records"


class Made(Struct, frozen=True):
    """A file that was made with the change, and the SHA-256 of its content."""

    path: str
    digest: str

    @property
    def is_ignore_file(self) -> bool:
        return os.path.basename(self.path) == ".gitignore"


class Record(Struct, frozen=True, kw_only=True):
    """One change of one file. `path` is the file itself, links resolved; `old` and `new` are SHA-256 of its contents.

    `kept_at` holds the old content. `undone` is when that was put back, "" as long as it was not.
    """

    path: str
    at: str
    old: str
    new: str
    kept_at: str
    undone: str = ""
    made: tuple[Made, ...] = ()

    @property
    def old_content(self) -> bytes | None:
        """None where it is no longer kept, or is not what was kept."""
        try:
            content = Path(self.kept_at).read_bytes()
        except OSError:
            return None
        return content if digest(content) == self.old else None


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def keep_old(path: str, old: bytes, new: bytes, environ: Mapping[str, str], new_files: Iterable[NewFile] = ()) -> Path:
    """A copy of the old content, for its owner alone, and the record of the change. Raises OutputError."""
    state = state_directory(environ)
    contents, records = state / _CONTENTS, state / _RECORDS
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    kept = contents / f"{stamp}-{os.path.basename(path)}"
    made = tuple(Made(each.path, digest(each.content)) for each in new_files)
    record = Record(
        path=os.path.realpath(path), at=now(), old=digest(old), new=digest(new), kept_at=str(kept), made=made
    )
    try:
        for folder in (contents, records):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(kept, old)
        _write(records / kept.name, msgspec.json.encode(record))
        for folder in (contents, records):
            for oldest in sorted(folder.iterdir())[:-MOST_KEPT]:
                oldest.unlink(missing_ok=True)
    except OSError as error:
        says = f"the old content of {path} can't be kept in {contents}: {error.strerror}"
        raise OutputError(says, hint="DOCKWORTHY_STATE names another folder; nothing was changed") from error
    return kept


def forget(kept: Path, environ: Mapping[str, str]) -> None:
    """The change did not happen: no record of it stays. Its old content does."""
    with contextlib.suppress(OSError):
        (state_directory(environ) / _RECORDS / kept.name).unlink()


def records(environ: Mapping[str, str]) -> Iterator[Record]:
    """All that are kept, the newest first."""
    folder = state_directory(environ) / _RECORDS
    try:
        files = sorted(folder.iterdir(), reverse=True)
    except OSError:
        return
    for file in files:
        with contextlib.suppress(OSError, msgspec.DecodeError):
            yield msgspec.json.decode(file.read_bytes(), type=Record)


def note_undone(record: Record, environ: Mapping[str, str]) -> None:
    """Raises OutputError."""
    file = state_directory(environ) / _RECORDS / os.path.basename(record.kept_at)
    aside = file.with_name(f".{file.name}.new")
    try:
        aside.unlink(missing_ok=True)
        _write(aside, msgspec.json.encode(msgspec.structs.replace(record, undone=now())))
        os.replace(aside, file)
    except OSError as error:
        raise OutputError(f"{record.path} is as it was before, but {file} can't say so: {error.strerror}") from error


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
