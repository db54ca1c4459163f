"""The files that say how a project runs: they are saved with its data, as one archive."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

_PATTERNS = ("*.yaml", "*.yml", "*.env", ".env", "*/*.env", "*/.env")
_LARGEST = 16 * 1024 * 1024
"""Bytes of one file: what is larger is data, and belongs in a volume."""
_MOST = 256 * 1024 * 1024
"""Bytes of all: they are in memory."""

ALSO = (
    "its Compose files, dockworthy.yaml, the files of its secrets and configs, and those beside that it only reads",
    "the records of its releases with the contents of their secrets and configs, and the edge",
)
"""What is saved of a project besides its data, as the plan says it."""


class PackedFiles(Struct, frozen=True):
    """`archive`: tar, b"" for no file; `folder`: the one that its names are relative to. `left_out`: why a file is not
    in it, as sentences."""

    archive: bytes
    left_out: tuple[str, ...] = ()
    folder: str = ""


def packed_files(folder: Path, named: Iterable[Path] = (), read: Iterable[Path] = ()) -> PackedFiles:
    """Compose files, dockworthy.yaml and env files of the project's `folder`, and the files that its Compose files name
    for secrets and configs (`named`), by their paths below the folder; and `read`: files and folders below it that its
    containers only read."""
    found = {file for pattern in _PATTERNS for file in folder.glob(pattern) if file.is_file()}
    found |= {*named}
    found |= {file for path in read if _name_below(folder, path) for file in _files_in(path)}
    left_out: list[str] = []
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for file in sorted(found):
            name = _name_below(folder, file)
            outside = f"it lies outside of {folder}: keep a copy of it elsewhere"
            if why := _why_not(file) or ("" if name and _name_below(folder, file.resolve()) else outside):
                left_out.append(f"{file} is not saved: {why}")
                continue
            if archive.tell() > _MOST:
                left_out.append(f"{file} is not saved: what its containers read has more than {_MOST:,} bytes")
                continue
            tar.add(
                file.resolve(), name, recursive=False
            )  # of a link its content: it may lead elsewhere on another host
    return PackedFiles(archive.getvalue() if found else b"", tuple(left_out), str(folder))


def _files_in(path: Path) -> Iterator[Path]:
    """A file itself; of a folder all in it."""
    if path.is_file():
        yield path
        return
    for above, _, names in os.walk(path):
        yield from (file for name in names if (file := Path(above, name)).is_file())


def _name_below(folder: Path, file: Path) -> str:
    """Also where one of both was reached by a link; "" for a file that lies elsewhere."""
    for above, path in ((folder.absolute(), file.absolute()), (folder.resolve(), file.resolve())):
        if path.is_relative_to(above):
            return str(path.relative_to(above))
    return ""


def _why_not(file: Path) -> str:
    try:
        size = file.stat().st_size
        with file.open("rb"):
            pass
    except OSError as error:
        return f"it can't be read ({error.strerror})"
    return f"it has {size:,} bytes, more than a setting has" if size > _LARGEST else ""
