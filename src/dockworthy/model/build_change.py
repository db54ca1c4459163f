"""What can be changed in a Dockerfile: changes of instructions and of the commands in them, as data.

Each names its instruction by its first line (from 1). `command` is an index into its commands, `word` one into that
command's words: the text has the place of each.
"""

from __future__ import annotations

from msgspec import Struct


class PutWords(Struct, frozen=True, tag=True):
    """Words before the word with that index (their number: behind the last)."""

    line: int
    command: int
    word: int
    words: tuple[str, ...]


class TakeWord(Struct, frozen=True, tag=True):
    """A word goes, or becomes `to`."""

    line: int
    command: int
    word: int
    to: str = ""


class AppendCommand(Struct, frozen=True, tag=True):
    """`&& words` behind all that a RUN does."""

    line: int
    words: tuple[str, ...]


class JoinNext(Struct, frozen=True, tag=True):
    """A RUN and the one that follows it become one: `… && …`."""

    line: int
    next: int


class TakeFlag(Struct, frozen=True, tag=True):
    """`--name=…` of the instruction itself goes, or gets the value `to`."""

    line: int
    name: str
    to: str = ""


class Reword(Struct, frozen=True, tag=True):
    """Characters of the instruction's `text` become others: (start, end, new), in order.

    `keyword`, `words`, `pairs` (name, value) and `exec_form` are what it then must read as; None: as before.
    """

    line: int
    edits: tuple[tuple[int, int, str], ...] = ()
    keyword: str | None = None
    words: tuple[str, ...] | None = None
    pairs: tuple[tuple[str, str], ...] | None = None
    exec_form: tuple[str, ...] | None = None


class TakeInstruction(Struct, frozen=True, tag=True):
    """The instruction goes, with its lines."""

    line: int


class PutInstruction(Struct, frozen=True, tag=True):
    """A new instruction on a line of its own behind the one at `line`."""

    line: int
    keyword: str
    text: str


BuildChange = (
    PutWords | TakeWord | AppendCommand | JoinNext | TakeFlag | Reword | TakeInstruction | PutInstruction
)  # fmt: skip
