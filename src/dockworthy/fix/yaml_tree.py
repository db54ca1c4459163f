"""The text of a Compose file, read for repairs: a tree in which each node knows the characters it is written with,
aliases left as aliases; and what it says, as plain data.

libyaml's events carry the marks; its composed nodes don't, where an alias stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from itertools import chain
from typing import Any, Final

import yaml
from msgspec import Struct

from ..errors import UnreadableInput
from ..model.fix import WHOLE_FILE, Change, How
from ..model.pattern import lazy_pattern
from ..readers.yaml_source import LONGEST_NUMBER
from .refused import FixRefused

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
        if node.kind is NodeKind.SCALAR:
            return _tagged(node.tag, scalar(node))
        if node.kind is NodeKind.SEQUENCE:
            return _tagged(node.tag, [self.of(item) for item in node.items])
        return _tagged(node.tag, self._mapping(node))

    def _mapping(self, node: Node) -> dict[str, Any]:
        own: dict[str, Any] = {}
        for name, value in node.pairs:
            if name.value == "<<" and not name.style:
                continue
            if name.kind is not NodeKind.SCALAR or name.value in own:
                says = f"the key {name.value!r} stands twice" if name.value in own else "a key is not a single value"
                raise UnreadableInput(says, file=self._file, line=self._text.count("\n", 0, name.start) + 1)
            own[name.value] = self.of(value)
        for base in node.merges():
            if base.kind is NodeKind.MAPPING:
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


_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PROPERTIES = lazy_pattern(r"(?:[&!][^\s,\[\]{}]*\s+)+")
_DEEPEST = 200


class NodeKind(Enum):
    SCALAR = "scalar"
    MAPPING = "mapping"
    SEQUENCE = "sequence"
    ALIAS = "alias"


class Node(Struct, eq=False):
    """`start` and `end` count characters of the text; anchor and tag stand before `start`.

    `end` is after the last character that belongs to the node, not where the next one begins. `flow`: `{}` or `[]`.
    `style` of a scalar is its quote, `|`, `>` or nothing.
    """

    kind: NodeKind
    start: int
    end: int
    flow: bool = False
    style: str = ""
    value: str = ""
    tag: str = ""
    anchor: str = ""
    pairs: list[tuple[Node, Node]] = []
    items: list[Node] = []
    target: Node | None = None

    @property
    def meant(self) -> Node:
        """The node itself, or the one that the alias stands for."""
        return self.target if self.target is not None else self

    def entry(self, key: str) -> tuple[Node, Node] | None:
        """The (key, value) of a mapping's own entry; what came by `<<` is not its own."""
        for name, value in self.pairs:
            if name.value == key and name.kind is NodeKind.SCALAR:
                return name, value
        return None

    def merges(self) -> Iterator[Node]:
        """The mappings that `<<` names, the one that counts first."""
        for name, value in self.pairs:
            if name.value == "<<" and not name.style:
                inner = value.meant
                yield from (item.meant for item in inner.items) if inner.kind is NodeKind.SEQUENCE else [inner]


def holds_anchor(node: Node) -> bool:
    """Does an anchor stand at the node or below it? Aliases are not followed."""
    inner = chain(*node.pairs, node.items)
    return bool(node.anchor) or any(map(holds_anchor, inner))


def parse_trees(text: str, file: str) -> list[Node]:
    """The documents of a text. Raises UnreadableInput (file, line) for what is no YAML."""
    try:
        return list(_Reading(text, file).documents())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else min(mark.line + 1, text.count("\n") + 1)
        raise UnreadableInput(error.problem or "not YAML", file=file, line=line) from error
    except yaml.YAMLError as error:
        raise UnreadableInput(f"not YAML: {str(error).splitlines()[0]}", file=file) from error


class _Reading:
    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._events: Iterator[Any] = yaml.parse(text, Loader=_Loader)
        self._anchors: dict[str, Node] = {}

    def documents(self) -> Iterator[Node]:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                self._anchors = {}
                yield self._node(next(self._events), 0)

    def _node(self, event: Any, depth: int) -> Node:
        start, end, line = event.start_mark.index, event.end_mark.index, event.start_mark.line + 1
        if depth > _DEEPEST:
            raise UnreadableInput("nested too deep", file=self._file, line=line)
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise UnreadableInput(f"*{event.anchor} has no anchor", file=self._file, line=line)
            return Node(NodeKind.ALIAS, start, end, target=self._anchors[event.anchor])
        if event.anchor or event.tag:
            properties = _PROPERTIES.match(self._text, start)
            start = start if properties is None else min(properties.end(), max(end, start))
        node = Node(NodeKind.SCALAR, start, end, tag=event.tag or "", anchor=event.anchor or "")
        if node.anchor:
            self._anchors[node.anchor] = node
        if isinstance(event, yaml.ScalarEvent):
            node.style, node.value = event.style or "", event.value
            return node
        node.flow = bool(event.flow_style)
        node.kind = NodeKind.MAPPING if isinstance(event, yaml.MappingStartEvent) else NodeKind.SEQUENCE
        return self._filled(node, depth)

    def _filled(self, node: Node, depth: int) -> Node:
        for event in self._events:
            end = event.end_mark.index
            if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                if node.flow:
                    node.end = end
                break
            inner = self._node(event, depth + 1)
            if node.kind is NodeKind.MAPPING:
                value = self._node(next(self._events), depth + 1)
                node.pairs.append((inner, value))
                inner = value
            else:
                node.items.append(inner)
            node.end = max(inner.end, node.pairs[-1][0].end if node.pairs else 0)
        return node


def read_document(text: str, file: str) -> tuple[Node, Any]:
    """The one document that has services: as a tree, and as plain data."""
    roots = [root for root in parse_trees(text, file) if root.entry("services") is not None]
    if len(roots) != 1:
        says = "no document here has services" if not roots else "several documents here have services"
        raise FixRefused(says, file=file)
    return roots[0], PlainReading(text, file).of(roots[0])
