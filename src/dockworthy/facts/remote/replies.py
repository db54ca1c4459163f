"""What host.sh answers, into the capture; of a host without stat(1) by lines of `ls -n`."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator

from ...engine.ssh.shell import Reply
from ..host.reading import number_or
from .capture import ODD, Capture, HostQuestion, ProgramOutput, ReadFault, fault_of
from .script import ScriptLine

_LINE = re.compile(
    rb"([-dlpsbcDC])([-r][-w][-xsS][-r][-w][-xsS][-r][-w][-xtT])[.+@]? +\d+ +(\d{1,20}) +(\d{1,20}) +"
    rb"(?:(\d{1,20}),? +)?(\d{1,20}) +\w{3} +\d+ +(?:\d+:\d+|\d+) +(/[^\n]*)"
)
_KINDS = {
    b"-": stat.S_IFREG,
    b"d": stat.S_IFDIR,
    b"l": stat.S_IFLNK,
    b"p": stat.S_IFIFO,
    b"s": stat.S_IFSOCK,
    b"b": stat.S_IFBLK,
    b"c": stat.S_IFCHR,
}


def stat_of_ls(line: bytes) -> tuple[str, os.stat_result] | None:
    """(path, owner and mode) of a line of `ls -nd`; device, inode and time are not in it (0)."""
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    kind = _KINDS.get(match[1], stat.S_IFREG)
    path = match[7].split(b" -> ", 1)[0] if kind == stat.S_IFLNK else match[7]
    found = os.stat_result((kind | mode_of(match[2]), 0, 0, 1, int(match[3]), int(match[4]), int(match[6]), 0, 0, 0))
    return os.fsdecode(path), found


def mode_of(letters: bytes) -> int:
    """`rwxr-sr-t` -> its bits."""
    mode = 0
    for place, letter in enumerate(letters.decode("ascii")):
        if letter not in "-ST":
            mode |= 0o400 >> place
        if letter in "sStT":
            mode |= {2: stat.S_ISUID, 5: stat.S_ISGID, 8: stat.S_ISVTX}[place]
    return mode


def link_of_ls(line: bytes) -> tuple[str, str] | None:
    """(path, where it points to) of a line of `ls -nd`; `""` where that may not be seen. None for no such line."""
    match = _LINE.fullmatch(line)
    if match is None or match[1] != b"l":
        return None
    path, _, target = match[7].partition(b" -> ")
    return os.fsdecode(path), os.fsdecode(target)


_STAT = re.compile(
    rb"([0-9a-f]{1,16}) (\d{1,20}) (\d{1,20}) (\d{1,20}) (-?\d{1,20}) (\d{1,20}) (\d{1,20}) (/.*)", re.DOTALL
)
"""stat -c '%f %u %g %s %Y %d %i %n'"""


class Replies:
    """Takes the replies to some lines, in any order of ids; `settle` marks what they left open."""

    def __init__(self, capture: Capture, lines: Iterable[ScriptLine]) -> None:
        self._capture = capture
        self._lines = {line.id: line for line in lines}

    def take(self, reply: Reply) -> None:
        id, _, part = reply.id.partition(".")
        line = self._lines.get(id)
        if line is None:
            return
        way = line.text.split(b" ", 1)[0].decode()
        _TAKERS[way](self._capture, line.questions, reply, part)
        if way not in _IN_PARTS or part == "errors":
            self._settle(line)

    def _settle(self, line: ScriptLine) -> None:
        """The host has answered: what it said nothing intelligible of is odd, and is not asked again."""
        for question in line.questions:
            if not self._capture.has(question):
                self._capture.fail(question, ODD)


def _content(capture: Capture, questions: tuple[HostQuestion, ...], reply: Reply, part: str) -> None:
    path = questions[0].words[0]
    capture.contents[path] = fault_of(reply.words) if reply.status else reply.content


def _names(capture: Capture, questions: tuple[HostQuestion, ...], reply: Reply, part: str) -> None:
    names = [os.fsdecode(name) for name in reply.content.split(b"/") if name]
    capture.names[questions[0].words[0]] = fault_of(reply.words) if reply.status else names


def _lines(capture: Capture, questions: tuple[HostQuestion, ...], reply: Reply, part: str) -> None:
    paths = {question.words[0] for question in questions}
    if part == "errors":
        for path, fault in faults_in(reply.content, paths):
            capture.contents[path] = fault
        for path in paths:
            capture.contents.setdefault(path, b"")  # no line and no error: it is empty
        return
    for path, content in by_path(reply.content).items():
        if path in paths:
            capture.contents[path] = content


def _stats(capture: Capture, questions: tuple[HostQuestion, ...], reply: Reply, part: str) -> None:
    number = number_or(part, -1)
    if number >= 0:
        path = questions[number].words[0] if number < len(questions) else ""
        capture.links[path] = fault_of(reply.words) if reply.status else os.fsdecode(reply.content)
    else:
        _put_stats(capture.stats, questions, reply, part)


def _followed(capture: Capture, questions: tuple[HostQuestion, ...], reply: Reply, part: str) -> None:
    _put_stats(capture.followed, questions, reply, part)


def _answer(capture: Capture, questions: tuple[HostQuestion, ...], reply: Reply, part: str) -> None:
    capture.answers[questions[0].words] = ProgramOutput(reply.status, reply.content)


def _put_stats(
    table: dict[str, os.stat_result | ReadFault], questions: tuple[HostQuestion, ...], reply: Reply, part: str
) -> None:
    paths = {question.words[0] for question in questions}
    if part == "errors":
        table.update(faults_in(reply.content, paths))
        return
    lines = reply.content.split(b"\n") if len(questions) > 1 else [reply.content.removesuffix(b"\n")]
    for line in lines:
        found = _of_stat(line) or stat_of_ls(line)
        if found and found[0] in paths:
            table[found[0]] = found[1]


def _of_stat(line: bytes) -> tuple[str, os.stat_result] | None:
    match = _STAT.fullmatch(line)
    if match is None:
        return None
    mode = int(match[1], 16)
    uid, gid, size, modified, device, inode = (int(word) for word in match.groups()[1:7])
    return os.fsdecode(match[8]), os.stat_result((mode, inode, device, 1, uid, gid, size, modified, modified, modified))


def by_path(content: bytes) -> dict[str, bytes]:
    """`PATH:LINE` of each line -> path -> its lines."""
    found: dict[bytes, list[bytes]] = {}
    for line in content.removesuffix(b"\n").split(b"\n"):
        path, colon, rest = line.partition(b":")
        if colon and path.startswith(b"/"):
            found.setdefault(path, []).append(rest)
    return {os.fsdecode(path): b"\n".join([*lines, b""]) for path, lines in found.items()}


def faults_in(errors: bytes, paths: set[str]) -> Iterator[tuple[str, ReadFault]]:
    """`stat: cannot statx '/path': No such file or directory` and the like -> path, what is wrong with it."""
    said = errors.decode("utf-8", "surrogateescape")
    if len(paths) == 1 and said:
        yield next(iter(paths)), fault_of(said)
        return
    for line in said.split("\n"):
        place = line.rpartition(": ")[0]
        path = place[place.find("/") :].removesuffix("'")
        if path in paths:
            yield path, fault_of(line)


Taker = Callable[[Capture, tuple[HostQuestion, ...], Reply, str], None]

_TAKERS: dict[str, Taker] = {
    "content": _content,
    "names": _names,
    "lines": _lines,
    "stats": _stats,
    "followed": _followed,
    "ask": _answer,
    "packages": _answer,
}
_IN_PARTS = ("lines", "stats", "followed")
