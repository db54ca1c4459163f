"""The files of a host, below a root: `/`, a host mounted at `/host`, or a saved tree. Only reads.

Links are resolved inside the root: an absolute target starts at the root again, `..` never climbs above it.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import NamedTuple

from ...input_files import MOST_LINKS, open_regular

_MOST_BYTES = 32 * 1024 * 1024


def clean(text: str) -> str:
    """`text` as valid Unicode: bytes that are not UTF-8 (kept as surrogates by the OS layer) become U+FFFD."""
    if text.isascii():
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:  # surrogates that no file name of this system can have
        return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


class NotHeld(Exception):
    """What a reader asked for could not be read any more: whatever it made of that would be a guess.

    The reason in words. Raised by roots that are read over a connection.
    """


class Room(NamedTuple):
    """A file system's: blocks of `block` bytes, those that anybody may still use, and the same of inodes."""

    block: int
    blocks: int
    free: int
    inodes: int
    inodes_free: int


class Root:
    """All methods take paths as the host itself names them, and raise OSError that names them in the same way.

    `is_real`: this machine's own root. `is_live`: of a running machine, whose programs can be asked, be it this one or
    one far away. `as_root` says who reads, `byteorder` in which order its kernel prints words.
    """

    def __init__(self, path: Path) -> None:
        self.base = os.path.realpath(path)
        self.is_real = self.base == "/"
        self.is_live = self.is_real
        self.as_root = os.geteuid() == 0
        self.byteorder: str = sys.byteorder

    def os_path(self, path: str, *, follow: bool = True) -> str:
        """The path to give to the operating system."""
        self._must_be_a_path(path)
        if self.is_real:
            return path if path.startswith("/") else f"/{path}"
        return self.base + self.resolve(path, follow=follow)

    def resolve(self, path: str, *, follow: bool = True) -> str:
        """The host's own path without links; the last part is kept as it is unless `follow`. It need not exist."""
        self._must_be_a_path(path)
        done: list[str] = []
        todo = [part for part in reversed(path.split("/")) if part not in ("", ".")]
        links = 0
        while todo:
            part = todo.pop()
            if part == "..":
                del done[-1:]
                continue
            target = self._target("/".join(("", *done, part))) if todo or follow else None
            if target is None:
                done.append(part)
                continue
            links += 1
            if links > MOST_LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
            if target.startswith("/"):
                done = []
            todo.extend(piece for piece in reversed(target.split("/")) if piece not in ("", "."))
        return "/" + "/".join(done)

    def identity(self, path: str) -> str:
        """The path without links, as far as they lead anywhere: two paths with one identity are one file."""
        try:
            return self.resolve(path)
        except OSError:
            return path

    def read_bytes(self, path: str) -> bytes:
        """A regular file's content; anything else (a FIFO would block, a device may act) is refused."""
        try:
            # Below another root a link at the end was followed already: one that is there now leads out of it.
            descriptor = open_regular(self.os_path(path), follow=self.is_real)
            try:
                return _read_all(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise _named(error, path) from None

    def read(self, path: str) -> str:
        """The content as text; bytes that are not UTF-8 become U+FFFD."""
        return self.read_bytes(path).decode("utf-8", "replace")

    def word(self, path: str) -> str:
        """The content of a kernel file with one value, `""` where it is absent or can't be read."""
        try:
            return self.read(path).strip()
        except OSError:
            return ""

    def names(self, path: str) -> list[str]:
        """The names in a folder, sorted, as the OS gives them (use `clean` before showing one)."""
        try:
            return sorted(os.listdir(self.os_path(path)))
        except OSError as error:
            raise _named(error, path) from None

    def names_or_none(self, path: str) -> list[str]:
        """The names in a folder; none where it is absent or can't be read."""
        try:
            return self.names(path)
        except OSError:
            return []

    def stat(self, path: str, *, follow: bool = True) -> os.stat_result:
        try:
            return os.stat(self.os_path(path, follow=follow), follow_symlinks=follow)
        except OSError as error:
            raise _named(error, path) from None

    def exists(self, path: str) -> bool:
        """Is something there, as far as can be seen?"""
        try:
            self.stat(path)
        except OSError:
            return False
        return True

    def link(self, path: str) -> str:
        """Where a link points, as written in it."""
        try:
            return os.readlink(self.os_path(path, follow=False))
        except OSError as error:
            raise _named(error, path) from None

    def room(self, path: str) -> Room:
        """Source: statvfs(3)."""
        try:
            found = os.statvfs(self.os_path(path))
        except OSError as error:
            raise _named(error, path) from None
        return Room(found.f_frsize, found.f_blocks, found.f_bavail, found.f_files, found.f_favail)

    def _target(self, path: str) -> str | None:
        try:
            return os.readlink(path if self.is_real else self.base + path)
        except OSError:
            return None

    @staticmethod
    def _must_be_a_path(path: str) -> None:
        try:
            fit = "\0" not in path and os.fsencode(path) is not None
        except UnicodeEncodeError:
            fit = False
        if not fit:
            raise OSError(errno.EINVAL, "not a path", path)


def _read_all(descriptor: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := os.read(descriptor, 1 << 20):
        parts.append(part)
        size += len(part)
        if size > _MOST_BYTES:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return b"".join(parts)


def _named(error: OSError, path: str) -> OSError:
    """The same error with the host's own name for the path."""
    return OSError(error.errno or errno.EIO, error.strerror or str(error), path)
