"""A YAML text as a tree in which each node knows the characters it is written with, aliases left as aliases.

libyaml's events carry the marks; its composed nodes don't, where an alias stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from itertools import chain
from typing import Any

import yaml
from msgspec import Struct

from ..errors import UnreadableInput
from ..model.pattern import lazy_pattern

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PROPERTIES = lazy_pattern(r"(?:[&!][^\s,\[\]{}]*\s+)+")
_DEEPEST = 200


class Kind(Enum):
    SCALAR = "scalar"
    MAPPING = "mapping"
    SEQUENCE = "sequence"
    ALIAS = "alias"


class Node(Struct, eq=False):
    """`start` and `end` count characters of the text; anchor and tag stand before `start`.

    `end` is after the last character that belongs to the node, not where the next one begins. `flow`: `{}` or `[]`.
    `style` of a scalar is its quote, `|`, `>` or nothing.
    """

    kind: Kind
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
            if name.value == key and name.kind is Kind.SCALAR:
                return name, value
        return None

    def merges(self) -> Iterator[Node]:
        """The mappings that `<<` names, the one that counts first."""
        for name, value in self.pairs:
            if name.value == "<<" and not name.style:
                inner = value.meant
                yield from (item.meant for item in inner.items) if inner.kind is Kind.SEQUENCE else [inner]


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
            return Node(Kind.ALIAS, start, end, target=self._anchors[event.anchor])
        if event.anchor or event.tag:
            properties = _PROPERTIES.match(self._text, start)
            start = start if properties is None else min(properties.end(), max(end, start))
        node = Node(Kind.SCALAR, start, end, tag=event.tag or "", anchor=event.anchor or "")
        if node.anchor:
            self._anchors[node.anchor] = node
        if isinstance(event, yaml.ScalarEvent):
            node.style, node.value = event.style or "", event.value
            return node
        node.flow = bool(event.flow_style)
        node.kind = Kind.MAPPING if isinstance(event, yaml.MappingStartEvent) else Kind.SEQUENCE
        return self._filled(node, depth)

    def _filled(self, node: Node, depth: int) -> Node:
        for event in self._events:
            end = event.end_mark.index
            if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                if node.flow:
                    node.end = end
                break
            inner = self._node(event, depth + 1)
            if node.kind is Kind.MAPPING:
                value = self._node(next(self._events), depth + 1)
                node.pairs.append((inner, value))
                inner = value
            else:
                node.items.append(inner)
            node.end = max(inner.end, node.pairs[-1][0].end if node.pairs else 0)
        return node
