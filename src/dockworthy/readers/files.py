"""Finds the files to judge: those a person named, and in a folder those whose name says YAML or JSON."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from msgspec import Struct

from ..errors import UnreadableInput, UsageError

_SUFFIXES = (".yaml", ".yml", ".json")
_LEFT_OUT = frozenset({".git", ".venv", "node_modules", "__pycache__"})
MOST_BYTES = 64 * 1024 * 1024
"""A larger file is no manifest."""


class FoundFile(Struct, frozen=True):
    """`name` as a person would write it; `named_by_user`: not found by walking, so it must be what it should be."""

    name: str
    path: str
    named_by_user: bool
    content: bytes | None = None

    def text(self) -> str:
        """The file's text. Raises UnreadableInput where it is no regular file, too large, or not UTF-8."""
        raw = self.content if self.content is not None else _read_bounded(self.path, self.name)
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            raise UnreadableInput(f"not UTF-8 (byte {raw[error.start]:#04x})", file=self.name, line=line) from error


def find_files(paths: Sequence[str], *, stdin: BinaryIO) -> Iterator[FoundFile]:
    """Every path once, folders walked in the order of names. Raises UsageError for a path that does not exist."""
    for path in paths:
        if path == "-":
            yield FoundFile("<stdin>", "-", True, _bounded(stdin, "<stdin>"))
        elif os.path.isdir(path):
            yield from (FoundFile(found, found, False) for found in _walk(path))
        elif os.path.lexists(path):
            yield FoundFile(path, path, True)
        else:
            raise UsageError(f"{path}: no such file or folder")


def _walk(folder: str) -> Iterator[str]:
    """Links to folders are not followed, so that a loop of them ends."""
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT)
        yield from (os.path.join(here, name) for name in sorted(names) if name.endswith(_SUFFIXES))


def _read_bounded(path: str, name: str) -> bytes:
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise UnreadableInput("not a regular file", file=name)
        with open(path, "rb") as file:
            return _bounded(file, name)
    except OSError as error:
        raise UnreadableInput(f"can't be read: {error.strerror}", file=name) from error


def _bounded(file: BinaryIO, name: str) -> bytes:
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise UnreadableInput(f"larger than {MOST_BYTES // 2**20} MiB", file=name)
    return content
