"""The simple commands in a shell's text: what it would start, with which words, and where each stands.

No shell and no evaluation: variables stay as they are written. One pass over the text, whatever it is; what is nested
deeper than a person would write is taken as plain text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ...model.build import ShellCommand
from ...model.field import Source

Place = Callable[[int], Source]

_KEYWORDS = frozenset("if then else elif fi do done while until ! { } time case esac in".split())
_SHELLS = frozenset("sh bash dash ash zsh ksh".split())
_DEEPEST = 20


@dataclass
class _Frame:
    """A list of commands: the text itself, or what stands in `$(…)`, backticks or parentheses."""

    closes: str
    quoted: bool = False
    opened_at: int = 0
    words: list[str] = field(default_factory=list)
    word: list[str] = field(default_factory=list)
    started: int | None = None
    word_at: int | None = None


def shell_commands(text: str, place: Place) -> tuple[ShellCommand, ...]:
    """The commands of a text, those inside of substitutions before the one that uses them."""
    return tuple(_Splitter(text, place).split())


def exec_commands(words: Sequence[str], source: Source) -> tuple[ShellCommand, ...]:
    """What the exec form starts; of `["sh", "-c", "…"]` the commands of its text."""
    if len(words) > 2 and words[0].rsplit("/", 1)[-1] in _SHELLS and words[1].startswith("-") and "c" in words[1]:
        return shell_commands(words[2], lambda _: source)
    return (ShellCommand(tuple(words), source),) if words else ()


class _Splitter:
    def __init__(self, text: str, place: Place) -> None:
        self.text, self.place = text, place
        self.frames = [_Frame("")]
        self.found: list[ShellCommand] = []
        self.quote = ""

    @property
    def top(self) -> _Frame:
        return self.frames[-1]

    def split(self) -> list[ShellCommand]:
        at = 0
        while at < len(self.text):
            at = self._step(at)
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
            end = self.text.find("\n", at)
            return len(self.text) if end < 0 else end
        if char in " \t\r":
            self._end_word()
        elif char in ";\n":
            self._end_command()
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
            self._end_command(piped=two == "|&")
            return at + 2
        if self.text[at] == "&" and (before in (">", "<") or two == "&>"):  # 2>&1, &>file
            self._take("&", at)
            return at + 1
        self._end_command(piped=self.text[at] == "|", background=self.text[at] == "&")
        return at + 1

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
        self.frames.append(_Frame(closes, quoted=bool(self.quote), opened_at=at))
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
            frame.started = frame.word_at if frame.started is None else frame.started
        frame.word, frame.word_at = [], None

    def _end_command(self, *, piped: bool = False, background: bool = False) -> None:
        self._end_word()
        frame = self.top
        if frame.words and frame.started is not None:
            source = self.place(frame.started)
            self.found.append(ShellCommand(tuple(frame.words), source, piped=piped, background=background))
        frame.words, frame.started = [], None
