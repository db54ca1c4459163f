"""Numbers as the JSON of protocol buffers has them: those of 64 bits are written as text, all may be."""

from __future__ import annotations

import re

from ..definition import number
from ..yaml_source import Value

_NUMBER = re.compile(r"\d{1,20}(?:\.\d{1,20})?")


def proto_number(value: Value) -> float:
    """`3600` and `"3600"`. Raises UnreadableInput for anything else."""
    if not value.is_mapping and not value.is_sequence and _NUMBER.fullmatch(value.scalar_text()):
        return float(value.scalar_text())
    return number(value)


__all__ = ["proto_number"]
