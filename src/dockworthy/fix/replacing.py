"""Replaces a file's content at once: whoever reads it meanwhile, or after a crash, finds the old or the new, whole."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import secrets
import stat
import time
from pathlib import Path

from ..errors import OutputError
from ..output_files import content_in, opened
from .refused import FixRefused

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
