"""The words of a CEL expression, with their places, and a walk along them. The library judges the grammar."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from .faults import ExpressionError

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
    |(?P<text>[bB]?[rR][bB]?(?:\"{3}.*?\"{3}|'{3}.*?'{3}|"[^"\n]*"|'[^'\n]*')
        |[bB]?(?:\"{3}(?:\\.|.)*?\"{3}|'{3}(?:\\.|.)*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    |(?P<number>0[xX][0-9a-fA-F]+[uU]?|(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?[uU]?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign>&&|\|\||[=!<>]=|[-+*/%!?:.,()\[\]{}<>])""",
    re.VERBOSE | re.DOTALL,
)

END: Final = "end"


class Token(NamedTuple):
    """`kind` is text, number, name, sign or end; `offset` counts characters from 0."""

    kind: str
    text: str
    offset: int


def tokens(expression: str) -> list[Token]:
    """Spaces and comments left out; the last one is the end. Raises ExpressionError for a sign that CEL has not."""
    found, at = [], 0
    while at < len(expression):
        match = _TOKEN.match(expression, at)
        if match is None:
            raise ExpressionError(f"{expression[at]!r} is no sign of CEL", at)
        kind = match.lastgroup or ""
        if kind != "space":
            found.append(Token(kind, match[0], at))
        at = match.end()
    return [*found, Token(END, "", at)]


class Cursor:
    """At one word at a time; never beyond the end."""

    def __init__(self, words: list[Token]) -> None:
        self._words = words
        self._at = 0

    @property
    def token(self) -> Token:
        return self._words[self._at]

    def next(self) -> Token:
        """The word, left behind."""
        token = self.token
        self._at = min(self._at + 1, len(self._words) - 1)
        return token

    def is_at(self, *signs: str) -> bool:
        return self.token.kind == "sign" and self.token.text in signs

    def take(self, sign: str) -> bool:
        """Leaves the sign behind, if it stands here."""
        here = self.is_at(sign)
        if here:
            self.next()
        return here

    def need(self, sign: str) -> None:
        """Raises ExpressionError where another word stands."""
        if not self.take(sign):
            raise ExpressionError(f"{sign!r} is missing", self.token.offset)
