"""What `fix` changes, one file at a time: the old content is kept in dockworthy's own state folder, with a record that
`fix --undo` reads.

Whoever reads a file meanwhile, or after a crash, finds the old content or the new one, whole. Files that a repair
makes beside the repaired one (secrets) are their owner's alone, and go again when it is undone.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import hashlib
import os
import secrets
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from ..errors import OutputError
from ..model.repair import NewFile
from ..output_files import content_in, opened
from ..state_directory import state_directory
from .refused import FixRefused

MOST_KEPT = 100
"""Old files that are kept; the oldest go first."""

_CONTENTS = "fixed"
_RECORDS = "fixed-records"


class CreatedFile(Struct, frozen=True):
    """A file that was made with the change, and the SHA-256 of its content."""

    path: str
    digest: str

    @property
    def is_ignore_file(self) -> bool:
        return os.path.basename(self.path) == ".gitignore"


class FileChange(Struct, frozen=True, kw_only=True):
    """One change of one file. `path` is the file itself, links resolved; `old` and `new` are SHA-256 of its contents.

    `kept_at` holds the old content. `undone` is when that was put back, "" as long as it was not.
    """

    path: str
    at: str
    old: str
    new: str
    kept_at: str
    undone: str = ""
    made: tuple[CreatedFile, ...] = ()

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
    made = tuple(CreatedFile(each.path, digest(each.content)) for each in new_files)
    record = FileChange(
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


def records(environ: Mapping[str, str]) -> Iterator[FileChange]:
    """All that are kept, the newest first."""
    folder = state_directory(environ) / _RECORDS
    try:
        files = sorted(folder.iterdir(), reverse=True)
    except OSError:
        return
    for file in files:
        with contextlib.suppress(OSError, msgspec.DecodeError):
            yield msgspec.json.decode(file.read_bytes(), type=FileChange)


def note_undone(record: FileChange, environ: Mapping[str, str]) -> None:
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


_MOST = 1024 * 1024
"""Bytes: no secret that was made is as long."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


def write_new(files: Iterable[NewFile], written: list[NewFile]) -> None:
    """Adds to `written` each that is there now. Raises OutputError where one exists already, or can't be written."""
    for file in files:
        try:
            _write_new(file, written)
        except OSError as error:
            raise OutputError(f"{file.path} can't be written: {error.strerror}", hint="nothing was changed") from error


def remove_new(written: Iterable[NewFile]) -> None:
    """Those that were made just now."""
    for file in written:
        with contextlib.suppress(OSError), opened(os.path.dirname(file.path), _FOLDER) as folder:
            os.unlink(os.path.basename(file.path), dir_fd=folder)
        with contextlib.suppress(OSError):
            os.rmdir(os.path.dirname(file.path))


def is_as_made(made: CreatedFile) -> bool:
    """Is it gone, or does it say what it said?"""
    try:
        return digest(Path(made.path).read_bytes()) == made.digest
    except FileNotFoundError:
        return True
    except OSError:
        return False


def remove_made(files: Iterable[CreatedFile]) -> None:
    """Those that say what they said, and the folder where nothing else is in it."""
    for made in sorted(files, key=lambda each: each.is_ignore_file):
        path, name = os.path.split(made.path)
        with contextlib.suppress(OSError):
            with opened(path, _FOLDER) as folder:
                if made.is_ignore_file and os.listdir(folder) != [name]:
                    continue  # it goes on keeping other secrets out of Git
                content = content_in(folder, name, _MOST + 1)
                if content is not None and digest(content) == made.digest:
                    os.unlink(name, dir_fd=folder)
            os.rmdir(path)


def _write_new(file: NewFile, written: list[NewFile]) -> None:
    """Nobody can lead it elsewhere by a link, also where the project's folder belongs to another user."""
    path = Path(file.path)
    with _made_folder(path.parent) as folder:
        how = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(path.name, how, 0o600, dir_fd=folder)
        written.append(file)
        with os.fdopen(handle, "wb") as new:
            os.fchmod(handle, 0o600)
            if os.geteuid() == 0:
                status = os.fstat(folder)
                ids = (status.st_uid, status.st_gid) if file.uid is None else (file.uid, file.uid)
                os.fchown(handle, *ids)
            new.write(file.content)
            new.flush()
            os.fsync(handle)


@contextlib.contextmanager
def _made_folder(folder: Path) -> Iterator[int]:
    """Made where it is not there, for whom the project belongs to. Both are what was opened: whoever may rename above
    gets no folder of another place, and none there gets their owner."""
    with opened(folder.parent, os.O_RDONLY | os.O_DIRECTORY) as project:
        is_new = False
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder.name, mode=0o700, dir_fd=project)
            is_new = True
        with opened(folder.name, _FOLDER, project) as handle:
            if is_new and os.geteuid() == 0 and not os.listdir(handle):
                status = os.fstat(project)
                os.fchown(handle, status.st_uid, status.st_gid)
            yield handle


_SUFFIX = ".dockworthy-new"
_STALE = 60
"""Seconds: no run takes as long between the new file and its renaming."""
_NO_ATTRIBUTE = (errno.EPERM, errno.ENOTSUP, errno.ENODATA, errno.EINVAL, errno.EACCES)
"""What file systems say that keep no extended attribute of that kind, or give it to others than us."""


def replace_content(path: str, *, old: bytes, new: bytes) -> None:
    """Mode, owner and extended attributes stay; a symbolic link stays one, its target is replaced.

    Raises FixRefused where the file is not what it was when it was read, or has a second name (a hard link) that would
    keep the old content; OutputError where it can't be written.
    """
    target = os.path.realpath(path)
    try:
        with opened(os.path.dirname(target), os.O_RDONLY | os.O_DIRECTORY) as folder:
            _replace(folder, target, path, old, new)
    except OSError as error:
        raise OutputError(f"{path} can't be written: {error.strerror}") from error


def _replace(folder: int, target: str, path: str, old: bytes, new: bytes) -> None:
    """Whoever the folder belongs to may rename in it at any moment, and root may be the one who repairs: what is
    changed is what was opened, never what has its name by now."""
    name = os.path.basename(target)
    _take_away_leftovers(target)
    beside = f".{name}.{secrets.token_hex(4)}{_SUFFIX}"
    with opened(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, folder) as there:
        status = os.fstat(there)
        if status.st_nlink > 1:
            raise FixRefused(
                "it has a second name (a hard link), which would keep the old content",
                file=path,
                hint=f"find it with `find -inum {status.st_ino}`, or write a copy: dockworthy fix - <{path}",
            )
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(new)
                file.flush()
                _like(there, handle, status)
                os.fsync(handle)
            if content_in(folder, name, len(old) + 1) != old:
                hint = "nothing was written; run it again"
                raise FixRefused("somebody else changed it meanwhile", file=path, hint=hint)
            os.replace(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:  # ^C too: nothing half written may stay behind
            with contextlib.suppress(OSError):
                os.unlink(beside, dir_fd=folder)
            raise
    with contextlib.suppress(OSError):  # some file systems know no such thing
        os.fsync(folder)


def _take_away_leftovers(target: str) -> None:
    """New files that a run which was killed left beside the old one; not those of a run that is at it right now."""
    now = time.time()
    for left in Path(target).parent.glob(f".{glob.escape(os.path.basename(target))}.*{_SUFFIX}"):
        with contextlib.suppress(OSError):
            if now - left.lstat().st_mtime > _STALE:
                left.unlink()


def _like(there: int, handle: int, status: os.stat_result) -> None:
    """The new file belongs to whom the old one belonged; before that nobody else may read it."""
    if (os.geteuid(), os.getegid()) != (status.st_uid, status.st_gid):
        os.fchown(handle, status.st_uid, status.st_gid)
    for name in _attributes(there):
        try:
            os.setxattr(handle, name, os.getxattr(there, name))
        except OSError as error:
            if error.errno not in _NO_ATTRIBUTE:
                raise
    os.fchmod(handle, stat.S_IMODE(status.st_mode))


def _attributes(there: int) -> list[str]:
    try:
        return os.listxattr(there)
    except OSError as error:
        if error.errno not in _NO_ATTRIBUTE:
            raise
        return []
