"""The simple commands in a shell's text: what it would start, with which words, and where each stands.

No shell and no evaluation: variables stay as they are written. One pass over the text, whatever it is; what is nested
deeper than a person would write is taken as plain text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from msgspec import Struct

from ...model.build import ShellCommand
from ...model.field import Source

_SHELLS = frozenset("sh bash dash ash zsh ksh".split())


class ShellText(Struct, frozen=True):
    """`separators` are those between the commands outside of parentheses, in order. `plain`: no `if`, no loop, no group
    in braces and no comment is there."""

    commands: tuple[ShellCommand, ...]
    spans: tuple[Spans, ...]
    separators: tuple[str, ...]
    plain: bool


def shell_commands(text: str, place: Place) -> tuple[ShellCommand, ...]:
    """The commands of a text, those inside of substitutions before the one that uses them."""
    return tuple(Splitter(text, place).split())


def shell_text(text: str) -> ShellText:
    """The same with the place of each word in the text. (The commands know no file here.)"""
    splitter = Splitter(text, lambda _: Source(""))
    commands = tuple(splitter.split())
    return ShellText(commands, tuple(splitter.spans), tuple(splitter.separators), splitter.plain)


def exec_commands(words: Sequence[str], source: Source) -> tuple[ShellCommand, ...]:
    """What the exec form starts; of `["sh", "-c", "…"]` the commands of its text."""
    if len(words) > 2 and words[0].rsplit("/", 1)[-1] in _SHELLS and words[1].startswith("-") and "c" in words[1]:
        return shell_commands(words[2], lambda _: source)
    return (ShellCommand(tuple(words), source),) if words else ()


Place = Callable[[int], Source]

_KEYWORDS = frozenset("if then else elif fi do done while until ! { } time case esac in".split())
_DEEPEST = 20


@dataclass
class Frame:
    """A list of commands: the text itself, or what stands in `$(…)`, backticks or parentheses."""

    closes: str
    quoted: bool = False
    opened_at: int = 0
    words: list[str] = field(default_factory=list)
    word: list[str] = field(default_factory=list)
    started: int | None = None
    word_at: int | None = None
    spans: list[tuple[int, int]] = field(default_factory=list)


class Spans(Struct, frozen=True):
    """Of a command the characters that each word takes, quotes included; `depth` 1: it stands in no parentheses."""

    words: tuple[tuple[int, int], ...]
    depth: int


class Splitter:
    """`plain`: no keyword of the shell (`if`, a loop, a group in braces) and no comment was met, and what was opened is
    closed."""

    def __init__(self, text: str, place: Place) -> None:
        self.text, self.place = text, place
        self.frames = [Frame("")]
        self.found: list[ShellCommand] = []
        self.spans: list[Spans] = []
        self.separators: list[str] = []
        self.plain = True
        self.quote = ""
        self.at = 0

    @property
    def top(self) -> Frame:
        return self.frames[-1]

    def split(self) -> list[ShellCommand]:
        while self.at < len(self.text):
            self.at = self._step(self.at)
        self.at = len(self.text)
        self.plain = self.plain and not self.quote and len(self.frames) == 1
        while self.frames:
            self._end_command()
            self.frames.pop()
        return self.found

    def _step(self, at: int) -> int:
        char = self.text[at]
        if self.quote == "'":
            return self._in_single_quotes(at)
        if char == "\\":
            self._take(self.text[at + 1 : at + 2], at)
            return at + 2
        if char == "`" or self.text.startswith("$(", at):
            return self._substitution(at)
        if self.quote:
            return self._in_double_quotes(at)
        if char in "\"'":
            self._take("", at)
            self.quote = char
            return at + 1
        return self._plain(at)

    def _in_single_quotes(self, at: int) -> int:
        end = self.text.find("'", at)
        end = len(self.text) if end < 0 else end
        self._take(self.text[at:end], at)
        self.quote = ""
        return end + 1

    def _in_double_quotes(self, at: int) -> int:
        if self.text[at] == '"':
            self.quote = ""
        else:
            self._take(self.text[at], at)
        return at + 1

    def _plain(self, at: int) -> int:
        char = self.text[at]
        if char == "#" and not self.top.word and self.top.word_at is None:
            self.plain = False
            end = self.text.find("\n", at)
            return len(self.text) if end < 0 else end
        if char in " \t\r":
            self._end_word()
        elif char in ";\n":
            self._separate(char)
        elif char in "&|":
            return self._operator(at)
        elif char in "()":
            return self._parenthesis(at)
        elif char in "<>" and self.text.startswith("(", at + 1):
            return self._open(at, at + 2, ")")
        else:
            self._take(char, at)
        return at + 1

    def _operator(self, at: int) -> int:
        two = self.text[at : at + 2]
        before = self.text[at - 1 : at]
        if two in ("&&", "||", "|&"):
            self._separate(two)
            return at + 2
        if self.text[at] == "&" and (before in (">", "<") or two == "&>"):  # 2>&1, &>file
            self._take("&", at)
            return at + 1
        self._separate(self.text[at])
        return at + 1

    def _separate(self, by: str) -> None:
        self._end_command(piped=by in ("|", "|&"), background=by == "&")
        if len(self.frames) == 1:
            self.separators.append(by)

    def _parenthesis(self, at: int) -> int:
        if self.text[at] == "(":
            return self._open(at, at + 1, ")")
        if self.top.closes == ")":
            return self._close(at)
        self._end_command()  # a pattern of `case`
        return at + 1

    def _substitution(self, at: int) -> int:
        if self.text[at] == "`":
            return self._close(at) if self.top.closes == "`" else self._open(at, at + 1, "`")
        return self._open(at, at + 2, ")")

    def _open(self, at: int, inside: int, closes: str) -> int:
        if len(self.frames) > _DEEPEST:
            self._take(self.text[at:inside], at)
            return inside
        self._take("", at)
        self.frames.append(Frame(closes, quoted=bool(self.quote), opened_at=at))
        self.quote = ""
        return inside

    def _close(self, at: int) -> int:
        self._end_command()
        frame = self.frames.pop()
        self.quote = '"' if frame.quoted else ""
        self._take(self.text[frame.opened_at : at + 1], frame.opened_at)
        return at + 1

    def _take(self, part: str, at: int) -> None:
        frame = self.top
        if frame.word_at is None:
            frame.word_at = at
        frame.word.append(part)

    def _end_word(self) -> None:
        frame = self.top
        if frame.word_at is None:
            return
        word = "".join(frame.word)
        if frame.words or word not in _KEYWORDS:
            frame.words.append(word)
            frame.spans.append((frame.word_at, self.at))
            frame.started = frame.word_at if frame.started is None else frame.started
        else:
            self.plain = False
        frame.word, frame.word_at = [], None

    def _end_command(self, *, piped: bool = False, background: bool = False) -> None:
        self._end_word()
        frame = self.top
        if frame.words and frame.started is not None:
            source = self.place(frame.started)
            self.found.append(ShellCommand(tuple(frame.words), source, piped=piped, background=background))
            self.spans.append(Spans(tuple(frame.spans), len(self.frames)))
        frame.words, frame.spans, frame.started = [], [], None
