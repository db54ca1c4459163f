"""Replaces a file's content at once: whoever reads it meanwhile, or after a crash, finds the old or the new, whole."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import stat
import tempfile
import time
from pathlib import Path

from ..errors import OutputError
from .refused import FixRefused

_SUFFIX = ".dockworthy-new"
_STALE = 60
"""Seconds: no run takes as long between the new file and its renaming."""


def replace_content(path: str, *, old: bytes, new: bytes) -> None:
    """Mode, owner and extended attributes stay; a symbolic link stays one, its target is replaced.

    Raises FixRefused where the file is not what it was when it was read, or has a second name (a hard link) that would
    keep the old content; OutputError where it can't be written.
    """
    target = os.path.realpath(path)
    try:
        status = os.stat(target)
        if status.st_nlink > 1:
            raise FixRefused(
                "it has a second name (a hard link), which would keep the old content",
                file=path,
                hint=f"find it with `find -inum {status.st_ino}`, or write a copy: dockworthy fix - <{path}",
            )
        _replace(target, path, status, old, new)
    except OSError as error:
        raise OutputError(f"{path} can't be written: {error.strerror}") from error


def _replace(target: str, path: str, status: os.stat_result, old: bytes, new: bytes) -> None:
    _take_away_leftovers(target)
    handle, beside = tempfile.mkstemp(_SUFFIX, f".{os.path.basename(target)}.", os.path.dirname(target))
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(new)
            file.flush()
            _like(target, beside, status)
            os.fsync(file.fileno())
        if Path(target).read_bytes() != old:
            hint = "nothing was written; run it again"
            raise FixRefused("somebody else changed it meanwhile", file=path, hint=hint)
        os.replace(beside, target)
    except BaseException:  # ^C too: nothing half written may stay behind
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise
    _sync_folder(os.path.dirname(target))


def _take_away_leftovers(target: str) -> None:
    """New files that a run which was killed left beside the old one; not those of a run that is at it right now."""
    now = time.time()
    for left in Path(target).parent.glob(f".{glob.escape(os.path.basename(target))}.*{_SUFFIX}"):
        with contextlib.suppress(OSError):
            if now - left.lstat().st_mtime > _STALE:
                left.unlink()


def _like(target: str, beside: str, status: os.stat_result) -> None:
    """The new file belongs to whom the old one belonged; before that nobody else may read it."""
    if (os.geteuid(), os.getegid()) != (status.st_uid, status.st_gid):
        os.chown(beside, status.st_uid, status.st_gid)
    shutil.copystat(target, beside)
    os.chmod(beside, stat.S_IMODE(status.st_mode))
    os.utime(beside)


def _sync_folder(folder: str) -> None:
    with contextlib.suppress(OSError):  # some file systems know no such thing
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
