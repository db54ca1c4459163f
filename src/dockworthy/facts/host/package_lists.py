"""The package lists of apt: which versions of which packages they offer. Files of 60 MB: looked through, not parsed."""

from __future__ import annotations

import mmap
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

from .root import Root

_FOLDER = "/var/lib/apt/lists"
_HELPER = "/usr/lib/apt/apt-helper"
_SECONDS = 2.0
_COMPRESSED = (".lz4", ".xz", ".gz", ".zst", ".bz2")


class Offer(NamedTuple):
    """A version that a list has. `security`: the list is a distribution's security archive."""

    name: str
    version: str
    security: bool


class PackageLists:
    """Begins to unpack compressed lists at once (apt's own helper, in a process beside us), so that others can read
    meanwhile. `unread` names lists that could not be read."""

    def __init__(self, root: Root) -> None:
        self._root = root
        names = root.names_or_none(_FOLDER)
        self._plain = [name for name in names if name.endswith("_Packages")]
        packed = [name for name in names if name.endswith(tuple(f"_Packages{ending}" for ending in _COMPRESSED))]
        can_unpack = root.is_real and os.access(_HELPER, os.X_OK)
        self._unpacking = [_Unpacking(name) for name in packed] if can_unpack else []
        self.unread: list[str] = [] if can_unpack else packed

    def offers(self, names: Iterable[str]) -> list[Offer]:
        """What the lists offer of these packages. To be called once."""
        wanted = b"|".join(re.escape(name.encode()) for name in sorted(names)) or b"(?!)"
        # A literal beginning lets the search leap: a list of 57 MB takes 30 ms, with `^` and `$` ten times that.
        pattern = re.compile(rb"\nPackage: (" + wanted + rb")\n")
        found: list[Offer] = []
        for name in self._plain:
            try:
                found += _offers_of_file(self._root.os_path(f"{_FOLDER}/{name}"), pattern, "-security" in name)
            except (OSError, ValueError):
                self.unread.append(name)
        for unpacking in self._unpacking:
            try:
                found += _offers_in(unpacking.wait(), pattern, "-security" in unpacking.name)
            except (OSError, ValueError, subprocess.SubprocessError):
                self.unread.append(unpacking.name)
        return found

    def close(self) -> None:
        for unpacking in self._unpacking:
            unpacking.close()


class _Unpacking:
    """One compressed list on its way into memory."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._memory = -1
        self._process: subprocess.Popen[bytes] | None = None
        with suppress(OSError):
            self._memory = os.memfd_create("package-list", os.MFD_CLOEXEC)
            self._process = subprocess.Popen(
                [_HELPER, "cat-file", f"{_FOLDER}/{name}"],
                stdin=subprocess.DEVNULL,
                stdout=self._memory,
                stderr=subprocess.DEVNULL,
            )

    def wait(self) -> mmap.mmap:
        """The unpacked list. Raises OSError, ValueError (empty) or SubprocessError."""
        if self._process is None or self._process.wait(_SECONDS) != 0:
            raise OSError("apt-helper could not unpack it")
        return mmap.mmap(self._memory, 0, access=mmap.ACCESS_READ)

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        with suppress(OSError):
            os.close(self._memory)
        self._memory = -1


def _offers_of_file(path: str, pattern: re.Pattern[bytes], security: bool) -> list[Offer]:
    with open(path, "rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            return []
        return _offers_in(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), pattern, security)


def _offers_in(data: mmap.mmap, pattern: re.Pattern[bytes], security: bool) -> list[Offer]:
    with data:
        return list(_stanzas(data, pattern, security))


def _stanzas(data: mmap.mmap, pattern: re.Pattern[bytes], security: bool) -> Iterator[Offer]:
    first = pattern.match(b"\n" + data[:200])  # no line end before the first
    places = [(first[1], first.end() - 1)] if first else []
    for name, start in [*places, *((match[1], match.end()) for match in pattern.finditer(data))]:
        end = data.find(b"\n\n", start)
        stanza = data[start : end if end >= 0 else len(data)]
        version = re.search(rb"^Version: (\S+)$", stanza, re.MULTILINE)
        if version:
            yield Offer(name.decode(), version[1].decode("utf-8", "replace"), security)
