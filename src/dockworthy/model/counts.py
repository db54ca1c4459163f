"""Counts as sentences have them."""

from __future__ import annotations


def number_of(number: int, one: str, many: str = "") -> str:
    """`1 finding`, `2,000 findings`; `many` where it is not `one` with an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
