"""A `Root` whose files are on a host far away: it reads what has been captured, and notes what has not."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Sequence
from typing import NoReturn

from ..host.elsewhere import Elsewhere
from ..host.programs import ProgramFailed
from ..host.root import NotHeld, Room
from .capture import Capture, HostQuestion, ReadFault


def _of_stat(told: bytes) -> Room:
    block, blocks, free, inodes, inodes_free = (int(word) for word in told.split())
    return Room(block, blocks, free, inodes, inodes_free)


def _of_df(told: bytes) -> Room:
    """POSIX: a heading, then `name 1024-blocks used available capacity% place`; a name may hold spaces."""
    words = told.splitlines()[1].rpartition(b"%")[0].split()
    return Room(1024, int(words[-4]), int(words[-2]), 0, 0)


ROOM: tuple[tuple[tuple[str, ...], Callable[[bytes], Room]], ...] = (
    (("stat", "-f", "-c", "%S %b %a %c %d", "--"), _of_stat),
    (("df", "-Pk", "--"), _of_df),
)
"""Command, to be followed by a path, and what its answer means. The later ones are for hosts without the first."""


_OF_A_PROCESS = re.compile(r"/proc/([0-9]+)/(.+)")
_UNREADABLE = b"this list could not be read\n"
_TIMED_OUT = 124
"""The status of timeout(1)."""


class NotAskedYet(ProgramFailed):
    """Its answer will be there when the reader runs again."""


class CapturedRoot(Elsewhere):
    """`wanted`: what readers asked for and the capture does not hold. While more can be asked (`gap` is empty) it is
    taken for absent, and whatever the readers then say is thrown away; in the end (`gap` says why) it is NotHeld."""

    def __init__(self, capture: Capture, *, as_root: bool, byteorder: str, gap: str = "") -> None:
        self.base = "/"
        self.is_real = False
        self.is_live = True
        self.as_root = as_root
        self.byteorder = byteorder
        self.wanted: dict[HostQuestion, None] = {}
        self._capture = capture
        self._gap = gap

    def os_path(self, path: str, *, follow: bool = True) -> str:
        raise OSError(errno.EXDEV, "it is on another machine", path)

    def read_bytes(self, path: str) -> bytes:
        path = self._fit(path)
        said = self._capture.contents.get(path)
        if said is None:
            self._unless_swept(path)
            self._want("content", path)
        if isinstance(said, ReadFault):
            raise said.raised(path)
        return said

    def names(self, path: str) -> list[str]:
        path = self._fit(path)
        said = self._capture.names.get(path)
        if said is None:
            self._want("names", path)
        if isinstance(said, ReadFault):
            raise said.raised(path)
        return sorted(said)

    def stat(self, path: str, *, follow: bool = True) -> os.stat_result:
        path = self._fit(path)
        said = (self._capture.followed if follow else self._capture.stats).get(path)
        if said is None and follow:
            said = self._not_a_link(path)
        if said is None:
            self._want("followed" if follow else "stat", path)
        if isinstance(said, ReadFault):
            raise said.raised(path)
        return said

    def link(self, path: str) -> str:
        path = self._fit(path)
        said = self._capture.links.get(path)
        if said is None:
            self._unless_swept(path)
            self.stat(path, follow=False)
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), path)  # there, and no link
        if isinstance(said, ReadFault):
            raise said.raised(path)
        return said

    def room(self, path: str) -> Room:
        """Source: `stat -f` on the host, else `df` (which tells no inodes)."""
        for command, numbers_in in ROOM:
            try:
                return numbers_in(self.ask([*command, path]).answer())
            except NotAskedYet:
                break  # the next one is for hosts without this one
            except (ProgramFailed, ValueError, TypeError, IndexError):
                continue
        raise OSError(errno.ENOSYS, "neither stat -f nor df on the host tells the room there", path)

    def ask(self, command: list[str]) -> CapturedAnswer:
        return CapturedAnswer(self, HostQuestion("ask", tuple(command)))

    def stanzas(self, path: str, names: Sequence[str]) -> bytes:
        """The beginnings of the stanzas of these packages, an empty line after each. Raises ProgramFailed."""
        text = CapturedAnswer(self, HostQuestion("packages", (path, *names))).answer()
        if _UNREADABLE in text:
            raise ProgramFailed("it could not be read")
        found = (part.split(b"\n\n", 1)[0] for part in re.split(rb"(?:\A|\n)(?:--\n)?(?=Package: )", text))
        return b"".join(stanza + b"\n\n" for stanza in found if stanza.startswith(b"Package: "))

    def which(self, program: str) -> str:
        return next((path for folder in _FOLDERS if self.exists(path := f"{folder}/{program}")), "")

    def sockets_of(self, pid: int) -> tuple[list[int], bool]:
        return self._capture.sockets.get(pid, []), pid in self._capture.hidden

    def sees_same(self, pid: int, path: str) -> bool:
        """Asked with `stat -L`: where /proc/PID/root leads, only the host's kernel can say."""
        places = (path, f"/proc/{pid}/root{self.identity(path)}")
        asked = [self.ask(["stat", "-L", "-c", "%d %i", "--", place]) for place in places]
        try:
            return asked[0].answer() == asked[1].answer()
        except ProgramFailed:
            return True  # it can't be told: the socket's inode has spoken

    def answer_to(self, question: HostQuestion) -> bytes:
        said = self._capture.answers.get(question.words)
        if said is None:
            try:
                self._want(question.kind, *question.words)
            except OSError:
                raise NotAskedYet from None
        if said.status == _TIMED_OUT:
            raise ProgramFailed("no answer in 5 s")
        if said.status:
            raise ProgramFailed(f"it failed with status {said.status}")
        return said.content

    def _target(self, path: str) -> str | None:
        try:
            return self.link(path)
        except OSError:
            return None

    def _not_a_link(self, path: str) -> os.stat_result | ReadFault | None:
        """What is known of the path itself, where it is no link: then it is what following it would tell."""
        own = self._capture.stats.get(path)
        return own if own is not None and path not in self._capture.links else None

    def _unless_swept(self, path: str) -> None:
        """What was read of all processes at once, and of this one gave nothing: it ended, or it may not be read."""
        match = _OF_A_PROCESS.fullmatch(path)
        if match is None or match[2] not in self._capture.swept or path in self._capture.unclear:
            return
        if f"/proc/{match[1]}/status" in self._capture.contents:  # it was there then
            raise OSError(errno.EACCES, os.strerror(errno.EACCES), path)

    def _want(self, kind: str, *words: str) -> NoReturn:
        if kind not in ("ask", "packages") and self._capture.known_absent(words[0]):
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), words[0])
        if self._gap:
            raise NotHeld(f"{words[0]} was not read: {self._gap}")
        self.wanted[HostQuestion(kind, words)] = None
        raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), words[0])

    def _fit(self, path: str) -> str:
        self._must_be_a_path(path)
        path = path if path.startswith("/") else f"/{path}"
        return path.rstrip("/") or "/"


class CapturedAnswer:
    """A program's answer, asked for when it is made, read later: as AskedProgram."""

    def __init__(self, root: CapturedRoot, question: HostQuestion) -> None:
        self._root = root
        self._question = question
        try:
            root.answer_to(question)
        except (ProgramFailed, NotHeld):
            pass

    def answer(self) -> bytes:
        """Raises ProgramFailed."""
        return self._root.answer_to(self._question)

    def close(self) -> None:
        pass


_FOLDERS = ("/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/local/bin")
