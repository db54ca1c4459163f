"""YAML and JSON text as values that know their line, through libyaml's nodes.

Fast (no Python objects are built for what nobody asks), bounded (libyaml refuses nesting beyond 1,000 levels; an
alias is the same node, never a copy), strict (a key that comes twice is an error with both lines).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

from ..errors import UnreadableInput
from ..model.field import Source

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG: Final = "tag:yaml.org,2002:"
_CONSTRUCTOR = yaml.SafeLoader("")
_DEEPEST = 20
_HALVES = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
MOST_VALUES = 2_000_000
"""Scalars, lists and mappings of one text: half a gigabyte. A cluster's 4,500 pods as one list have 1.3 million."""
MERGE_KEY = f"{_TAG}merge"


class Value:
    """A node of a document: knows its file, its line and its path, and refuses to be what it is not."""

    __slots__ = ("_keys", "file", "node", "path")

    def __init__(self, node: yaml.Node, file: str, path: str = "") -> None:
        self.node = node
        self.file = file
        self.path = path
        self._keys: dict[str, yaml.Node] | None = None

    @property
    def line(self) -> int:
        line: int = self.node.start_mark.line
        return line + 1

    @property
    def source(self) -> Source:
        return Source(self.file, self.path, self.line, column=self.node.start_mark.column + 1)

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.node, yaml.MappingNode)

    @property
    def is_sequence(self) -> bool:
        return isinstance(self.node, yaml.SequenceNode)

    def wrong(self, expected: str) -> UnreadableInput:
        """The error that says what stands here and what should."""
        where = self.path or "the document"
        return UnreadableInput(f"{where} is {self._kind()}, not {expected}", file=self.file, line=self.line)

    def _kind(self) -> str:
        if self.is_mapping:
            return "a mapping"
        if self.is_sequence:
            return "a list"
        return f"{str(self.node.value)[:40]!r}"

    def get(self, key: str) -> Value | None:
        """The value under `key`; None where it is absent or null. Raises UnreadableInput where this is no mapping."""
        node = self._mapping().get(key)
        if node is None or node.tag == f"{_TAG}null":
            return None
        return Value(node, self.file, f"{self.path}.{key}" if self.path else key)

    def at(self, *keys: str) -> Value | None:
        """`get` along a path."""
        value: Value | None = self
        for key in keys:
            if value is None:
                return None
            value = value.get(key)
        return value

    def keys(self) -> dict[str, yaml.Node]:
        return self._mapping()

    def entries(self) -> Iterator[tuple[str, Value]]:
        """The entries of a mapping, null values left out."""
        for key in self._mapping():
            value = self.get(key)
            if value is not None:
                yield key, value

    def items(self) -> list[Value]:
        """The entries of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.wrong("a list")
        return [Value(node, self.file, f"{self.path}[{index}]") for index, node in enumerate(self.node.value)]

    def text(self) -> str:
        if not isinstance(self.node, yaml.ScalarNode) or self.node.tag != f"{_TAG}str":
            raise self.wrong("text")
        value: str = self.node.value
        return value

    def scalar_text(self) -> str:
        """A scalar of any type, as it is written."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.wrong("a single value")
        value: str = self.node.value
        return value

    def boolean(self) -> bool:
        if not isinstance(self.node, yaml.ScalarNode) or self.node.tag != f"{_TAG}bool":
            raise self.wrong("true or false")
        return self.node.value.lower() in ("true", "yes", "on")

    def integer(self) -> int:
        if not isinstance(self.node, yaml.ScalarNode) or self.node.tag != f"{_TAG}int":
            raise self.wrong("a whole number")
        try:
            number: int = _CONSTRUCTOR.construct_yaml_int(self.node)
        except ValueError as error:
            raise self.wrong("a whole number") from error
        return number

    def line_of_key(self, key: str) -> int:
        """The line in which a key of this mapping stands; the mapping's own where it has none."""
        if isinstance(self.node, yaml.MappingNode):
            for name, _ in self.node.value:
                if name.value == key:
                    line: int = name.start_mark.line
                    return line + 1
        return self.line

    def plain(self, *, depth: int = 0) -> Any:
        """The value as plain Python: dates stay text. Raises UnreadableInput for what nests too deep."""
        if depth > _DEEPEST:
            raise UnreadableInput("nested too deep", file=self.file, line=self.line)
        if self.is_mapping:
            return {key: inner.plain(depth=depth + 1) for key, inner in self.entries()}
        if self.is_sequence:
            return [item.plain(depth=depth + 1) for item in self.items()]
        return self._scalar(self.node)

    def _scalar(self, node: yaml.Node) -> Any:
        tag = node.tag.removeprefix(_TAG)
        if tag == "bool":
            return self.boolean()
        if tag == "int":
            return self.integer()
        if tag == "float" and isinstance(node, yaml.ScalarNode):
            return _CONSTRUCTOR.construct_yaml_float(node)
        return None if tag == "null" else self.scalar_text()

    def _mapping(self) -> dict[str, yaml.Node]:
        if self._keys is None:
            if not isinstance(self.node, yaml.MappingNode):
                raise self.wrong("a mapping")
            self._keys = self._read_mapping(self.node, depth=0, taken=set())
        return self._keys

    def _read_mapping(self, node: yaml.MappingNode, *, depth: int, taken: set[int]) -> dict[str, yaml.Node]:
        """`taken`: mappings that are merged in already. What came first counts, so none is needed twice: without that
        a few lines of merges of merges would take forever."""
        taken.add(id(node))
        own: dict[str, yaml.Node] = {}
        lines: dict[str, int] = {}
        merged: list[yaml.Node] = []
        for key, value in node.value:
            if key.tag == MERGE_KEY:
                merged.extend(value.value if isinstance(value, yaml.SequenceNode) else [value])
                continue
            if not isinstance(key, yaml.ScalarNode):
                raise UnreadableInput("a key is not a single value", file=self.file, line=key.start_mark.line + 1)
            name = key.value
            if name in own:
                raise UnreadableInput(
                    f"the key {name!r} stands twice, here and in line {lines[name]}",
                    file=self.file,
                    line=key.start_mark.line + 1,
                    hint="keep one of them",
                )
            own[name] = value
            lines[name] = key.start_mark.line + 1
        for base in merged:
            if not isinstance(base, yaml.MappingNode) or depth > 50:
                raise UnreadableInput("`<<` does not name a mapping", file=self.file, line=base.start_mark.line + 1)
            if id(base) not in taken:
                own = self._read_mapping(base, depth=depth + 1, taken=taken) | own
        return own


def documents(text: str, file: str) -> Iterator[Value]:
    """The documents of a YAML or JSON text, empty ones left out.

    Raises UnreadableInput with the line where the text is broken.
    """
    text = _with_whole_letters(text)
    try:
        _refuse_too_many(text, file)
        for node in yaml.compose_all(text, Loader=_Loader):
            if node is not None and node.tag != f"{_TAG}null":
                yield Value(node, file)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise UnreadableInput(
            " ".join(part for part in (error.context, error.problem) if part) or "not YAML",
            file=file,
            line=None if mark is None else min(mark.line + 1, text.count("\n") + 1),  # the end is one line too far
        ) from error
    except yaml.YAMLError as error:  # a character that YAML does not allow
        raise UnreadableInput(f"not YAML: {str(error).splitlines()[0]}", file=file) from error


def _with_whole_letters(text: str) -> str:
    """JSON escapes a letter beyond 16 bits as two halves (`\\ud83d\\ude00`), which YAML does not know as one."""
    return _HALVES.sub(_whole_letter, text) if "\\u" in text else text


def _whole_letter(halves: re.Match[str]) -> str:
    high, low = int(halves[2], 16), int(halves[3], 16)
    return f"{halves[1]}\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"


def _refuse_too_many(text: str, file: str) -> None:
    """A value takes a quarter of a kilobyte: what is written in two bytes must not fill the memory. Only where a text
    has that many places for values they are counted."""
    if sum(text.count(mark) for mark in ",:\n[{") <= MOST_VALUES:
        return
    count = 0
    for event in yaml.parse(text, Loader=_Loader):
        count += isinstance(event, yaml.NodeEvent)
        if count > MOST_VALUES:
            line = None if event.start_mark is None else event.start_mark.line + 1
            raise UnreadableInput(f"more than {MOST_VALUES:,} values: no manifest holds as many", file=file, line=line)
