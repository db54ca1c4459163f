"""What host.sh answers, into the capture."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator

from ...engine.ssh.shell import Reply
from .capture import ODD, Answer, Capture, Fault, Question, fault_of
from .listing import stat_of_ls
from .script import Line

_STAT = re.compile(rb"([0-9a-f]+) (\d+) (\d+) (\d+) (-?\d+) (\d+) (\d+) (/.*)", re.DOTALL)
"""stat -c '%f %u %g %s %Y %d %i %n'"""


class Replies:
    """Takes the replies to some lines, in any order of ids; `settle` marks what they left open."""

    def __init__(self, capture: Capture, lines: Iterable[Line]) -> None:
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

    def _settle(self, line: Line) -> None:
        """The host has answered: what it said nothing intelligible of is odd, and is not asked again."""
        for question in line.questions:
            if not self._capture.has(question):
                self._capture.fail(question, ODD)


def _content(capture: Capture, questions: tuple[Question, ...], reply: Reply, part: str) -> None:
    path = questions[0].words[0]
    capture.contents[path] = fault_of(reply.words) if reply.status else reply.content


def _names(capture: Capture, questions: tuple[Question, ...], reply: Reply, part: str) -> None:
    names = [os.fsdecode(name) for name in reply.content.split(b"/") if name]
    capture.names[questions[0].words[0]] = fault_of(reply.words) if reply.status else names


def _lines(capture: Capture, questions: tuple[Question, ...], reply: Reply, part: str) -> None:
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


def _stats(capture: Capture, questions: tuple[Question, ...], reply: Reply, part: str) -> None:
    if part.isdigit():
        path = questions[int(part)].words[0] if int(part) < len(questions) else ""
        capture.links[path] = fault_of(reply.words) if reply.status else os.fsdecode(reply.content)
    else:
        _put_stats(capture.stats, questions, reply, part)


def _followed(capture: Capture, questions: tuple[Question, ...], reply: Reply, part: str) -> None:
    _put_stats(capture.followed, questions, reply, part)


def _answer(capture: Capture, questions: tuple[Question, ...], reply: Reply, part: str) -> None:
    capture.answers[questions[0].words] = Answer(reply.status, reply.content)


def _put_stats(
    table: dict[str, os.stat_result | Fault], questions: tuple[Question, ...], reply: Reply, part: str
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


def faults_in(errors: bytes, paths: set[str]) -> Iterator[tuple[str, Fault]]:
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


Taker = Callable[[Capture, tuple[Question, ...], Reply, str], None]

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
