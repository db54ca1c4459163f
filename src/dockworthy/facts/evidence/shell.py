"""Shell text as the commands that it would run, in pipelines, quotes taken off.

It follows no variables, no functions and no branches.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_PLAIN_IN_SHELL = re.compile(r"[^\s'\"\\`$;&|<>()]+")
_PLAIN = re.compile(r"[^\s'\"\\]+")
_PLAIN_IN_QUOTES = re.compile(r"[^\"\\`$]+")
_BLANKS = re.compile(r"[^\S\n]+")


class ShellToken(NamedTuple):
    """`text` of a word, or (`operator`) what parts words."""

    text: str
    operator: bool
    line: int


class Lexer:
    def __init__(self, text: str, *, shell: bool) -> None:
        self._text = text
        self._shell = shell
        self._at = 0
        self._line = 1
        self._here: list[str] = []
        """Words that end the documents which begin on the next line."""

    def tokens(self) -> Iterator[ShellToken]:
        while (char := self._peek()) != "":
            if char == "\n":
                yield ShellToken(char, True, self._line)
                self._step()
                self._skip_documents()
            elif char.isspace():
                self._run(_BLANKS)
            elif char == "\\" and self._peek(1) == "\n":
                self._step(2)
            elif char == "#" and self._shell:
                self._skip_line()
            elif self._shell and char in ";&|<>()":
                yield from self._operator()
            else:
                yield from self._word_or_redirection()

    def _operator(self) -> Iterator[ShellToken]:
        """`|` parts the commands of a pipeline, `>` and `<` stay words, all else ends it."""
        char, line = self._peek(), self._line
        self._step()
        if char in "<>":
            yield from self._redirection(char, line)
        elif char == "|" and self._peek() != "|":
            if self._peek() == "&":
                self._step()
            yield ShellToken("|", True, line)
        else:
            while self._peek() in ("&", "|", ";") and self._peek():
                self._step()
            yield ShellToken(";", True, line)

    def _word_or_redirection(self) -> Iterator[ShellToken]:
        """A number that stands right before `>` belongs to it: `2>` is not where the output goes."""
        line, word = self._line, self._word()
        if self._shell and word.isdecimal() and self._peek() in ("<", ">") and self._peek():
            self._step()
            for token in self._redirection(">", line):
                yield token._replace(text=token.text if word == "1" else f"{word}>")
        else:
            yield ShellToken(word, False, line)

    def _redirection(self, char: str, line: int) -> Iterator[ShellToken]:
        if char == "<" and self._peek() == "<" and self._peek(1) != "<":
            self._step()
            if self._peek() == "-":
                self._step()
            while self._peek() in (" ", "\t") and self._peek():
                self._step()
            self._here.append(self._word())
            return
        while self._peek() in ("<", ">", "&", "|") and self._peek():
            self._step()
        yield ShellToken(char, False, line)

    def _word(self) -> str:
        parts: list[str] = []
        while (char := self._peek()) != "" and not char.isspace() and not (self._shell and char in ";&|<>()"):
            if plain := self._run(_PLAIN_IN_SHELL if self._shell else _PLAIN):
                parts.append(plain)
            elif char == "'":
                parts.append(self._until("'"))
            elif char == '"':
                parts.append(self._double())
            elif char == "\\":
                parts.append("" if self._peek(1) == "\n" else self._peek(1))
                self._step(2)
            elif self._shell and (char == "`" or (char == "$" and self._peek(1) == "(")):
                parts.append(self._substitution())
            else:
                parts.append(char)
                self._step()
        return "".join(parts)

    def _until(self, end: str) -> str:
        """The text in quotes, without them."""
        self._step()
        start = self._at
        found = self._text.find(end, start)
        self._step((found if found >= 0 else len(self._text)) - start)
        inside = self._text[start : self._at]
        self._step()
        return inside

    def _double(self) -> str:
        self._step()
        parts: list[str] = []
        while (char := self._peek()) not in ("", '"'):
            if plain := self._run(_PLAIN_IN_QUOTES):
                parts.append(plain)
            elif char == "\\" and self._peek(1) in ('"', "\\", "$", "`", "\n"):
                parts.append("" if self._peek(1) == "\n" else self._peek(1))
                self._step(2)
            elif self._shell and (char == "`" or (char == "$" and self._peek(1) == "(")):
                parts.append(self._substitution())
            else:
                parts.append(char)
                self._step()
        self._step()
        return "".join(parts)

    def _substitution(self) -> str:
        """`$(…)` or a text in backticks, as it stands: what it gives is not known here."""
        if self._peek() == "`":
            return f"`{self._until('`')}`"
        start, depth = self._at, 0
        while (char := self._peek()) != "":
            depth += (char == "(") - (char == ")")
            self._step()
            if char == ")" and depth == 0:
                break
        return self._text[start : self._at]

    def _skip_line(self) -> None:
        found = self._text.find("\n", self._at)
        self._at = found if found >= 0 else len(self._text)

    def _skip_documents(self) -> None:
        for end in self._here:
            while self._peek() != "":
                start = self._at
                self._skip_line()
                row = self._text[start : self._at].strip()
                self._step()
                if row == end:
                    break
        self._here = []

    def _run(self, plain: re.Pattern[str]) -> str:
        """The characters from here that mean nothing but themselves."""
        found = plain.match(self._text, self._at)
        if found is None:
            return ""
        self._step(found.end() - self._at)
        return found[0]

    def _peek(self, ahead: int = 0) -> str:
        return self._text[self._at + ahead : self._at + ahead + 1]

    def _step(self, count: int = 1) -> None:
        self._line += self._text.count("\n", self._at, self._at + count)
        self._at += count


LONGEST = 256 * 1024
"""Characters of one text: what is longer is cut."""

_KEYWORDS = frozenset("if then else elif fi do done while until for in case esac { } ! ( ) function time".split())
_ENDS = (";", "&", "\n")


class Pipeline(NamedTuple):
    """Commands whose output goes into the next one, each as its words; quotes are off, `>` stands as a word."""

    commands: tuple[tuple[str, ...], ...]
    line: int


def pipelines(text: str) -> list[Pipeline]:
    """Every pipeline of a text, in order; lines count from 1. Broken quotes end with the text: never raises."""
    found: list[Pipeline] = []
    commands: list[tuple[str, ...]] = []
    words: list[str] = []
    first, piped = 1, False
    for token in (*Lexer(text[:LONGEST], shell=True).tokens(), ShellToken("\n", True, 0)):
        if not token.operator:
            if not words and not commands:
                first = token.line
            if words or token.text not in _KEYWORDS:
                words.append(token.text)
            continue
        if token.text == "\n" and piped and not words:
            continue  # a line may end after `|`
        piped = token.text == "|"
        if words:
            commands.append(tuple(words))
            words = []
        if token.text in _ENDS and commands:
            found.append(Pipeline(tuple(commands), first))
            commands = []
    if commands:  # the text ends in the middle of a pipeline
        found.append(Pipeline(tuple(commands), first))
    return found


def words_of(text: str) -> tuple[str, ...]:
    """A command line that no shell reads (systemd's): quotes count, operators do not."""
    return tuple(token.text for token in Lexer(text[:LONGEST], shell=False).tokens())
