"""How a YAML text is laid out, so that what is added looks like what stands there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from ..model.pattern import lazy_pattern
from .plain_data import type_of_plain
from .yaml_tree import Kind, Node

_SURELY_TEXT = lazy_pattern(r"[A-Za-z_/.][A-Za-z0-9_./@+=-]*(?::[A-Za-z0-9_./@+=-]+)*")
"""Text that every reader of YAML, of whatever version, takes for text, in flow style, too."""


class Layout(Struct, frozen=True):
    """`step`: columns by which a mapping inside a mapping is indented. `dash`: columns from a key to the dashes of its
    list, None where lists are written in brackets. `quote`: the one used most. `is_json`: all text is quoted."""

    newline: str
    step: int
    dash: int | None
    quote: str
    is_json: bool = False

    def inline(self, value: Any, *, like: str = "", bracketed: bool = False) -> str:
        """A value on one line. `like`: the quote (or `""`) of the scalar in whose place it stands. `bracketed`: it will
        stand in brackets, where older readers stumble over a colon without quotes."""
        if isinstance(value, dict):
            entries = (f"{self.inline(k, bracketed=True)}: {self.inline(v, bracketed=True)}" for k, v in value.items())
            return "{" + ", ".join(entries) + "}"
        if isinstance(value, (list, tuple)):
            return "[" + ", ".join(self.inline(item, bracketed=True) for item in value) + "]"
        if not isinstance(value, str):
            return json.dumps(value)
        if self.is_json:
            return _quoted(value, '"')
        if like not in ("'", '"') and _is_plain(value) and not (bracketed and ":" in value):
            return value
        return _quoted(value, like if like in ("'", '"') else self.quote)

    def entry_lines(self, key: str, value: Any, column: int) -> list[str]:
        """A key with its value as lines, without their breaks."""
        pad, name = " " * column, self.inline(key)
        if isinstance(value, dict) and value:
            inner = (self.entry_lines(part, deeper, column + self.step) for part, deeper in value.items())
            return [f"{pad}{name}:", *(line for lines in inner for line in lines)]
        if isinstance(value, (list, tuple)) and value and self.dash is not None:
            dashes = " " * (column + self.dash)
            return [f"{pad}{name}:", *(f"{dashes}- {self.inline(item)}" for item in value)]
        return [f"{pad}{name}: {self.inline(value)}"]


def layout_of(text: str, root: Node) -> Layout:
    """What the text does most, or first; where it shows nothing, as Compose's documentation writes."""
    steps, dashes = [], []
    for key, value in _block_entries(root):
        if value.kind is Kind.MAPPING and value.pairs:
            steps.append(column_of(text, value.pairs[0][0].start) - column_of(text, key.start))
        if value.kind is Kind.SEQUENCE and value.items:
            dash = dash_before(text, value.items[0])
            if dash is not None:
                dashes.append(column_of(text, dash) - column_of(text, key.start))
    return Layout(
        newline="\r\n" if "\r\n" in text else "\n",
        step=next((step for step in steps if step > 0), 2),
        dash=next((dash for dash in dashes if dash >= 0), None),
        is_json=root.flow and all(name.style == '"' for name, _ in root.pairs),
        quote="'" if text.count("'") > text.count('"') else '"',
    )


def _block_entries(node: Node) -> Iterator[tuple[Node, Node]]:
    """Keys of block mappings with values in block style, those of services first."""
    services = node.entry("services")
    inside = [services[1]] if services is not None else []
    for mapping in (*inside, node):
        for key, value in mapping.pairs:
            if not value.flow and not mapping.flow:
                yield key, value
            yield from _block_entries(value) if value.kind is Kind.MAPPING else ()


def column_of(text: str, index: int) -> int:
    return index - (text.rfind("\n", 0, index) + 1)


def dash_before(text: str, item: Node) -> int | None:
    """Where the dash of a block list's item stands; None where that is not plain to see."""
    dash = text.rfind("-", 0, item.start)
    if dash < 0 or text[dash + 1 : item.start].strip():
        return None
    before = text[text.rfind("\n", 0, dash) + 1 : dash]
    return dash if not before.replace("-", "").strip() else None


def _is_plain(value: str) -> bool:
    return _SURELY_TEXT.fullmatch(value) is not None and type_of_plain(value) == "str"


def _quoted(value: str, quote: str) -> str:
    if quote == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(letter: str) -> str:
    """JSON would write two halves for a letter beyond U+FFFF, which YAML does not read."""
    if letter in ('"', "\\"):
        return f"\\{letter}"
    code = ord(letter)
    return letter if letter.isprintable() else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
