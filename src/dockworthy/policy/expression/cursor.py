"""Walks along the words of an expression."""

from __future__ import annotations

from .faults import ExpressionError
from .tokens import Token


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
