"""Installed packages of the engine, its runtimes and the kernel, and what the package lists offer instead.

Versions are compared in Debian's order (deb-version(7)): `[epoch:]upstream[-revision]`, `~` sorts before everything.
Lists of apt have up to 60 MB: they are looked through, not parsed.
"""

from __future__ import annotations

import mmap
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import total_ordering
from itertools import zip_longest
from typing import NamedTuple

from ...model.field import Field, Source, Unknown, Unset
from ...model.host import Package
from .elsewhere import Elsewhere
from .programs import AskedProgram, ProgramFailed
from .reading import written
from .root import Root

_PIECE = re.compile(r"([^0-9]*)([0-9]*)")


@total_ordering
class DebianVersion:
    """Compares as dpkg does. Any text is a version; an epoch that is no number counts as none."""

    def __init__(self, text: str) -> None:
        self.text = text
        epoch, colon, rest = text.partition(":")
        if not (colon and epoch.isascii() and epoch.isdigit()):
            epoch, rest = "0", text
        upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
        self._key = (_digits(epoch), _pieces(upstream), _pieces(revision))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DebianVersion) and not self < other and not other < self

    def __lt__(self, other: DebianVersion) -> bool:
        if self._key[0] != other._key[0]:
            return self._key[0] < other._key[0]
        return (_compare(self._key[1], other._key[1]) or _compare(self._key[2], other._key[2])) < 0

    def __hash__(self) -> int:
        return hash(self._key[0])


_Digits = tuple[int, str]
_Piece = tuple[str, _Digits]


def _digits(text: str) -> _Digits:
    """Numbers of any length, compared as numbers without making them: (count of digits, digits)."""
    text = text.lstrip("0")
    return len(text), text


def _pieces(text: str) -> list[_Piece]:
    """`1.2~rc1` -> non-digits and digits in turn."""
    return [(match[1], _digits(match[2])) for match in _PIECE.finditer(text) if match[0]]


def _weight(character: str) -> int:
    """`~` before the end (0), the end before letters, letters before all else."""
    if character == "~":
        return -1
    return ord(character) if character.isascii() and character.isalpha() else ord(character) + 0x110000


def _compare(left: list[_Piece], right: list[_Piece]) -> int:
    """Negative, 0 or positive."""
    for (words, digits), (other_words, other_digits) in zip_longest(left, right, fillvalue=("", (0, ""))):
        for a, b in zip_longest(map(_weight, words), map(_weight, other_words), fillvalue=0):
            if a != b:
                return a - b
        if digits != other_digits:
            return -1 if digits < other_digits else 1
    return 0


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


_STATUS = "/var/lib/dpkg/status"
_OURS = re.compile(
    r"docker(\.io|-ce|-ce-cli|-cli|-engine|-ce-rootless-extras|-compose.*|-buildx.*|-model-plugin)|moby-.*"
    r"|containerd(\.io)?|runc|crun|podman(-docker)?|docker-registry|linux-image-.*|linux-generic.*|gvisor|runsc|runsc-.*"
)
_ELSEWHERE = {
    "/var/lib/rpm": ("RPM", "dnf list --upgrades docker-ce containerd.io runc kernel"),
    "/usr/lib/sysimage/rpm": ("RPM", "dnf list --upgrades docker-ce containerd.io runc kernel"),
    "/lib/apk/db": ("apk", "apk version docker containerd runc"),
    "/var/lib/pacman": ("pacman", "pacman -Qu docker containerd runc linux"),
}


def read_packages(root: Root, lists: PackageLists) -> Field[tuple[Package, ...]]:
    """Unset where there is no package manager; Unknown where it is one whose database isn't text."""
    if not root.exists(_STATUS):
        for folder, (kind, command) in _ELSEWHERE.items():
            if root.exists(folder):
                return Unknown(f"the {kind} database can't be read from files", f"ask it: {command}", Source(folder))
        return Unset(Source(_STATUS))
    installed = dict(installed_packages(root.read(_STATUS)))
    offers = lists.offers({package.name for package in installed})
    complete = not lists.unread
    found = (_with_candidate(package, offers, arch, complete) for package, arch in installed.items())
    return written(tuple(found), _STATUS)


def installed_packages(status: str) -> Iterator[tuple[Package, str]]:
    """Those of dpkg's status file that are installed and ours, each with its architecture."""
    for stanza in status.split("\n\n"):
        name = stanza.lstrip("\n").removeprefix("Package: ").split("\n", 1)[0]
        if not _OURS.fullmatch(name):
            continue
        fields = dict(line.split(": ", 1) for line in stanza.splitlines() if ": " in line and line[0] != " ")
        state = fields.get("Status", "").split()
        if state[-1:] == ["installed"] and fields.get("Package") == name and "Version" in fields:
            package = Package(name=name, version=fields["Version"].strip(), held=state[0] == "hold")
            yield package, fields.get("Architecture", "all").strip()


def _with_candidate(package: Package, offers: list[Offer], architecture: str, complete: bool) -> Package:
    """The newest version that a list offers, where it is newer and apt would take it. Own pins are not considered."""
    own = [o for o in offers if o.name == package.name and o.architecture in (architecture, "all")]
    source_lists = {offer.list for offer in own if offer.version == package.version}
    installed = DebianVersion(package.version)
    usable = (offer for offer in own if offer.automatic or offer.list in source_lists)
    newer = [offer for offer in usable if installed < DebianVersion(offer.version)]
    best = max(newer, key=lambda offer: DebianVersion(offer.version), default=None)
    return Package(
        name=package.name,
        version=package.version,
        candidate=best.version if best else "",
        security=any(offer.security for offer in newer),
        held=package.held,
        listed=best is not None or (complete and bool(own)),
    )
