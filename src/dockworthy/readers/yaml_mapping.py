"""The entries of a YAML mapping: no key twice, and `<<` merged in, whatever it was made to grow into."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import yaml

from ..errors import UnreadableInput

MERGE_KEY: Final = "tag:yaml.org,2002:merge"
_DEEPEST = 50


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
        if not isinstance(base, yaml.MappingNode) or depth > _DEEPEST:
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
