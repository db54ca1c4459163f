"""A removal for the person who decides: what goes, and what stays and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model.counts import number_of
from ..model.removal import Removal, RemovalItem, RemovedKind
from .sheet import Sheet

_COLUMN = 15
_NAMED = 12
"""Of a kind; of more it is said how many."""


def render_removal(removal: Removal, *, width: int, colour: bool) -> str:
    sheet = Sheet(width=width, colour=colour)
    if removal.is_empty:
        sheet.line(f"{removal.project}: there is nothing to remove on {removal.host}", style="heading")
    else:
        says = "was removed from" if removal.done else "will be removed from"
        sheet.line(f"{removal.project} {says} {removal.host}", style="heading")
    for kind in RemovedKind:
        if going := removal.going(kind):
            style = "" if removal.done else "bad"
            sheet.entry(str(kind), _named(kind, going), indent=1, column=_COLUMN, label_style=style)
    for each in removal.items:
        if not each.remove:
            sheet.entry("stays", f"{each.kind} {each.name}: {each.because}", indent=1, column=_COLUMN)
    for note in removal.notes:
        sheet.entry("note", note, indent=1, column=_COLUMN)
    return str(sheet)


def _named(kind: RemovedKind, items: Sequence[RemovalItem]) -> str:
    if kind is RemovedKind.VERSION:
        return f"{number_of(len(items), 'content')} of secrets, configs and values: {_few(_each_once(items))}"
    return _few([each.name for each in items])


def _each_once(items: Sequence[RemovalItem]) -> list[str]:
    return list(dict.fromkeys(each.name for each in items))


def _few(names: Sequence[str]) -> str:
    return ", ".join(_shown(names))


def _shown(names: Sequence[str]) -> Iterator[str]:
    yield from names[:_NAMED]
    if len(names) > _NAMED:
        yield f"and {len(names) - _NAMED} more"
