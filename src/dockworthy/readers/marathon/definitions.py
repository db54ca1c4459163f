"""From a document to its apps and pods: one, a list, the answer of Marathon's API, or groups in groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from msgspec import structs

from ...errors import UnreadableInput
from ...model.workload import Unit
from ..yaml_source import Value
from .app import read_app
from .pod import read_pod
from .recognising import HOLDING, is_app, is_pod
from .values import items, word

_DEEPEST = 32
_MOST = 20_000
"""Aliases of aliases would otherwise grow without end."""


def read_marathon(document: Value) -> list[Unit]:
    """Raises UnreadableInput (file, line) for a value of the wrong type."""
    found = document.items() if document.is_sequence else [document]
    units = []
    for unit in (unit for part in found for unit in _units(part, "", 0)):
        units.append(unit)
        if len(units) > _MOST:
            raise UnreadableInput(f"more than {_MOST:,} apps", file=document.file, line=document.line)
    times = Counter(unit.id for unit in units)
    return [structs.replace(unit, id=f"{unit.id}@{unit.source.line}") if times[unit.id] > 1 else unit for unit in units]


def _units(value: Value, above: str, depth: int) -> Iterator[Unit]:
    if depth > _DEEPEST:
        raise UnreadableInput(f"groups in groups, more than {_DEEPEST} deep", file=value.file, line=value.line)
    name = _absolute(word(value, "id"), above)
    if is_app(value):
        yield read_app(value, name)
    elif is_pod(value):
        yield read_pod(value, name)
    else:
        for key in HOLDING:
            for part in items(value, key):
                yield from _units(part, name, depth + 1)


def _absolute(written: str, above: str) -> str:
    """An id that starts with a slash is whole, any other one stands below its group."""
    if written.startswith("/"):
        return written if written == "/" else written.rstrip("/")
    return f"{above.rstrip('/')}/{written}" if written else above
