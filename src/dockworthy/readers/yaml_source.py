"""YAML and JSON text as values that know their line, through libyaml's nodes.

Fast (no Python objects are built for what nobody asks), bounded (libyaml refuses nesting beyond 1,000 levels; an
alias is the same node, never a copy, and counts as often as it is read), strict (a key that comes twice is an error
with both lines).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

from ..errors import UnreadableInput
from ..model.field import Source
from ..model.pattern import lazy_pattern

LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MOST_VALUES: Final = 2_000_000
"""Scalars, lists and mappings of one text: half a gigabyte. A cluster's 4,500 pods as one list have 1.3 million."""
MOST_BY_ALIASES: Final = 500_000
"""Values that one document may have beyond those that are written in it, where aliases repeat them."""
LONGEST_NUMBER: Final = 1000
"""Characters. YAML 1.1 reads `1:30:00` as a number to the base of 60, and the time to make one of `1:1:1:...` grows
with the square of its length."""
_HALVES = lazy_pattern(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


def with_whole_letters(text: str) -> str:
    """JSON escapes a letter beyond 16 bits as two halves (`\\ud83d\\ude00`), which YAML does not know as one."""
    return _HALVES.sub(_whole_letter, text) if "\\u" in text else text


def _whole_letter(halves: re.Match[str]) -> str:
    high, low = int(halves[2], 16), int(halves[3], 16)
    return f"{halves[1]}\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"


def refuse_too_many(text: str, file: str) -> None:
    """A value takes a quarter of a kilobyte: what is written in two bytes must not fill the memory. Only where a text
    has that many places for values they are counted."""
    if sum(text.count(mark) for mark in ",:\n[{") <= MOST_VALUES:
        return
    count = 0
    for event in yaml.parse(text, Loader=LOADER):
        count += isinstance(event, yaml.NodeEvent)
        if count > MOST_VALUES:
            line = None if event.start_mark is None else event.start_mark.line + 1
            raise UnreadableInput(f"more than {MOST_VALUES:,} values: no manifest holds as many", file=file, line=line)


def refuse_bomb(root: yaml.Node, file: str) -> None:
    """An alias is the same node, not a copy; but who reads the values comes by it again at each alias. A few lines of
    aliases of aliases would be read for years.

    Raises UnreadableInput for a document that has too many values with its aliases counted, or contains itself.
    """
    sizes: dict[int, int] = {}
    written, within = 0, set[int]()
    stack = [(root, False)]
    while stack:
        node, counted = stack.pop()
        if counted:
            within.discard(id(node))
            sizes[id(node)] = size = 1 + sum(sizes[id(part)] for part in _parts(node))
            written += 1
            if size - written > MOST_BY_ALIASES:
                says = f"more than {MOST_BY_ALIASES:,} values, aliases counted"
                raise UnreadableInput(says, file=file, line=node.start_mark.line + 1)
        elif isinstance(node, yaml.ScalarNode):
            if id(node) not in sizes:
                sizes[id(node)] = 1
                written += 1
        elif id(node) in within:
            says = "nested too deep: an alias stands inside of what it names"
            raise UnreadableInput(says, file=file, line=node.start_mark.line + 1)
        elif id(node) not in sizes:
            within.add(id(node))
            stack.append((node, True))
            stack.extend((part, False) for part in _below(node))


def _below(node: yaml.Node) -> Iterator[yaml.Node]:
    """The values directly in a list or mapping."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value
    else:
        yield from node.value


def _parts(node: yaml.Node) -> Iterator[yaml.Node]:
    """The same, with what `<<` brings in place of what it names: however often a mapping is merged in, it is read
    once."""
    if not isinstance(node, yaml.MappingNode):
        yield from node.value
        return
    mappings, taken = [node], {id(node)}
    while mappings:
        for key, value in mappings.pop().value:
            if key.tag != MERGE_KEY:
                yield key
                yield value
                continue
            for base in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                if isinstance(base, yaml.MappingNode) and id(base) not in taken:
                    taken.add(id(base))
                    mappings.append(base)


MERGE_KEY: Final = "tag:yaml.org,2002:merge"
_DEEPEST_MERGE = 50


def read_mapping(node: yaml.MappingNode, file: str) -> dict[str, yaml.Node]:
    """Key -> value; what is written here counts before what is merged in, and what is merged first before the rest.

    Raises UnreadableInput, with both lines for a key that stands twice.
    """
    return _read(node, file, depth=0, taken=set())


def _read(node: yaml.MappingNode, file: str, *, depth: int, taken: set[int]) -> dict[str, yaml.Node]:
    """`taken`: mappings that are merged in already. What came first counts, so none is needed twice: without that
    a few lines of merges of merges would take forever."""
    taken.add(id(node))
    own = _own(node, file)
    for base in _merged(node):
        if not isinstance(base, yaml.MappingNode) or depth > _DEEPEST_MERGE:
            raise UnreadableInput("`<<` does not name a mapping", file=file, line=base.start_mark.line + 1)
        if id(base) not in taken:
            own = _read(base, file, depth=depth + 1, taken=taken) | own
    return own


def _own(node: yaml.MappingNode, file: str) -> dict[str, yaml.Node]:
    own: dict[str, yaml.Node] = {}
    lines: dict[str, int] = {}
    for key, value in node.value:
        if key.tag == MERGE_KEY:
            continue
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise UnreadableInput("a key is not a single value", file=file, line=line)
        name = key.value
        if name in own:
            says = f"the key {name!r} stands twice, here and in line {lines[name]}"
            raise UnreadableInput(says, file=file, line=line, hint="keep one of them")
        own[name] = value
        lines[name] = line
    return own


def _merged(node: yaml.MappingNode) -> Iterator[yaml.Node]:
    for key, value in node.value:
        if key.tag == MERGE_KEY:
            yield from value.value if isinstance(value, yaml.SequenceNode) else [value]


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

    @property
    def is_integer(self) -> bool:
        return isinstance(self.node, yaml.ScalarNode) and self.node.tag == f"{_TAG}int"

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
