"""Files in folders where somebody else may rename meanwhile: by what was opened, never by what has the name by then.

Root may be the one who writes, into the folder of a user: a link that appears there leads to no other file.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


@contextmanager
def opened(name: str | os.PathLike[str], flags: int, folder: int | None = None) -> Iterator[int]:
    """A descriptor, closed afterwards. `folder`: that of the folder in which the name is looked up. Raises OSError."""
    handle = os.open(name, flags | os.O_CLOEXEC, dir_fd=folder)
    try:
        yield handle
    finally:
        os.close(handle)


def content_in(folder: int, name: str, most: int) -> bytes | None:
    """At most `most` bytes of a regular file in that folder; None for a file of another kind. Raises OSError, for a
    link, too."""
    with (
        opened(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, folder) as handle,
        open(handle, "rb", closefd=False) as file,
    ):
        return file.read(most) if stat.S_ISREG(os.fstat(handle).st_mode) else None


def write_to_device(path: str | os.PathLike[str], content: Iterable[bytes], *, follow: bool) -> None:
    """Into a device or a pipe, which nothing can replace. Raises OSError where a regular file is there by now: that is
    not written over. `follow`: also where the path is a link."""
    flags = os.O_WRONLY | os.O_NOCTTY | (0 if follow else os.O_NOFOLLOW)
    with opened(path, flags) as handle, open(handle, "wb", closefd=False) as device:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EEXIST, "another file is there by now")
        device.writelines(content)
