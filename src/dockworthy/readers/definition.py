"""Values of a definition that is written as JSON or YAML, and fields out of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TypeVar

from ..model.field import Field, Set, Unset
from .yaml_source import Value

T = TypeVar("T")

MEBIBYTE = 1024 * 1024


def field_of(value: Value | None, silent: Unset, convert: Callable[[Value], T]) -> Field[T]:
    """`silent` stands for what nobody wrote. Raises UnreadableInput where `convert` refuses the value."""
    return silent if value is None else Set(convert(value), value.source)


def number(value: Value) -> float:
    """A number with or without a fraction. Raises UnreadableInput for anything else."""
    try:
        read = value.plain()
        found = float(read) if isinstance(read, int | float) and not isinstance(read, bool) else math.nan
    except OverflowError:
        found = math.nan
    if not math.isfinite(found) or found < 0:
        raise value.wrong("a number from 0 on")
    return found


def items(parent: Value | None, key: str) -> list[Value]:
    """The entries of a list; nothing where it is absent."""
    listed = None if parent is None else parent.get(key)
    return [] if listed is None else listed.items()


def entries(parent: Value | None, key: str) -> Iterator[tuple[str, Value]]:
    """The entries of a mapping; nothing where it is absent."""
    found = None if parent is None else parent.get(key)
    return iter(()) if found is None else found.entries()


def word(parent: Value | None, key: str) -> str:
    found = None if parent is None else parent.get(key)
    return "" if found is None else found.scalar_text()


def words(listed: Value) -> tuple[str, ...]:
    return tuple(item.scalar_text() for item in listed.items())
