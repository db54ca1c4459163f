"""Each fix alone as edits of a file's lines: for editors, code scanning, and whoever wants to see it before."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct, structs

from ..errors import UsageError
from ..model.compose_fix import KnownToEngine
from ..model.finding import Finding
from ..model.fix import Change, Edit, Fix
from ..model.workload import Unit
from .candidates import NOTHING_KNOWN, TextOf, candidates
from .compose_edit import edit_compose
from .splices import Layout, column_of, layout_of
from .yaml_tree import Node, PlainReading, read_document

MOST_EDITED: Final = 300
"""Fixes beyond these come without their edits: nobody clicks through them, and thousands would take seconds."""


def fixes_for(
    findings: Iterable[Finding],
    units: Iterable[Unit],
    text_of: TextOf,
    known: KnownToEngine = NOTHING_KNOWN,
) -> tuple[Fix, ...]:
    """The fixes of findings on Compose services with their edits, each fix as if it were made alone.

    One that would change other services, too, or has no place in the text, is left out.
    """
    by_id = {unit.id: unit for unit in units}
    fixes = candidates(findings, by_id.values(), text_of, known)
    files: dict[str, _File] = {}
    found = []
    for number, fix in enumerate(fixes):
        name = by_id[fix.subject].source.where
        if number < MOST_EDITED:
            if name not in files:
                files[name] = _File(text_of(name) or "", name)
            try:
                fix = structs.replace(fix, edits=tuple(files[name].edits(fix.changes)))
            except UsageError:  # `dockworthy fix` says why, when it is asked for
                continue
        found.append(fix)
    return tuple(found)


class _Part(Struct, frozen=True):
    """Lines of a file that can be edited and read by themselves; `before` counts the lines above them."""

    text: str
    before: int


class _File:
    """Most services can be edited by themselves: then nothing else has to be read again for each of its fixes."""

    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._name = name
        self._root = read_document(text, name)[0]
        self._layout = layout_of(text, self._root)
        self._parts: dict[str, _Part] = {}

    def edits(self, changes: tuple[Change, ...]) -> Iterator[Edit]:
        """Raises FixRefused."""
        part = self._part(changes[0].service)
        after = edit_compose(part.text, changes, file=self._name, layout=self._layout)
        yield from line_edits(part.text, after, file=self._name, before=part.before)

    def _part(self, service: str) -> _Part:
        if service not in self._parts:
            self._parts[service] = _part_of(self._text, self._root, service, self._layout, self._name)
        return self._parts[service]


def _part_of(text: str, root: Node, service: str, layout: Layout, name: str) -> _Part:
    """The service alone below `services:`, what its aliases stand for above it; the whole text where an anchor in it
    may be used elsewhere, or its lines are not its own."""
    whole = _Part(text, 0)
    services = root.entry("services")
    entry = services[1].entry(service) if services is not None else None
    if services is None or entry is None or services[1].flow or entry[1].flow:
        return whole
    begin = text.rfind("\n", 0, entry[0].start) + 1
    if text[begin : entry[0].start].strip() or column_of(text, entry[0].start) == 0:
        return whole
    head = _anchors_of(entry[1], text, name)
    if head is None:
        return whole
    end = text.find("\n", max(entry[1].end - 1, entry[0].end))
    end = len(text) if end < 0 else end + 1
    lines = [*head, "services:"]
    above = "".join(f"{line}{layout.newline}" for line in lines)
    return _Part(above + text[begin:end], text.count("\n", 0, begin) - len(lines))


def _anchors_of(node: Node, text: str, name: str) -> list[str] | None:
    """A line for each anchor that aliases below the node name; None where an anchor stands below it itself, or what one
    stands for can't be said in a line."""
    found: dict[str, str] = {}
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if each.target is not None:
            meant = json.dumps(PlainReading(text, name).of(each), ensure_ascii=False)
            if _is_tagged(each.target) or not meant.isprintable():
                return None
            found[each.target.anchor] = f"x-{len(found)}: &{each.target.anchor} {meant}"
        elif each.anchor:
            return None
        waiting += [inner for pair in each.pairs for inner in pair]
        waiting += each.items
    return list(found.values())


def _is_tagged(node: Node) -> bool:
    inner = [*(part for pair in node.pairs for part in pair), *node.items]
    return bool(node.tag) or any(_is_tagged(each.meant) for each in inner)


def line_edits(old: str, new: str, *, file: str, before: int = 0) -> Iterator[Edit]:
    """What turns the lines of `old` into those of `new`. Only line feeds end a line."""
    import difflib  # where nothing is repaired nobody waits for it

    lines, others = _lines(old), _lines(new)
    same = _same_at_start(lines, others)
    rest = _same_at_start(lines[same:][::-1], others[same:][::-1])
    ours, theirs = lines[same : len(lines) - rest], others[same : len(others) - rest]
    for tag, first, last, start, stop in difflib.SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if tag != "equal":
            text = "".join(theirs[start:stop])
            text += "\n" if text and not text.endswith("\n") else ""
            yield Edit(file, before + same + first + 1, before + same + last, text)


def _lines(text: str) -> list[str]:
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _same_at_start(one: list[str], other: list[str]) -> int:
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
