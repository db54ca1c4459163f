"""From a document to its apps and pods: one, a list, the answer of Marathon's API, or groups in groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice

from msgspec import structs

from ...errors import UnreadableInput
from ...model.workload import Unit
from ..definition import items, word
from ..yaml_source import Value
from .app import read_app
from .pod import read_pod
from .recognising import HOLDING, is_app, is_pod

_DEEPEST = 32
_MOST = 20_000
"""Aliases of aliases would otherwise grow without end."""


def read_marathon(document: Value) -> list[Unit]:
    """Raises UnreadableInput (file, line) for a value of the wrong type."""
    parts = document.items() if document.is_sequence else [document]
    found = list(islice((each for part in parts for each in _named(part, "", 0)), _MOST + 1))
    if len(found) > _MOST:
        raise UnreadableInput(f"more than {_MOST:,} apps and groups", file=document.file, line=document.line)
    units = [read(value, name) for name, value in found if (read := _reader_of(value)) is not None]
    times = Counter(unit.id for unit in units)
    return [structs.replace(unit, id=f"{unit.id}@{unit.source.line}") if times[unit.id] > 1 else unit for unit in units]


def _named(value: Value, above: str, depth: int) -> Iterator[tuple[str, Value]]:
    """Groups, apps and pods with their whole ids."""
    if depth > _DEEPEST:
        raise UnreadableInput(f"groups in groups, more than {_DEEPEST} deep", file=value.file, line=value.line)
    name = _absolute(word(value, "id"), above)
    yield name, value
    if _reader_of(value) is None:
        for key in HOLDING:
            for part in items(value, key):
                yield from _named(part, name, depth + 1)


def _reader_of(value: Value) -> Callable[[Value, str], Unit] | None:
    return read_app if is_app(value) else read_pod if is_pod(value) else None


def _absolute(written: str, above: str) -> str:
    """An id that starts with a slash is whole, any other one stands below its group."""
    if written.startswith("/"):
        return written if written == "/" else written.rstrip("/")
    return f"{above.rstrip('/')}/{written}" if written else above
