"""A file of lines that grows to a size and is then put aside.

`logging.handlers.RotatingFileHandler` is not used: on a full disk it leaves half a line, and tells its caller nothing.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from ...errors import UsageError

MOST_BYTES = 10 * 1024 * 1024
KEPT = 10
"""Older files beside the one that is written: `NAME.1` is the youngest."""


class RotatingFile:
    """For root alone. A file that somebody moved away or removed (logrotate) is recreated at the next line.

    Raises UsageError where it can't be opened at first.
    """

    def __init__(self, path: Path, *, most_bytes: int = MOST_BYTES, kept: int = KEPT) -> None:
        self._path, self._most, self._kept = path, most_bytes, kept
        try:
            path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            self._file = self._open()
        except OSError as error:
            raise UsageError(f"{path}: no audit log can be written there: {error.strerror}") from None

    def write(self, line: bytes) -> None:
        """Whole or not at all. Raises OSError (a full disk)."""
        whole = line + b"\n"
        size = self._size()
        if size and size + len(whole) > self._most:
            self._rotate()
            size = 0
        try:
            written = os.write(self._file, whole)
        except OSError:
            self._cut(size)
            raise
        if written < len(whole):
            self._cut(size)
            raise OSError(28, os.strerror(28))

    def close(self) -> None:
        os.close(self._file)

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)

    def _size(self) -> int:
        seen = os.fstat(self._file)
        try:
            there = os.stat(self._path)
        except FileNotFoundError:
            there = None
        if there is None or (there.st_ino, there.st_dev) != (seen.st_ino, seen.st_dev):
            self._again()
            return os.fstat(self._file).st_size
        return seen.st_size

    def _again(self) -> None:
        fresh = self._open()
        os.close(self._file)
        self._file = fresh

    def _rotate(self) -> None:
        """From the oldest on, so that a crash in the middle loses the oldest at most."""
        for number in range(self._kept, 0, -1):
            older = self._path if number == 1 else self._numbered(number - 1)
            with contextlib.suppress(FileNotFoundError):
                os.replace(older, self._numbered(number))
        self._again()

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")

    def _cut(self, size: int) -> None:
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, size)
