"""What kind of value a path of the model has, told from the annotations of the model itself."""

from __future__ import annotations

import types
import typing
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from msgspec import Struct

from ...model.field import Set, Source, Unknown, Unset
from ...model.workload import Annotation


class Plain(NamedTuple):
    """`name` as a person says it: text, whole number, number, true or false."""

    name: str


class ListOf(NamedTuple):
    element: Type


class MapOf(NamedTuple):
    """Text -> value."""

    value: Type


class Fields(NamedTuple):
    """A structured value. `fields` are looked up when they are asked for: a workload holds workloads."""

    name: str
    of: Any

    @property
    def fields(self) -> dict[str, Type]:
        fields: dict[str, Type] = self.of() if callable(self.of) and not isinstance(self.of, type) else _fields(self.of)
        return fields


Type = Plain | ListOf | MapOf | Fields

TRUTH = Plain("true or false")
_PLAIN: dict[Any, Plain] = {
    bool: TRUTH,
    int: Plain("whole number"),
    float: Plain("number"),
    str: Plain("text"),
}
_NOT_SHOWN = (Source, Unset, Unknown, type(None))


def type_of(annotation: Any) -> Type | None:
    """None for what is no value of its own: where something stands, that nothing does."""
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Set:
        return type_of(arguments[0])
    if origin in (typing.Union, types.UnionType):
        known = [found for each in arguments if (found := type_of(each)) is not None]
        return known[0] if known else None
    if origin in (tuple, frozenset):
        element = type_of(arguments[0])
        return ListOf(element) if element is not None else None
    if origin is dict:
        value = type_of(arguments[1])
        return MapOf(value) if value is not None else None
    return _type_of_class(annotation)


def _type_of_class(annotation: Any) -> Type | None:
    if not isinstance(annotation, type) or annotation in _NOT_SHOWN or issubclass(annotation, Set):
        return None
    if issubclass(annotation, Enum):
        return _PLAIN[str]
    if annotation is Annotation:  # its text is all there is to ask
        return _PLAIN[str]
    return Fields(annotation.__name__, annotation) if issubclass(annotation, Struct) else None


@cache
def annotations_of(struct: type) -> dict[str, Any]:
    """The annotations of a noun of the model, resolved."""
    return typing.get_type_hints(struct)


@cache
def _fields(struct: type) -> dict[str, Type]:
    found = {name: type_of(annotation) for name, annotation in annotations_of(struct).items()}
    return {name: kind for name, kind in found.items() if kind is not None}


def in_words(kind: Type) -> str:
    """`list of Mount`, `text`."""
    if isinstance(kind, ListOf):
        return f"list of {in_words(kind.element)}"
    if isinstance(kind, MapOf):
        return f"map of text to {in_words(kind.value)}"
    return kind.name
