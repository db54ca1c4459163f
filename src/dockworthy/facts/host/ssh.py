"""The SSH server's settings as sshd would read them: the first value wins, `Include` in its place."""

from __future__ import annotations

import errno
import fnmatch
import re

from ...model.field import Field, Source, Unset
from .reading import written
from .root import Root

_CONFIG = "/etc/ssh/sshd_config"
_PROGRAMS = ("/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd")
_WORD = re.compile(r'"([^"]*)"|([^\s"]+)')
_MOST_DEPTH = 16  # sshd's own limit on includes
_MOST_FILES = 500

_GATHERED = {
    "acceptenv", "allowgroups", "allowusers", "denygroups", "denyusers", "hostkey", "listenaddress", "port",
    "setenv", "subsystem",
}  # fmt: skip
"""Keywords that may stand several times and add up."""

_RENAMED = {
    "challengeresponseauthentication": "kbdinteractiveauthentication",
    "skeyauthentication": "kbdinteractiveauthentication",
    "dsaauthentication": "pubkeyauthentication",
    "pubkeyacceptedkeytypes": "pubkeyacceptedalgorithms",
    "hostbasedacceptedkeytypes": "hostbasedacceptedalgorithms",
}


def read_ssh(root: Root) -> Field[dict[str, str]]:
    """Global settings that are written, keys in lower case. What only some connections get (`Match`) is left out,
    save for `Match all`, which every connection gets and which outranks the global ones."""
    if not root.exists(_CONFIG) and not any(root.exists(program) for program in _PROGRAMS):
        try:
            root.stat(_CONFIG)
        except FileNotFoundError:
            return Unset(Source(_CONFIG))
    reader = _Reader(root)
    try:
        reader.read(_CONFIG)
    except FileNotFoundError:
        return written({}, _CONFIG, "absent: defaults only")
    return written(reader.everywhere | reader.in_match_all, _CONFIG)


class _Reader:
    def __init__(self, root: Root) -> None:
        self._root = root
        self._files = 0
        self._block: dict[str, str] | None
        self.everywhere: dict[str, str] = {}
        self.in_match_all: dict[str, str] = {}
        self._block = self.everywhere  # where the next line belongs; None: to some connections only

    def read(self, path: str, depth: int = 0) -> None:
        """Raises OSError where the file or one that it includes can't be read."""
        self._files += 1
        if self._files > _MOST_FILES:
            raise OSError(errno.ELOOP, "it includes too many files", path)
        for line in self._root.read(path).splitlines():
            keyword, words = split_line(line)
            if keyword == "match":
                self._block = self.in_match_all if [word.lower() for word in words] == ["all"] else None
            elif keyword == "include":
                self._include(words, depth)
            elif keyword and self._block is not None:
                self._note(keyword, " ".join(words))

    def _note(self, keyword: str, value: str) -> None:
        assert self._block is not None
        if keyword in _GATHERED and keyword in self._block:
            self._block[keyword] += f" {value}"
        else:
            self._block.setdefault(keyword, value)

    def _include(self, patterns: list[str], depth: int) -> None:
        """A `Match` in an included file ends with that file."""
        block = self._block
        if block is None or depth >= _MOST_DEPTH:
            return
        for pattern in patterns:
            for path in self._matching(pattern if pattern.startswith("/") else f"/etc/ssh/{pattern}"):
                self.read(path, depth + 1)
                self._block = block

    def _matching(self, pattern: str) -> list[str]:
        folder, _, name = pattern.rpartition("/")
        try:
            names = self._root.names(folder or "/")
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [f"{folder}/{found}" for found in names if fnmatch.fnmatchcase(found, name) and found[0] != "."]


def split_line(line: str) -> tuple[str, list[str]]:
    """(keyword in lower case under its present name, its words); `""` for an empty line or a comment."""
    line = line.strip()
    match = re.match(r"([A-Za-z][A-Za-z0-9]*)[\s=]*", line)
    if match is None:
        return "", []
    words = []
    for found in _WORD.finditer(line, match.end()):
        if found[2] is not None and found[2].startswith("#"):
            break
        words.append(found[1] if found[1] is not None else found[2])
    keyword = match[1].lower()
    return _RENAMED.get(keyword, keyword), words
