"""A Dockerfile as logical lines: directives, comments, continuations and here-documents, as BuildKit takes them apart.

Reads the text once. Raises UnreadableInput for what BuildKit refuses, too: a line of more than 65,535 bytes, a
directive that comes twice, a here-document that never ends.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator

from msgspec import Struct

from ...errors import UnreadableInput
from ...model.build import Heredoc
from ...model.field import Source

MOST_CHARACTERS = 4 * 1024 * 1024
"""A longer text is no Dockerfile; the work that it may cost is bounded by this."""
LONGEST_LINE = 65_535
"""In bytes: BuildKit's reader refuses a longer one."""

_DIRECTIVE = re.compile(r"#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*\Z")
_DIRECTIVES = frozenset({"syntax", "escape", "check"})
_HEREDOC = re.compile(r"\d*<<(-?)([^<]+)\Z")
_HOLDS_HEREDOC = re.compile(r"\s*(?:ONBUILD\s+)?(?:RUN|COPY|ADD)\s", re.IGNORECASE)


class LogicalLine(Struct, frozen=True):
    """An instruction's text with its continuation lines joined; `pieces` are (offset, line, column) of each part."""

    text: str
    first: int
    last: int
    pieces: tuple[tuple[int, int, int], ...]
    heredocs: tuple[Heredoc, ...]

    def place(self, offset: int, file: str, path: str = "") -> Source:
        """Where the character at `offset` of the text stands in the file."""
        start, line, column = self.pieces[bisect_right(self.pieces, offset, key=lambda piece: piece[0]) - 1]
        return Source(file, path, line, column=column + offset - start)


class DockerfileLines(Struct):
    """`comments` are (line, text) of every comment outside of here-documents; `directives` name -> value."""

    logical: list[LogicalLine]
    comments: list[tuple[int, str]]
    directives: dict[str, str]

    @property
    def escape(self) -> str:
        return self.directives.get("escape", "\\")


def places_in(heredoc: Heredoc, file: str, path: str) -> Callable[[int], Source]:
    """Where the character at an offset of a here-document's content stands in the file."""
    starts = [0, *(match.end() for match in re.finditer("\n", heredoc.content))]

    def place(offset: int) -> Source:
        index = bisect_right(starts, offset) - 1
        return Source(file, path, heredoc.first + index, column=offset - starts[index] + 1)

    return place


def logical_lines(text: str, file: str) -> DockerfileLines:
    """Raises UnreadableInput (file, line)."""
    if len(text) > MOST_CHARACTERS:
        raise UnreadableInput(f"larger than {MOST_CHARACTERS // 2**20} MiB: no Dockerfile", file=file)
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise UnreadableInput("a NUL byte: this is no text", file=file, line=line)
    return _Reader(text, file).read()


class _Reader:
    """Goes through the physical lines; `at` is the index of the next one."""

    def __init__(self, text: str, file: str) -> None:
        self.lines = text.removeprefix("\ufeff").split("\n")
        self.file = file
        self.at = 0
        self.found = DockerfileLines([], [], {})

    def read(self) -> DockerfileLines:
        self._read_directives()
        escape = re.escape(self.found.escape)
        self.continues = re.compile(rf"(?:^|(?<!{escape})){escape}[ \t]*\Z")
        while self.at < len(self.lines):
            line = self._next().lstrip()
            if line.startswith("#"):
                self.found.comments.append((self.at, line))
            elif line.strip():
                self.found.logical.append(self._logical(line))
        return self.found

    def _read_directives(self) -> None:
        """They stand first, before any other comment, blank line or instruction. For `syntax`, and for it alone, the
        builder looks behind a first line `#!…`, too. Source: BuildKit, frontend/dockerfile/parser/directives.go."""
        is_script = self.lines[0].startswith("#!")
        for number, line in enumerate(self.lines[is_script:], 1 + is_script):
            match = _DIRECTIVE.match(line.strip())
            name = match[1].lower() if match else ""
            if match is None or name not in _DIRECTIVES:
                return
            if name in self.found.directives:
                raise UnreadableInput(f"the directive {name} stands twice", file=self.file, line=number)
            if name == "escape" and match[2] not in ("\\", "`"):
                raise UnreadableInput("escape is a backslash or a backtick", file=self.file, line=number)
            if name == "syntax" or not is_script:
                self.found.directives[name] = match[2]

    def _next(self) -> str:
        line = self.lines[self.at].removesuffix("\r")
        self.at += 1
        if len(line) * 4 > LONGEST_LINE and len(line.encode(errors="replace")) > LONGEST_LINE:
            raise UnreadableInput(f"a line of more than {LONGEST_LINE} bytes", file=self.file, line=self.at)
        return line

    def _logical(self, line: str) -> LogicalLine:
        first = self.at
        column = len(self.lines[first - 1].removesuffix("\r")) - len(line) + 1
        parts, pieces, length = [], [(0, first, column)], 0
        goes_on = self.continues.search(line)
        parts.append(line[: goes_on.start()] if goes_on else line)
        while goes_on and self.at < len(self.lines):
            line = self._next()
            if line.lstrip().startswith("#"):
                self.found.comments.append((self.at, line.strip()))
                continue
            if not line.strip():
                continue
            length += len(parts[-1])
            pieces.append((length, self.at, 1))
            goes_on = self.continues.search(line)
            parts.append(line[: goes_on.start()] if goes_on else line)
        text = "".join(parts)
        heredocs = self._heredocs(text, first) if "<<" in text and _HOLDS_HEREDOC.match(text) else ()
        return LogicalLine(text, first, self.at, tuple(pieces), heredocs)

    def _heredocs(self, text: str, first: int) -> tuple[Heredoc, ...]:
        """Their contents follow the line, one after the other."""
        found = []
        for word, _ in split_words(text, self.found.escape):
            match = _HEREDOC.match(word)
            name = unquoted(match[2], self.found.escape) if match else ""
            if match and name:
                quoted = name != match[2]
                found.append(self._content(name, first, strip_tabs=bool(match[1]), expands=not quoted))
        return tuple(found)

    def _content(self, name: str, first: int, *, strip_tabs: bool, expands: bool) -> Heredoc:
        start = self.at + 1
        lines: list[str] = []
        while self.at < len(self.lines):
            line = self._next()
            if strip_tabs:
                line = line.lstrip("\t")
            if line == name:
                return Heredoc(name, start, "\n".join(lines), expands)
            lines.append(line)
        raise UnreadableInput(
            f"the here-document {name} never ends", file=self.file, line=first, hint=f"a line must say {name} alone"
        )


_BLANK = " \t\v\f\r\n"


def split_words(text: str, escape: str, start: int = 0) -> Iterator[tuple[str, int]]:
    """(word as it is written, quotes kept; offset). A quote that never ends reaches to the end of the text."""
    at, end = start, len(text)
    while at < end:
        if text[at] in _BLANK:
            at += 1
            continue
        stop = word_end(text, escape, at)
        yield text[at:stop], at
        at = stop


def word_end(text: str, escape: str, at: int) -> int:
    """The offset behind the word that begins at `at`."""
    quote = ""
    while at < len(text):
        char = text[at]
        if char == escape and quote != "'":
            at += 2
            continue
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in _BLANK:
            return at
        at += 1
    return len(text)


def unquoted(word: str, escape: str) -> str:
    """The word without its quotes and escapes."""
    result: list[str] = []
    at, quote = 0, ""
    while at < len(word):
        char = word[at]
        if char == escape and quote != "'" and at + 1 < len(word):
            if quote and word[at + 1] not in f'"${escape}':
                result.append(char)
            result.append(word[at + 1])
            at += 2
            continue
        if quote:
            if char == quote:
                quote = ""
            else:
                result.append(char)
        elif char in "\"'":
            quote = char
        else:
            result.append(char)
        at += 1
    return "".join(result)


def split_flags(text: str, escape: str, start: int = 0) -> tuple[list[tuple[str, str]], int]:
    """The `--name=value` words that lead an instruction's text, and the offset where its arguments begin."""
    flags: list[tuple[str, str]] = []
    at = start
    for word, offset in split_words(text, escape, start):
        at = offset
        if not word.startswith("--"):
            return flags, at
        at = offset + len(word)
        if word == "--":
            break
        name, _, value = unquoted(word, escape)[2:].partition("=")
        flags.append((name, value))
    while at < len(text) and text[at] in _BLANK:
        at += 1
    return flags, at
