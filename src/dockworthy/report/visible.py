"""Names come from users' objects and files: whatever they hold must not steer a terminal or break a format."""

from __future__ import annotations

from typing import Any


def visible(text: str) -> str:
    """`text` with everything that a terminal would not show as itself written out: `\\x1b`, `\\n`, `\\u202e`, `\\xff`.

    That is control characters, line ends, characters that turn the direction of writing, and bytes that are no UTF-8.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _written_out(char) for char in text)


def short(text: str, limit: int) -> str:
    """`visible` text of at most `limit` characters, its middle left out where it is longer."""
    shown = visible(text if len(text) <= 2 * limit else text[:limit] + text[-limit:])
    if len(shown) <= limit:
        return shown
    head = (limit - 3) * 2 // 3
    return f"{shown[:head]}...{shown[head + 3 - limit :]}"


def without_odd_bytes(value: Any) -> Any:
    """Plain JSON values with every byte that was no UTF-8 (a lone surrogate in a `str`) written as `\\xff`."""
    if isinstance(value, str):
        return "".join(_written_out(char) if "\ud800" <= char <= "\udfff" else char for char in value)
    if isinstance(value, dict):
        return {without_odd_bytes(key): without_odd_bytes(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_odd_bytes(inner) for inner in value]
    return value


def _written_out(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # how Python carries a byte that is no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return char.encode("unicode_escape").decode("ascii")
