"""A text before it is read as YAML: letters as YAML knows them, and no more values than memory can hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import yaml

from ..errors import UnreadableInput
from ..model.pattern import lazy_pattern
from .yaml_mapping import MERGE_KEY

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
