"""Where something stands, in SARIF's words: a file and a region of it, with the text that stands there."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from msgspec import Struct

from ..model.field import Source
from ..model.finding import Finding
from ..model.result import Result
from .cited import value_at
from .grouping import name_of
from .places import PlaceKind, kind_of
from .sarif_document import Logical, Physical, Region, Text, Uri
from .visible import visible, without_odd_bytes

BASES = {PlaceKind.FILE: "%SRCROOT%", PlaceKind.HOST: "HOST", PlaceKind.ENGINE: "ENGINE"}

REDACTED = "***"
"""What stands in a line instead of a secret and all that follows it."""


class Files(Struct, frozen=True):
    """What is known of the files that were judged: their names, and those of their lines that are quoted."""

    names: frozenset[str]
    lines: Mapping[str, Mapping[int, str]]

    @property
    def has_redacted(self) -> bool:
        return any(text.endswith(REDACTED) for lines in self.lines.values() for text in lines.values())

    def line(self, source: Source) -> str | None:
        return self.lines.get(source.where, {}).get(source.line or 0)


def files_of(result: Result) -> Files:
    """Those with a subject in them, and those that one extends or includes."""
    names = {subject.file for subject in result.subjects if subject.file}
    return Files(frozenset(names | result.lines.keys()), result.lines)


def physical(source: Source, files: Files) -> Physical | None:
    kind = kind_of(source, files=files.names)
    if kind is PlaceKind.OTHER:
        return None
    path = source.where.removeprefix("GET ") if kind is PlaceKind.ENGINE else source.where
    base = "HOST" if path.startswith("/") and kind is PlaceKind.FILE else BASES[kind]
    location = uri(path, base)
    if not source.line:
        return Physical(location)
    text = files.line(source)
    whole = Region(source.line, snippet=_text(text))
    if not source.column:
        return Physical(location, whole)
    return Physical(location, _region(source.line, source.column, text), whole if text else None)


def uri(path: str, base: str = "%SRCROOT%") -> Uri:
    return Uri(quote(without_odd_bytes(path.lstrip("/"))), base)


def logical(finding: Finding) -> Logical:
    return Logical(name_of(finding), visible(finding.subject), finding.kind)


def _region(line: int, column: int, text: str | None) -> Region:
    """The value alone, where its line is quoted and it is not hidden in it."""
    value = value_at(text, column) if text is not None and column <= len(text) else ""
    if not value or (text is not None and text.endswith(REDACTED) and column + len(value) > len(text) - len(REDACTED)):
        return Region(line, column)
    return Region(line, column, end_column=column + len(value), snippet=_text(value))


def _text(text: str | None) -> Text | None:
    return None if text is None else Text(without_odd_bytes(text))
