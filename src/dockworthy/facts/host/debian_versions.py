"""Debian's order of versions (deb-version(7)): `[epoch:]upstream[-revision]`, `~` sorts before everything."""

from __future__ import annotations

import re
from functools import total_ordering
from itertools import zip_longest

_PIECE = re.compile(r"([^0-9]*)([0-9]*)")


@total_ordering
class DebianVersion:
    """Compares as dpkg does. Any text is a version; an epoch that is no number counts as none."""

    def __init__(self, text: str) -> None:
        self.text = text
        epoch, colon, rest = text.partition(":")
        if not (colon and epoch.isascii() and epoch.isdigit()):
            epoch, rest = "0", text
        upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
        self._key = (_digits(epoch), _pieces(upstream), _pieces(revision))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DebianVersion) and not self < other and not other < self

    def __lt__(self, other: DebianVersion) -> bool:
        if self._key[0] != other._key[0]:
            return self._key[0] < other._key[0]
        return (_compare(self._key[1], other._key[1]) or _compare(self._key[2], other._key[2])) < 0

    def __hash__(self) -> int:
        return hash(self._key[0])


_Digits = tuple[int, str]
_Piece = tuple[str, _Digits]


def _digits(text: str) -> _Digits:
    """Numbers of any length, compared as numbers without making them: (count of digits, digits)."""
    text = text.lstrip("0")
    return len(text), text


def _pieces(text: str) -> list[_Piece]:
    """`1.2~rc1` -> non-digits and digits in turn."""
    return [(match[1], _digits(match[2])) for match in _PIECE.finditer(text) if match[0]]


def _weight(character: str) -> int:
    """`~` before the end (0), the end before letters, letters before all else."""
    if character == "~":
        return -1
    return ord(character) if character.isascii() and character.isalpha() else ord(character) + 0x110000


def _compare(left: list[_Piece], right: list[_Piece]) -> int:
    """Negative, 0 or positive."""
    for (words, digits), (other_words, other_digits) in zip_longest(left, right, fillvalue=("", (0, ""))):
        for a, b in zip_longest(map(_weight, words), map(_weight, other_words), fillvalue=0):
            if a != b:
                return a - b
        if digits != other_digits:
            return -1 if digits < other_digits else 1
    return 0
