"""Words of HAProxy's configuration: whatever a text holds, it stays one word."""

from __future__ import annotations


def word(text: str) -> str:
    """`text` as one word, in which HAProxy reads nothing but the text. Raises ValueError for control characters."""
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise ValueError(f"{text!r} holds a control character")
    return "'" + text.replace("'", "'\\''") + "'"


def formatted(text: str) -> str:
    """The same where HAProxy would read `%` as the start of a variable."""
    return word(text.replace("%", "%%"))
