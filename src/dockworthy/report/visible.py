"""Names come from users' objects and files: whatever they hold must not steer a terminal or break a format."""

from __future__ import annotations

import json
from typing import Any, Final

from ..model.pattern import lazy_pattern

_COMMAND: Final = lazy_pattern(r"##(?=\w*\[)")


def visible(text: str) -> str:
    """`text` with everything that a terminal would not show as itself written out: `\\x1b`, `\\n`, `\\u202e`, `\\xff`.

    That is control characters, line ends, characters that turn the direction of writing, and bytes that are no UTF-8.
    What a pipeline's agent takes for a command in its log is none any more: see `without_commands`.
    """
    if not text.isprintable():
        text = "".join(char if char.isprintable() else _written_out(char) for char in text)
    return without_commands(text)


def without_commands(text: str) -> str:
    """`##vso[task.setvariable …]` (Azure Pipelines), `##[…]` (old runners of GitHub) and `##teamcity[…]` steer the
    agent that prints a log, wherever they stand in a line: here they become `# #vso[…]`."""
    return _COMMAND.sub("# #", text) if "##" in text else text


def json_for_logs(encoded: bytes) -> bytes:
    """JSON that says the same, with what `visible` writes out as JSON's own escapes: `\\u202e`, `#\\u0023vso[`."""
    if encoded.isascii() and b"##" not in encoded and b"\x7f" not in encoded:
        return encoded
    text = encoded.decode()
    odd = {char for char in set(text) if not char.isprintable() and char != "\n"}
    if odd:
        text = text.translate({ord(char): json.dumps(char)[1:-1] if char != "\x7f" else "\\u007f" for char in odd})
    return _COMMAND.sub(r"#\\u0023", text).encode()


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
