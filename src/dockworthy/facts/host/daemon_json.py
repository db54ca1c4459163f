"""daemon.json: the engine's settings as a file. The engine allows a byte order mark and an empty file, so do we."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from ...model.field import Field, Source, Unknown
from .masking import mask_value
from .reading import written
from .root import Root, clean


def read_daemon_json(root: Root, path: str) -> Field[dict[str, Any]]:
    """The settings with secret values masked; Unknown, with line and column, where it isn't a JSON object."""
    content = root.read_bytes(path).removeprefix(b"\xef\xbb\xbf")
    text = content.decode("utf-8", "replace")
    if not text.strip():
        return written({}, path)
    try:
        settings = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        return Unknown(f"{clean(path)} isn't JSON: {_explained(error, text)}", source=Source(clean(path)))
    if not isinstance(settings, dict):
        return Unknown(f"{clean(path)} isn't a JSON object", source=Source(clean(path)))
    return written(_storable(mask_value(settings)), path)


def _explained(error: Exception, text: str) -> str:
    """The parser's words, with line and column (from 1) instead of its byte offset."""
    says = str(error).removeprefix("JSON is malformed: ")
    offset = re.search(r" ?\(byte (\d+)\)", says)
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    at = int(offset[1]) if offset else len(text.encode())
    before = text.encode()[:at].decode("utf-8", "replace")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return f"{says[: offset.start()] if offset else 'it ends too early'} at line {line}, column {column}"


def _storable(value: Any) -> Any:
    """A whole number beyond 64 bits, which JSON can write but a snapshot can't hold, as text."""
    if isinstance(value, dict):
        return {key: _storable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_storable(inner) for inner in value]
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 64:
        return str(value) if value.bit_length() < 4096 else "a number beyond all bounds"
    return value
