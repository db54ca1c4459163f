"""Compose's durations, sizes and modes as a swarm wants them. Pure."""

from __future__ import annotations

import re

_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_NANOSECONDS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_UNITS = {"": 1, "b": 1, "k": 2**10, "kb": 2**10, "m": 2**20, "mb": 2**20, "g": 2**30, "gb": 2**30}
_SIZE = re.compile(r"(\d+)([a-z]*)")


def nanoseconds(duration: object) -> int:
    """`1m30s`; 0 for what is not written."""
    return sum(round(float(number) * _NANOSECONDS[unit]) for number, unit in _PART.findall(str(duration or "")))


def size(written: object) -> int:
    """Bytes of `536870912` or `512m`; 0 for what is not written. Raises ValueError for what is no size."""
    text = str(written or 0).strip().lower()
    found = _SIZE.fullmatch(text)
    if found is None or found[2] not in _UNITS:
        raise ValueError(f"{written} is no size")
    return int(found[1]) * _UNITS[found[2]]


def processors(written: object) -> int:
    """Billionths of a processor."""
    return round(float(str(written or 0)) * 10**9)


def file_mode(written: object) -> int:
    """Compose writes `"0440"` or a number; 0444 where nothing is written."""
    if written is None:
        return 0o444
    return int(written, 8) if isinstance(written, str) else int(str(written))
