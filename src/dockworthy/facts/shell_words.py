"""The words of a shell's text, each with its place in the text, so that a part of a word can be replaced there.

It does not refuse anything: a text may be a command, a line of a log, or a sentence with an apostrophe.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ..model.pattern import lazy_pattern

_TOKEN = lazy_pattern(
    r"(?P<blank>[^\S\n]+|\\\n)"
    r"|(?P<operator><<<|<<-?|&&|\|\||[;&|<>()\n`])"
    r'|"(?P<double>(?:[^"\\]|\\.)*)"'
    r"|'(?P<single>[^']*)'"
    r"|\\(?P<escaped>.)"
    r"|(?P<plain>[^\s;&|<>()`\"'\\]+|.)",
    re.DOTALL,
)
_ITEM = lazy_pattern(r"[\s,]*(?:\"((?:[^\"\\]|\\.)*)\"|'([^']*)'|([^\s,\[\]{}\"']+)(?=\s*[,\]]))", re.DOTALL)
_LIST = lazy_pattern(r"\[\s*(?=[\"']|[\w./-]+\s*,)")


class Word(NamedTuple):
    """`runs`: where each run of its characters stands in the text. `quoted`: it may be a text of its own."""

    value: str
    runs: tuple[tuple[int, str], ...]
    quoted: bool

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where these characters of the value (at least one) stand in the text."""
        return self._at(start), self._at(end - 1) + 1

    def _at(self, index: int) -> int:
        for offset, run in self.runs:
            if index < len(run):
                return offset + index
            index -= len(run)
        raise IndexError(index)


class SimpleCommand(NamedTuple):
    """One simple command, and the operator before it: `|`, `&&`, `<<<`, a line break."""

    operator: str
    words: list[Word]


def commands_in(text: str) -> Iterator[SimpleCommand]:
    """The simple commands of a shell's text, in order."""
    command, runs, quoted = SimpleCommand("", []), list[tuple[int, str]](), False
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup or "plain"
        if kind in ("blank", "operator"):
            if runs or quoted:
                command.words.append(_word(runs, quoted))
                runs, quoted = [], False
            if kind == "operator":
                yield command
                command = SimpleCommand(token[0], [])
        elif kind == "double":
            runs += _unescaped(token["double"], token.start("double"), '"\\$`')
            quoted = True
        else:
            runs.append((token.start(kind), token[kind]))
            quoted = quoted or kind == "single"
    if runs or quoted:
        command.words.append(_word(runs, quoted))
    yield command


class WordList(NamedTuple):
    """A list of JSON or YAML in a text, from its `[` to its `]`; image histories leave the commas out."""

    start: int
    end: int
    words: list[Word]


def lists_in(text: str) -> Iterator[WordList]:
    """Lists of words (`["mysql", "-pX"]`), in order; a shell's `[ "$A" = b ]` is none."""
    start = 0
    while begun := _LIST.search(text, start):
        at, words = begun.end(), list[Word]()
        while item := _ITEM.match(text, at):
            group = item.lastindex or 3
            runs = _unescaped(item[1], item.start(1)) if group == 1 else [(item.start(group), item[group])]
            words.append(_word(runs, group != 3))
            at = item.end()
        end = text.find("]", at)
        closed = end >= 0 and not text[at:end].strip(" \t\r\n,")
        if words and closed:
            yield WordList(begun.start(), end + 1, words)
        start = end + 1 if words and closed else at


def _word(runs: list[tuple[int, str]], quoted: bool) -> Word:
    return Word("".join(run for _, run in runs), tuple(runs), quoted)


def _unescaped(text: str, offset: int, escapable: str = "") -> list[tuple[int, str]]:
    r"""Runs without the `\` before an escaped character; `escapable` names them ("": all)."""
    if "\\" not in text:
        return [(offset, text)]
    runs, begun, at = [], 0, 0
    while (at := text.find("\\", at)) >= 0 and at + 1 < len(text):
        if not escapable or text[at + 1] in escapable:
            runs.append((offset + begun, text[begun:at]))
            begun = at + 1
        at += 2
    runs.append((offset + begun, text[begun:]))
    return [run for run in runs if run[1]]
