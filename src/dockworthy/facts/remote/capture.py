"""What has been read of a host over ssh so far, in memory: files, folders, links, sockets, programs' answers."""

from __future__ import annotations

import errno
import os
from typing import Any, NamedTuple


class ReadFault(NamedTuple):
    """Why the host could not read something there."""

    number: int
    words: str

    def raised(self, path: str) -> OSError:
        return OSError(self.number, self.words, path)


ODD = ReadFault(errno.EIO, "what the host said of it can't be understood")

_NUMBERS = {os.strerror(number): number for number in errno.errorcode}


def fault_of(words: str) -> ReadFault:
    """The error that a program on the host names at the end of its line; an odd one is EIO with its words."""
    says = words.rsplit(": ", 1)[-1].strip()
    if says == "not a regular file":
        return ReadFault(errno.EINVAL, says)
    return ReadFault(_NUMBERS.get(says, errno.EIO), says[:200] or ODD.words)


class ProgramOutput(NamedTuple):
    """What a program printed, and its exit status."""

    status: int
    content: bytes


class HostQuestion(NamedTuple):
    """One thing to ask of the host. `kind`: `content`, `names`, `stat`, `followed`, `ask`, `packages`."""

    kind: str
    words: tuple[str, ...]


class Capture:
    """Path -> what the host said. A path that is in none of these has not been asked for."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes | ReadFault] = {}
        self.names: dict[str, list[str] | ReadFault] = {}
        self.links: dict[str, str | ReadFault] = {}
        self.stats: dict[str, os.stat_result | ReadFault] = {}
        self.followed: dict[str, os.stat_result | ReadFault] = {}
        self.answers: dict[tuple[str, ...], ProgramOutput] = {}
        self.sockets: dict[int, list[int]] = {}
        """Pid -> inodes of the sockets that it has open."""
        self.hidden: set[int] = set()
        """Pids whose descriptors may not be seen."""
        self.unclear: set[str] = set()
        """Links that were read of every process, and of which this one could not be understood."""
        self.swept: set[str] = set()
        """Files and links of processes (`status`, `ns/net`) that were read of every process there was."""

    def has(self, question: HostQuestion) -> bool:
        """Has it been answered?"""
        if question.kind in ("ask", "packages"):
            return question.words in self.answers
        return question.words[0] in self._table(question.kind)

    def fail(self, question: HostQuestion, fault: ReadFault) -> None:
        """Notes that there is no better answer."""
        if question.kind in ("ask", "packages"):
            self.answers[question.words] = ProgramOutput(1, b"")
        else:
            self._table(question.kind)[question.words[0]] = fault

    def _table(self, kind: str) -> dict[str, Any]:
        tables: dict[str, dict[str, Any]] = {
            "content": self.contents,
            "names": self.names,
            "stat": self.stats,
            "followed": self.followed,
        }
        return tables[kind]

    def known_absent(self, path: str) -> bool:
        """Do the listing of its folder, or a parent that isn't there, show that there is no such path?"""
        folder, _, name = path.rpartition("/")
        if path.startswith("/proc/"):
            return False  # processes come and go
        listed = self.names.get(folder or "/")
        if isinstance(listed, list) and name not in listed:
            return True
        while folder:
            if _is_absent(self.stats.get(folder)) or _is_absent(self.names.get(folder)):
                return True
            folder = folder.rpartition("/")[0]
        return False


def _is_absent(said: object) -> bool:
    return isinstance(said, ReadFault) and said.number in (errno.ENOENT, errno.ENOTDIR)
