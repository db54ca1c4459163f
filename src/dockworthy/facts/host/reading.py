"""What a reader of this room returns: a value with its file, `Unset` for an absent file, `Unknown` with the reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from ...model.field import Field, Origin, Set, Source, Unknown, Unset
from .root import NotHeld, clean

T = TypeVar("T")

TELL_AGAIN = "read it again, when the host stays reachable"
TELL_ROOT = "read as root: sudo dockworthy assess"


def measured(value: T, where: str, inside: str = "") -> Set[T]:
    """What the kernel or a running process says."""
    return Set(value, Source(clean(where), inside), Origin.MEASURED)


def written(value: T, where: str, inside: str = "") -> Set[T]:
    """What a file says, whether or not it is in force."""
    return Set(value, Source(clean(where), inside), Origin.WRITTEN)


def missing(error: OSError, where: str, inside: str = "") -> Unset | Unknown:
    """Why there is no value: `Unset` where the file is absent, else `Unknown`."""
    place = clean(error.filename if isinstance(error.filename, str) else where)
    source = Source(place, inside)
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return Unset(source)
    if isinstance(error, PermissionError):
        return Unknown(f"{place} can't be read: permission denied", TELL_ROOT, source)
    return Unknown(f"{place} can't be read: {(error.strerror or 'failed').lower()}", source=source)


def guarded(read: Callable[[], Field[T]], where: str) -> Field[T]:
    """The field that `read` returns. Whatever it trips over becomes the reason of an Unknown: never an exception."""
    try:
        field = read()
        msgspec.json.encode(field)  # a value that no snapshot can hold must not spoil the whole snapshot
        return field
    except OSError as error:
        return missing(error, where)
    except NotHeld as gap:
        return Unknown(clean(str(gap)), TELL_AGAIN)
    except Exception as bug:
        return Unknown(f"reading {where} failed: {type(bug).__name__}: {clean(str(bug))[:200]}", "report this as a bug")


def guarded_all(read: Callable[[], dict[str, Field[T]]], what: str) -> dict[str, Field[T]]:
    """The fields by name; where `read` fails as a whole, one Unknown under the name of the whole."""
    try:
        return read()
    except NotHeld as gap:
        return {what: Unknown(clean(str(gap)), TELL_AGAIN)}
    except Exception as bug:
        reason = f"reading {what} failed: {type(bug).__name__}: {clean(str(bug))[:200]}"
        return {what: Unknown(reason, "report this as a bug")}


def number(text: str) -> int:
    """A decimal number of the kernel's, at most 64 bits. Raises ValueError."""
    if not (text.isascii() and text.isdigit() and len(text) <= 20 and int(text) < 1 << 64):
        raise ValueError(f"not a number: {text[:40]!r}")
    return int(text)


def number_or(text: str, default: int) -> int:
    """The number, or `default` where the text is none."""
    try:
        return number(text.strip())
    except ValueError:
        return default
