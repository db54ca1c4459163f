"""A field of the model knows its value and where the value came from, or why there is none.

`Unset` is a fact ("nobody wrote it") and can fail a control. `Unknown` is a gap ("it could not be seen")
and never counts as good.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")


class Origin(StrEnum):
    """Who gave the value."""

    WRITTEN = "written"
    INHERITED = "inherited"  # from the pod, an anchor, `extends`
    IMAGE = "image"
    PLATFORM = "platform"  # the platform's default, as its documentation states it
    MEASURED = "measured"  # seen in a running process or on the host, whatever was written


class Source(Struct, frozen=True, omit_defaults=True):
    """Where a fact stands: a file, an API path or a kernel file, and the place inside it.

    `line` and `column` count from 1, in characters. `via` is the next link of the chain: the place that an alias or
    `extends` points to.
    """

    where: str
    path: str = ""
    line: int | None = None
    via: Source | None = None
    column: int | None = None

    def __str__(self) -> str:
        place = self.where if self.line is None else f"{self.where}:{self.line}"
        return f"{place} {self.path}".rstrip()


class Set(Struct, Generic[T], frozen=True, tag="set", tag_field="is", omit_defaults=True):
    """The value is known."""

    value: T
    source: Source
    origin: Origin = Origin.WRITTEN


class Unset(Struct, frozen=True, tag="unset", tag_field="is"):
    """Nobody wrote a value; `source` is the place where it would stand."""

    source: Source


class Unknown(Struct, frozen=True, tag="unknown", tag_field="is", omit_defaults=True):
    """The value could not be seen: `reason` why, `tell` which permission or command would tell."""

    reason: str
    tell: str = ""
    source: Source | None = None


Field = Set[T] | Unset | Unknown

NOT_READ = Unknown("this reader does not tell")
"""For a field about which a source format says nothing at all."""


def source_of(field: Set[T] | Unset | Unknown) -> Source | None:
    """Where the field stands, whatever it holds."""
    return field.source
