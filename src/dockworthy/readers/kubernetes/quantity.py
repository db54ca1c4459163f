"""Quantities: `500m`, `1.5`, `64Mi`, `1e3`. Source: apimachinery `resource.Quantity`."""

from __future__ import annotations

import math
import re

from ...model.pattern import lazy_pattern
from ..yaml_source import Value

_SUFFIX = {
    "": 1.0, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50, "Ei": 2.0**60,
}  # fmt: skip
_QUANTITY = lazy_pattern(r"([+-]?\d{0,30}(?:\.\d{0,30})?)(?:([eE][+-]?\d{1,3})|([numkMGTPE]|[KMGTPE]i)?)")


def quantity(value: Value) -> float:
    """The number in its base unit (bytes, cores). Raises UnreadableInput where it is not a quantity."""
    match = _QUANTITY.fullmatch(value.scalar_text().strip())
    if match is None or not re.search(r"\d", match[1]):
        raise value.wrong("a quantity like 500m or 64Mi")
    number = float(match[1] + (match[2] or "")) * _SUFFIX[match[3] or ""]
    if not math.isfinite(number):
        raise value.wrong("a quantity that fits")
    return number
