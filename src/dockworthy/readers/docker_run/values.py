"""The values that flags take: sizes, durations, numbers. Each raises ValueError with what it should have been."""

from __future__ import annotations

import re
from decimal import Decimal

_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})
_SIZE = re.compile(r"(\d{1,20}(?:\.\d{1,20})?|\.\d{1,20}) ?([kmgtp]?)(i?b)?", re.IGNORECASE | re.ASCII)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_DURATION_PART = re.compile(r"(\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_NANOSECONDS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9}
_NANOSECONDS["h"] = 3600 * 10**9
_LARGEST = 2**63 - 1


def truth(text: str) -> bool:
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError("true or false")


def whole(text: str) -> int:
    if not re.fullmatch(r"[+-]?\d{1,19}", text, re.ASCII):
        raise ValueError("a whole number")
    return int(text)


def size(text: str) -> int:
    """Bytes: `512m`, `1.5GiB`, `1gb`, all by 1024; -1 is without limit."""
    if text == "-1":
        return -1
    match = _SIZE.fullmatch(text)
    number = int(Decimal(match[1]) * 1024 ** _POWERS[match[2].lower()]) if match else _LARGEST + 1
    if number > _LARGEST:
        raise ValueError("a size like 512m")
    return number


def duration(text: str) -> int:
    """Nanoseconds: `1m30s`, `500ms`, `0`."""
    if text == "0":
        return 0
    parts = list(_DURATION_PART.finditer(text))
    number = int(sum((Decimal(part[1]) * _NANOSECONDS[part[2]] for part in parts), Decimal(0)))
    if not parts or "".join(part[0] for part in parts) != text or number > _LARGEST:
        raise ValueError("a duration like 30s")
    return number


def cpus(text: str) -> int:
    """Billionths of a core: `1.5`."""
    if not re.fullmatch(r"\d{1,9}(\.\d{0,9})?|\.\d{1,9}", text, re.ASCII):
        raise ValueError("a number of cores like 1.5")
    return int(Decimal(text) * 10**9)


def ulimit(text: str) -> dict[str, int | str]:
    """`nofile=1024:2048`, `nproc=100` (both), -1 is without limit."""
    name, _, limits = text.partition("=")
    soft, _, hard = limits.partition(":")
    if not name or not soft:
        raise ValueError("a limit like nofile=1024:2048")
    return {"Name": name, "Soft": whole(soft), "Hard": whole(hard or soft)}


def restart(text: str) -> dict[str, int | str]:
    """`no`, `always`, `unless-stopped`, `on-failure`, `on-failure:5`."""
    name, _, maximum = text.partition(":")
    if name not in ("", "no", "always", "unless-stopped", "on-failure"):
        raise ValueError("no, on-failure[:max], always or unless-stopped")
    return {"Name": name, "MaximumRetryCount": whole(maximum) if maximum else 0}
