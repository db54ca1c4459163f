"""Fields of the model out of entries: set where written, unset where not, unknown where a variable is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ...model.field import Field, Origin, Set, Source, Unset
from .entry import Entry

T = TypeVar("T")


def field_of(entry: Entry | None, silent: Unset, convert: Callable[[Entry], T]) -> Field[T]:
    """`silent` stands for what nobody wrote. Raises UnreadableInput where `convert` refuses the value."""
    if entry is None:
        return silent
    if entry.gap is not None:
        return entry.gap
    return Set(convert(entry), entry.source, origin_of(entry))


def origin_of(entry: Entry) -> Origin:
    return Origin.INHERITED if entry.inherited else Origin.WRITTEN


def by_default(value: T, setting: str) -> Set[T]:
    """What the engine does where the file is silent, as its documentation has it."""
    return Set(value, Source("Docker's default", setting), Origin.PLATFORM)
