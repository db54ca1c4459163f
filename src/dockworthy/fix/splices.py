"""A change as splices of a YAML text: which characters become which, and no others. What is added looks like what
stands there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from ..model.pattern import lazy_pattern
from .yaml_tree import Node, NodeKind, type_of_plain

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
        if value.kind is NodeKind.MAPPING and value.pairs:
            steps.append(column_of(text, value.pairs[0][0].start) - column_of(text, key.start))
        if value.kind is NodeKind.SEQUENCE and value.items:
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
            yield from _block_entries(value) if value.kind is NodeKind.MAPPING else ()


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


_BLOCK_SCALARS: Final = ("|", ">")


class NoPlace(Exception):
    """The text has no place of its own for the change; `at` is where a person would look (a character)."""

    def __init__(self, says: str, at: int, hint: str = "") -> None:
        super().__init__(says)
        self.says = says
        self.at = at
        self.hint = hint


class Splice(Struct, frozen=True):
    """The characters from `start` up to `end` become `text`."""

    start: int
    end: int
    text: str


class Splices:
    """Makes the splices of single edits of one text."""

    def __init__(self, text: str, layout: Layout) -> None:
        self._text = text
        self._layout = layout

    def replace(self, name: Node | None, value: Node, new: Any) -> Splice:
        """The value under `name` (or an item of a list) becomes `new`."""
        is_block = value.kind in (NodeKind.MAPPING, NodeKind.SEQUENCE) and not value.flow
        start, end = value.start, value.end
        if is_block and name is not None:
            start = self._after_colon(name)
        text = self._layout.inline(new, like=value.style)
        if start and self._text[start - 1] in ":-":
            text = f" {text}"
        if value.style in _BLOCK_SCALARS:
            text += self._layout.newline
        return Splice(start, end, text)

    def insert_key(self, mapping: Node, key: str, new: Any) -> Splice:
        """A new entry after the last one."""
        if mapping.flow or not mapping.pairs:
            written = f"{self._key_like(mapping, key)}: {self._layout.inline(new, bracketed=True)}"
            return self._into_brackets(mapping, mapping.pairs[-1] if mapping.pairs else None, written)
        column = column_of(self._text, mapping.pairs[0][0].start)
        lines = self._layout.entry_lines(key, new, column)
        last = mapping.pairs[-1][0]
        if self._ends_in_unfinished_block(mapping):
            return self._lines_before(last, lines)
        return self._lines_after(mapping, lines)

    def append_item(self, sequence: Node, new: Any) -> Splice:
        """A new item after the last one."""
        if sequence.flow or not sequence.items:
            like = sequence.items[-1].style if sequence.items else ""
            written = self._layout.inline(new, like=like, bracketed=True)
            last = (sequence.items[-1], sequence.items[-1]) if sequence.items else None
            return self._into_brackets(sequence, last, written)
        item = sequence.items[-1]
        dash = dash_before(self._text, item)
        if dash is None or self._ends_in_unfinished_block(sequence):
            raise NoPlace("the list is laid out in a way that can't be added to", sequence.start)
        written = f"{' ' * column_of(self._text, dash)}- {self._layout.inline(new, like=item.style)}"
        return self._lines_after(sequence, [written])

    def delete_key(self, mapping: Node, name: Node, value: Node) -> Splice:
        """An entry with its lines; comments above it stay."""
        if mapping.flow:
            index = next(number for number, pair in enumerate(mapping.pairs) if pair[0] is name)
            return self._out_of_brackets([(key, inner) for key, inner in mapping.pairs], index)
        return self._without_lines(name.start, max(name.end, value.end), value)

    def delete_item(self, sequence: Node, index: int) -> Splice:
        item = sequence.items[index]
        if sequence.flow:
            return self._out_of_brackets([(entry, entry) for entry in sequence.items], index)
        dash = dash_before(self._text, item)
        if dash is None:
            raise NoPlace("the list is laid out in a way that can't be taken from", item.start)
        return self._without_lines(dash, item.end, item)

    def merging(self, name: Node, alias: Node, key: str, new: Any) -> Splice:
        """`web: *base` becomes a mapping that merges base, and holds one key of its own."""
        written = self._text[alias.start : alias.end]
        if self._in_brackets(name):
            return Splice(
                alias.start, alias.end, f"{{<<: {written} , {key}: {self._layout.inline(new, bracketed=True)}}}"
            )
        column = column_of(self._text, name.start) + self._layout.step
        lines = [f"{' ' * column}<<: {written}", *self._layout.entry_lines(key, new, column)]
        start, newline = self._after_colon(name), self._layout.newline
        return Splice(start, alias.end, newline + newline.join(lines))

    def _in_brackets(self, name: Node) -> bool:
        line = self._text[self._text.rfind("\n", 0, name.start) + 1 : name.start]
        return bool(line.strip())

    def _after_colon(self, name: Node) -> int:
        return self._text.index(":", name.end) + 1

    def _key_like(self, mapping: Node, key: str) -> str:
        """A key, quoted where the others are: the text may be JSON."""
        style = mapping.pairs[-1][0].style if mapping.pairs else ""
        return self._layout.inline(key, like=style)

    def _into_brackets(self, holder: Node, last: tuple[Node, Node] | None, written: str) -> Splice:
        if last is None:
            if self._text[holder.start : holder.start + 1] not in ("{", "["):
                raise NoPlace("there is no mapping to add to", holder.start)
            return Splice(holder.start + 1, holder.start + 1, written)
        at = max(last[0].end, last[1].end)
        own_line = self._text[self._text.rfind("\n", 0, last[0].start) + 1 : last[0].start]
        if own_line.strip() or last[0].start == 0:
            return Splice(at, at, f", {written}")
        return Splice(at, at, f",{self._layout.newline}{own_line}{written}")

    def _out_of_brackets(self, entries: list[tuple[Node, Node]], index: int) -> Splice:
        start, end = entries[index][0].start, max(node.end for node in entries[index])
        if index + 1 < len(entries):
            following = entries[index + 1][0].start
            if "#" not in self._text[end:following]:
                return Splice(start, following, "")
            return self._with_its_comment(start, self._text.index(",", end) + 1)
        before = max(node.end for node in entries[index - 1]) if index else start
        return Splice(start if "#" in self._text[before:start] else before, end, "")

    def _with_its_comment(self, start: int, end: int) -> Splice:
        """An entry with a line of its own takes the comment behind it along."""
        begin = self._text.rfind("\n", 0, start) + 1
        return Splice(start, end, "") if self._text[begin:start].strip() else Splice(begin, self._line_end(end), "")

    def _line_end(self, index: int) -> int:
        """After the break of the line that holds the character before `index`; the text's end where there is none."""
        if index and self._text[index - 1] == "\n":
            return index
        found = self._text.find("\n", index)
        return len(self._text) if found < 0 else found + 1

    def _lines_after(self, holder: Node, lines: list[str]) -> Splice:
        at, newline = self._line_end(self._content_end(holder)), self._layout.newline
        if at == len(self._text) and not self._text.endswith("\n"):
            return Splice(at, at, newline + newline.join(lines))
        return Splice(at, at, newline.join(lines) + newline)

    def _lines_before(self, name: Node, lines: list[str]) -> Splice:
        at, newline = self._text.rfind("\n", 0, name.start) + 1, self._layout.newline
        if self._text[at : name.start].strip():
            raise NoPlace("the mapping is laid out in a way that can't be added to", name.start)
        return Splice(at, at, newline.join(lines) + newline)

    def _content_end(self, holder: Node) -> int:
        """Blank lines after a block scalar belong to nobody, unless it keeps them (`|+`)."""
        last = _last_scalar(holder)
        if last.style not in _BLOCK_SCALARS or "+" in self._text[last.start : last.start + 4]:
            return holder.end
        return len(self._text[: holder.end].rstrip()) if holder.end else 0

    def _ends_in_unfinished_block(self, holder: Node) -> bool:
        """A block scalar whose last line has no break: one after it would change the scalar."""
        last = _last_scalar(holder)
        return last.style in _BLOCK_SCALARS and last.end == len(self._text) and not self._text.endswith("\n")

    def _without_lines(self, start: int, end: int, value: Node) -> Splice:
        begin = self._text.rfind("\n", 0, start) + 1
        if self._text[begin:start].strip():
            raise NoPlace("it shares its line with what must stay", start)
        stop = self._line_end(end if value.kind is not NodeKind.SCALAR or end > value.start else max(end, start + 1))
        if stop == len(self._text) and not self._text.endswith("\n") and begin:
            begin -= len(self._layout.newline)
        return Splice(begin, stop, "")


def _last_scalar(node: Node) -> Node:
    while node.kind in (NodeKind.MAPPING, NodeKind.SEQUENCE) and not node.flow and (node.pairs or node.items):
        node = node.pairs[-1][1] if node.pairs else node.items[-1]
    return node
