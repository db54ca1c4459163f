"""Questions as lines of shell for host.sh, many to a line where it can answer many at once."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from .capture import HostQuestion

_AT_ONCE = 200
"""Paths to one program: far below what a command line may hold."""

_KERNEL_FILE = re.compile(r"/(proc|sys)/[A-Za-z0-9_./@-]+")
"""Small, in lines, and of a name that no line can be mistaken for."""
_LARGE = re.compile(r"/proc/([0-9]+|self)/(net/.*|mountinfo|cmdline)|/proc/cpuinfo")


class ScriptLine(NamedTuple):
    """A line of shell, its id, and the questions that its answer answers."""

    id: str
    text: bytes
    questions: tuple[HostQuestion, ...]


def lines_of(questions: Iterable[HostQuestion]) -> list[ScriptLine]:
    """The lines to send. Ids are unique among them."""
    by_way: dict[str, list[HostQuestion]] = {}
    for question in questions:
        by_way.setdefault(_way(question), []).append(question)
    lines: list[ScriptLine] = []
    for way, asked in by_way.items():
        for group in _grouped(way, asked):
            id = f"q{len(lines)}"
            words = [word for question in group for word in question.words]
            lines.append(ScriptLine(id, _line(way, id, words), group))
    return lines


def _way(question: HostQuestion) -> str:
    """The function of host.sh that answers."""
    if question.kind == "stat":
        return "stats"
    if question.kind == "content":
        path = question.words[0]
        return "lines" if _KERNEL_FILE.fullmatch(path) and not _LARGE.fullmatch(path) else "content"
    return question.kind


def _line(way: str, id: str, words: Iterable[str]) -> bytes:
    return b" ".join([way.encode(), id.encode(), *(shlex.quote(word).encode(*_AS_OS) for word in words)])


def _grouped(way: str, asked: list[HostQuestion]) -> Iterator[tuple[HostQuestion, ...]]:
    if way not in ("lines", "stats", "followed"):
        yield from _groups(asked, 1)
        return
    # Its name would look like two answers in a list of many.
    with_line_ends = [question for question in asked if "\n" in question.words[0]]
    yield from _groups(with_line_ends, 1)
    yield from _groups([question for question in asked if "\n" not in question.words[0]], _AT_ONCE)


def _groups(items: list[HostQuestion], size: int) -> Iterator[tuple[HostQuestion, ...]]:
    rest = iter(items)
    while group := tuple(islice(rest, size)):
        yield group


_AS_OS = ("utf-8", "surrogateescape")
