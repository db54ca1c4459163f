"""Reads values of the model for an expression: each with its path and place, each gap with its reason."""

from __future__ import annotations

import re
from enum import Enum
from typing import Any

from msgspec import Struct

from ...model.field import Set, Source, Unknown, Unset
from ...model.workload import Annotation
from .outcomes import Items, Known, NotKnown, Outcome, Reason, StructuredValue, Use

_HIDDEN = re.compile(r"hash:[0-9a-f]{16}")
"""What stands where a secret stood. Nothing may be concluded from it."""


class FieldReader:
    """A value with fields of its own making, beside the nouns of the model."""

    def read(self, name: str) -> tuple[Any, Source | None]:
        """What the model holds there (a field or a value), and where, as far as the value itself does not say."""
        raise NotImplementedError


def field_of(of: Known, name: str) -> Outcome:
    """`of.name`."""
    value = of.value
    path = f"{of.path}.{name}"
    if isinstance(value, dict):
        return key_of(of, Known(name))
    if not isinstance(value, StructuredValue):
        return NotKnown(Reason(f"{of.path or 'that'} has no fields", of.source), path=path)
    if isinstance(value.value, FieldReader):
        held, source = value.value.read(name)
        return outcome_of(held, path, source or of.source)
    return outcome_of(getattr(value.value, name, None), path, of.source)


def key_of(of: Known, at: Known) -> Outcome:
    """`of['key']` of a map. What is not among its entries was not written."""
    path = f"{of.path}[{at.value!r}]"
    if not isinstance(at.value, str) or at.value not in of.value:
        return NotKnown(Reason(f"{path} is not set", of.source), is_unset=True, path=path)
    return outcome_of(of.value[at.value], path, of.source)


def entry_at(of: Known, at: Known) -> Outcome:
    """`of[0]` of a list."""
    value, index = of.value, at.value
    path = f"{of.path}[{index}]"
    if not isinstance(value, Items) or not isinstance(index, int) or isinstance(index, bool):
        return NotKnown(Reason(f"{of.path or 'that'} is no list that has a place {index!r}", of.source), path=path)
    if 0 <= index < len(value.entries):
        return value.entries[index]
    return value.rest or NotKnown(Reason(f"{path} is not there", of.source), is_unset=True, path=path)


def outcome_of(held: Any, path: str, source: Source | None) -> Outcome:
    """A field or value of the model as an outcome."""
    if isinstance(held, Set):
        return _known(held.value, path, held.source)
    if isinstance(held, Unknown):
        return NotKnown(Reason(f"{path}: {held.reason}", held.source or source, held.tell), path=path)
    if isinstance(held, Unset):
        return _unset(path, held.source)
    if held is None:
        return _unset(path, source)
    return _known(held, path, source)


def _unset(path: str, source: Source | None) -> NotKnown:
    return NotKnown(Reason(f"{path} is not set", source), is_unset=True, path=path)


def _known(value: Any, path: str, source: Source | None) -> Outcome:
    source = getattr(value, "declared_at", None) or source
    if isinstance(value, Annotation):
        return _known(value.value, path, value.source)
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, Struct | FieldReader):
        return Known(StructuredValue(value), path=path, source=source)
    if isinstance(value, Items):
        return Known(value, path=path, source=source)
    if isinstance(value, tuple | list | frozenset):
        entries = sorted(value) if isinstance(value, frozenset) else value
        return Known(
            Items(tuple(_entry(entry, f"{path}[{number}]", source) for number, entry in enumerate(entries))),
            path=path,
            source=source,
        )
    if isinstance(value, dict):
        return Known(value, path=path, source=source)
    if isinstance(value, str) and _HIDDEN.search(value):
        return NotKnown(Reason(f"{path} holds a secret, which is hidden", source), path=path)
    return Known(value, (Use(path, value, source),), path=path, source=source)


def _entry(value: Any, path: str, source: Source | None) -> Outcome:
    return outcome_of(value, path, source)


def plain(outcome: Outcome) -> Outcome:
    """As the library takes it: a list whole or not at all."""
    if isinstance(outcome, NotKnown):
        return outcome
    value = outcome.value
    if isinstance(value, StructuredValue):
        return NotKnown(
            Reason(f"{outcome.path}: a whole {type(value.value).__name__} can't be compared", outcome.source)
        )
    if isinstance(value, dict):
        uses = outcome.uses or (Use(f"{outcome.path} (its names)", ", ".join(sorted(value)), outcome.source),)
        return Known(dict.fromkeys(value, True), uses)
    if not isinstance(value, Items):
        return outcome
    if value.rest is not None:
        return value.rest
    entries = [plain(entry) for entry in value.entries]
    for entry in entries:
        if isinstance(entry, NotKnown):
            return entry
    values = [entry.value for entry in entries if isinstance(entry, Known)]
    uses = outcome.uses or ((Use(outcome.path, values, outcome.source),) if outcome.path else ())
    return Known(values, uses, path=outcome.path, source=outcome.source)
