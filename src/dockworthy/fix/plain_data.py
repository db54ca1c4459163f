"""What a text says, as plain data."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import yaml

from ..errors import UnreadableInput
from ..model.fix import WHOLE_FILE, Change, How
from ..readers.yaml_source import LONGEST_NUMBER
from .yaml_tree import Kind, Node

_CONSTRUCTOR = yaml.SafeLoader("")
_TAG: Final = "tag:yaml.org,2002:"
_READ_AS: Final = ("bool", "int", "float", "null")
_MOST: Final = 500_000


class PlainReading:
    """Turns nodes into plain data; bounded, for a few aliases of aliases can stand for billions of values."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._count = 0

    def of(self, node: Node) -> Any:
        """Scalars as YAML 1.1 reads them, dates as text. Raises UnreadableInput for a key that comes twice."""
        self._count += 1
        if self._count > _MOST:
            raise UnreadableInput(f"more than {_MOST:,} values, aliases counted", file=self._file)
        node = node.meant
        if node.kind is Kind.SCALAR:
            return _tagged(node.tag, scalar(node))
        if node.kind is Kind.SEQUENCE:
            return _tagged(node.tag, [self.of(item) for item in node.items])
        return _tagged(node.tag, self._mapping(node))

    def _mapping(self, node: Node) -> dict[str, Any]:
        own: dict[str, Any] = {}
        for name, value in node.pairs:
            if name.value == "<<" and not name.style:
                continue
            if name.kind is not Kind.SCALAR or name.value in own:
                says = f"the key {name.value!r} stands twice" if name.value in own else "a key is not a single value"
                raise UnreadableInput(says, file=self._file, line=self._text.count("\n", 0, name.start) + 1)
            own[name.value] = self.of(value)
        for base in node.merges():
            if base.kind is Kind.MAPPING:
                own = self.of(base) | own
        return own


def type_of_plain(written: str) -> str:
    """The type that YAML 1.1 gives to a scalar without quotes: `str`, `bool`, `int`, ... What is too long is a text."""
    if len(written) > LONGEST_NUMBER:
        return "str"
    tag: str = _CONSTRUCTOR.resolve(yaml.ScalarNode, written, (True, False))  # type: ignore[no-untyped-call]
    return tag.removeprefix(_TAG)


def scalar(node: Node) -> Any:
    """A scalar's value, with the type that YAML gives it."""
    if node.style or node.tag:
        return node.value
    kind = type_of_plain(node.value)
    if kind not in _READ_AS:
        return node.value
    try:
        plain = yaml.ScalarNode(f"{_TAG}{kind}", node.value)
        return getattr(_CONSTRUCTOR, f"construct_yaml_{kind}")(plain)
    except ValueError:
        return node.value


def _tagged(tag: str, value: Any) -> Any:
    return [tag, value] if tag and not tag.startswith(_TAG) else value


def same(one: Any, other: Any) -> bool:
    """Equal in type, too: to Python 1, 1.0 and True are equal, to a container they are not."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def with_change(data: Any, change: Change) -> Any:
    """The data with the change made. The data itself is not touched. Raises KeyError where there is no such place."""
    return _changed(data, place_of(change), change)


def place_of(change: Change) -> tuple[str, ...]:
    """The whole path, from the top of the file."""
    return change.path if change.service == WHOLE_FILE else ("services", change.service, *change.path)


def _changed(data: Any, path: Sequence[str], change: Change) -> Any:
    if not path:
        return _at_the_place(data, change)
    key = path[0]
    if isinstance(data, list):
        index = int(key)
        return [*data[:index], _changed(data[index], path[1:], change), *data[index + 1 :]]
    if data is not None and not isinstance(data, dict):
        raise KeyError(key)
    found = dict(data or {})
    changed = _changed(found.get(key), path[1:], change)
    if change.how is How.REMOVE and (changed is None or changed in ([], {})):
        found.pop(key, None)
    else:
        found[key] = changed
    return found


def _at_the_place(data: Any, change: Change) -> Any:
    if change.how is How.SET:
        return change.value
    if change.how is How.REMOVE:
        if change.value is None:
            return None
        leaving = (
            change.value if isinstance(change.value, Sequence) and not isinstance(change.value, str) else [change.value]
        )
        return [item for item in as_list(data) if not any(same(item, gone) for gone in leaving)]
    return added(data, change.value)


def added(data: Any, value: Any) -> Any:
    """Entries added to a list, keys to a mapping; `A=1` where a mapping is written as a list, and a single value
    becomes a list."""
    if isinstance(value, Mapping) and (data is None or isinstance(data, dict)):
        return {**(data or {}), **value}
    entries = [f"{key}={inner}" for key, inner in value.items()] if isinstance(value, Mapping) else as_list(value)
    found = as_list(data)
    return found + [entry for entry in entries if not any(same(entry, known) for known in found)]


def as_list(data: Any) -> list[Any]:
    if data is None:
        return []
    return list(data) if isinstance(data, (list, tuple)) else [data]
