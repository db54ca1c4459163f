"""Sizes (`64m`, `1.5gb`) and durations (`1m30s`) as Compose and the engine read them."""

from __future__ import annotations

import re

from .entry import Entry

_SIZE = re.compile(r"(\d{1,18}(?:\.\d{1,18})?)\s*([kmgtp]?)i?b?", re.IGNORECASE)
_POWER = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_DURATION = re.compile(r"(\d{1,15}(?:\.\d{0,15})?)(ns|us|µs|ms|s|m|h|d|w)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def size(entry: Entry) -> int:
    """Bytes; a unit is a power of 1024, `kb` and `KiB` too. -1 is "without end"."""
    written = entry.text().strip()
    if written == "-1":
        return -1
    match = _SIZE.fullmatch(written)
    if match is None:
        raise entry.wrong("a size like 512m or 2gb")
    return int(float(match[1]) * 1024 ** _POWER[match[2].lower()])


def seconds(entry: Entry) -> float:
    written = entry.text().strip()
    parts = _DURATION.findall(written)
    if written != "0" and ("".join(number + unit for number, unit in parts) != written or not parts):
        raise entry.wrong("a duration like 30s or 1m30s")
    return float(sum(float(number) * _SECONDS[unit] for number, unit in parts))


def cores(entry: Entry) -> float:
    written = entry.text().strip()
    if not re.fullmatch(r"\d{0,9}(?:\.\d{0,18})?", written) or not re.search(r"\d", written):
        raise entry.wrong("a number of cores like 0.5")
    return float(written)
