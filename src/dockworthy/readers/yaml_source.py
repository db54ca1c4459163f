"""YAML and JSON text as values that know their line, through libyaml's nodes.

Fast (no Python objects are built for what nobody asks), bounded (libyaml refuses nesting beyond 1,000 levels; an
alias is the same node, never a copy, and counts as often as it is read), strict (a key that comes twice is an error
with both lines).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import yaml

from ..errors import UnreadableInput
from ..model.field import Source
from .yaml_mapping import read_mapping
from .yaml_text import LOADER, LONGEST_NUMBER, refuse_bomb, refuse_too_many, with_whole_letters

_TAG: Final = "tag:yaml.org,2002:"
_CONSTRUCTOR = yaml.SafeLoader("")
_DEEPEST = 20


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
        if len(self.node.value) > LONGEST_NUMBER:
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
        if tag in ("int", "float") and len(node.value) > LONGEST_NUMBER:
            raise self.wrong("a number")
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
            self._keys = read_mapping(self.node, self.file)
        return self._keys


_BROKEN = (
    ("cannot start any token", "a character that can't stand here: indent by spaces, and put such a value in quotes"),
    ("mapping values are not allowed", "`key: value` can't stand here: mind the indentation, or put a value that holds "
     "`: ` in quotes"),
    ("expected ',' or ']'", "the list that begins with `[` is not closed, as in `[80, 443]`"),
    ("expected ',' or '}'", "the mapping that begins with `{` is not closed, as in `{host: shop.example.com}`"),
    ("expected '-' indicator", "each line of this list begins with `- ` at the same indentation"),
    ("expected <block end>", "the indentation does not fit the lines above"),
    ("expected key", "the indentation does not fit the lines above, or a `:` or a quote is missing"),
    ("expected ':'", "a key without its `:`, as in `image: shop`"),
    ("while scanning a quoted scalar", "a quote that is not closed"),
)  # fmt: skip
"""What the parser says -> what a person does about it."""


def _broken(error: yaml.MarkedYAMLError) -> str:
    """Why a text is no YAML, in words; the parser's own where we have no better ones."""
    raw = " ".join(part for part in (error.context, error.problem) if part)
    return next((ours for theirs, ours in _BROKEN if theirs in raw), raw or "not YAML")


def documents(text: str, file: str) -> Iterator[Value]:
    """The documents of a YAML or JSON text, empty ones left out.

    Raises UnreadableInput with the line where the text is broken.
    """
    text = with_whole_letters(text)
    try:
        refuse_too_many(text, file)
        for node in yaml.compose_all(text, Loader=LOADER):
            if node is not None and node.tag != f"{_TAG}null":
                if "*" in text and "&" in text:
                    refuse_bomb(node, file)
                yield Value(node, file)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise UnreadableInput(
            _broken(error),
            file=file,
            line=None if mark is None else min(mark.line + 1, text.count("\n") + 1),  # the end is one line too far
        ) from error
    except yaml.YAMLError as error:  # a character that YAML does not allow
        raise UnreadableInput(f"not YAML: {str(error).splitlines()[0]}", file=file) from error
