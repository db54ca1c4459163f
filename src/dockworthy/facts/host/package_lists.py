"""The package lists of apt: which versions of which packages they offer. Files of 60 MB: looked through, not parsed."""

from __future__ import annotations

import mmap
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from .elsewhere import Elsewhere
from .programs import AskedProgram, ProgramFailed
from .root import Root

_FOLDER = "/var/lib/apt/lists"
_HELPER = "/usr/lib/apt/apt-helper"
_PLAIN = "_Packages"
_COMPRESSED = tuple(f"{_PLAIN}{ending}" for ending in (".lz4", ".xz", ".gz", ".zst", ".bz2"))
_NOT_BY_ITSELF = re.compile(r"^NotAutomatic: *yes", re.MULTILINE | re.IGNORECASE)


class Offer(NamedTuple):
    """A version that a list has. `security`: of a distribution's security archive. `automatic`: apt would upgrade to
    it by itself (not so from backports)."""

    list: str
    name: str
    version: str
    architecture: str
    security: bool
    automatic: bool


class PackageLists:
    """Begins to unpack compressed lists at once (apt's own helper, in a process beside us), so that others can read
    meanwhile. `unread` names lists that could not be read."""

    def __init__(self, root: Root) -> None:
        self._root = root
        self._names = root.names_or_none(_FOLDER)
        self._plain = [name for name in self._names if name.endswith(_PLAIN)]
        packed = [name for name in self._names if name.endswith(_COMPRESSED)]
        can_unpack = (
            root.exists(_HELPER) if isinstance(root, Elsewhere) else root.is_real and os.access(_HELPER, os.X_OK)
        )
        self._packed = packed if can_unpack else []
        self._unpacking = {
            name: AskedProgram([_HELPER, "cat-file", f"{_FOLDER}/{name}"]) for name in self._packed if root.is_real
        }
        self.unread: list[str] = [] if can_unpack else packed

    def offers(self, names: Iterable[str]) -> list[Offer]:
        """What the lists offer of these packages. To be called once."""
        sought = sorted(names)
        wanted = b"|".join(re.escape(name.encode()) for name in sought) or b"(?!)"
        # A literal beginning lets the search leap: a list of 57 MB takes 30 ms, with `^` and `$` ten times that.
        pattern = re.compile(rb"\nPackage: (" + wanted + rb")\n")
        found: list[Offer] = []
        for name in [*self._plain, *self._packed]:
            try:
                found += self._offers_of(name, self._content(name, sought), pattern)
            except (OSError, ValueError, ProgramFailed):
                self.unread.append(name)
        return found

    def close(self) -> None:
        for unpacking in self._unpacking.values():
            unpacking.close()

    def _content(self, name: str, sought: Sequence[str]) -> mmap.mmap | bytes:
        """The list, or of one far away what it has of the packages that are sought."""
        if isinstance(self._root, Elsewhere):
            return self._root.stanzas(f"{_FOLDER}/{name}", sought) if sought else b""
        unpacking = self._unpacking.get(name)
        return unpacking.answer() if unpacking else _mapped(self._root.os_path(f"{_FOLDER}/{name}"))

    def _offers_of(self, name: str, data: mmap.mmap | bytes, pattern: re.Pattern[bytes]) -> list[Offer]:
        automatic = not _NOT_BY_ITSELF.search(self._release_of(name))
        return [
            Offer(name, package, version, architecture, "-security" in name, automatic)
            for package, version, architecture in _stanzas(data, pattern)
        ]

    def _release_of(self, name: str) -> str:
        """The head of the Release file that a list belongs to, `""` where there is none."""
        prefix = name
        while "_" in prefix:
            prefix = prefix.rpartition("_")[0]
            for release in (f"{prefix}_InRelease", f"{prefix}_Release"):
                if release in self._names:
                    return self._root.word(f"{_FOLDER}/{release}")[:4000]
        return ""


def _mapped(path: str) -> mmap.mmap | bytes:
    with open(path, "rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if os.fstat(file.fileno()).st_size else b""


def _stanzas(data: mmap.mmap | bytes, pattern: re.Pattern[bytes]) -> Iterator[tuple[str, str, str]]:
    """(package, version, architecture) of the stanzas whose first line the pattern finds."""
    first = pattern.match(b"\n" + data[:200])  # no line end before the first
    places = [(first[1], first.end() - 1)] if first else []
    for name, start in [*places, *((match[1], match.end()) for match in pattern.finditer(data))]:
        end = data.find(b"\n\n", start)
        stanza = data[start : end if end >= 0 else len(data)].decode("utf-8", "replace")
        fields = dict(re.findall(r"^(Version|Architecture): *(\S+)$", stanza, re.MULTILINE))
        if "Version" in fields:
            yield name.decode("utf-8", "replace"), fields["Version"], fields.get("Architecture", "all")
