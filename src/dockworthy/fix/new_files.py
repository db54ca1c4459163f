"""Files that a repair makes beside the repaired one: secrets for their owner alone. They go again when it is undone."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import OutputError
from ..model.repair import NewFile
from ..output_files import content_in, opened
from .kept import Made, digest

_MOST = 1024 * 1024
"""Bytes: no secret that was made is as long."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


def write_new(files: Iterable[NewFile], written: list[NewFile]) -> None:
    """Adds to `written` each that is there now. Raises OutputError where one exists already, or can't be written."""
    for file in files:
        try:
            _write(file, written)
        except OSError as error:
            raise OutputError(f"{file.path} can't be written: {error.strerror}", hint="nothing was changed") from error


def remove_new(written: Iterable[NewFile]) -> None:
    """Those that were made just now."""
    for file in written:
        with contextlib.suppress(OSError), opened(os.path.dirname(file.path), _FOLDER) as folder:
            os.unlink(os.path.basename(file.path), dir_fd=folder)
        with contextlib.suppress(OSError):
            os.rmdir(os.path.dirname(file.path))


def is_as_made(made: Made) -> bool:
    """Is it gone, or does it say what it said?"""
    try:
        return digest(Path(made.path).read_bytes()) == made.digest
    except FileNotFoundError:
        return True
    except OSError:
        return False


def remove_made(files: Iterable[Made]) -> None:
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


def _write(file: NewFile, written: list[NewFile]) -> None:
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
