"""The line that a fact stands in, with a caret under the value: cut to what a reader has room for."""

from __future__ import annotations

from msgspec import Struct

from ..model.finding import Finding
from ..model.result import Result
from .cited import telling_line, value_at
from .sheet import columns, cropped
from .visible import visible

_TAB = "    "
_LEFT_OUT = "..."


class Quote(Struct, frozen=True):
    """`text` is what the line shows, `before` how many columns stand before its caret, `under` how many it is wide.

    `under` is 0 where no column is known.
    """

    line: int
    text: str
    before: int = 0
    under: int = 0

    @property
    def caret(self) -> str:
        return " " * self.before + "^" * self.under


def quote_of(result: Result, finding: Finding, width: int) -> Quote | None:
    """The line of the first fact, `width` columns wide at most; None where there is none that shows something."""
    source = finding.evidence[0].source if finding.evidence else None
    text = telling_line(result, source)
    if text is None or source is None or source.line is None:
        return None
    return _window(source.line, text.rstrip(), source.column, max(width, 20))


def _window(line: int, text: str, column: int | None, width: int) -> Quote:
    """A long line is cut on both sides of the value; indentation that all would share is worth no room."""
    if column is None or not 0 < column <= len(text):
        return Quote(line, _cut(_shown(text), width))
    before, under = _shown(text[: column - 1]), _shown(value_at(text, column))
    whole = before + _shown(text[column - 1 :])
    start = columns(before)
    if columns(whole) > width and start + columns(under) > width:
        room = max(width - min(columns(under), width // 2) - len(_LEFT_OUT), 0)
        kept = _last_columns(before, min(room, width // 3))
        kept = before if kept == before else _LEFT_OUT + kept
        whole, start = kept + _shown(text[column - 1 :]), columns(kept)
    shown = _cut(whole, width)
    return Quote(line, shown, start, max(min(columns(under), columns(shown) - start), 1))


def _shown(text: str) -> str:
    return visible(text.replace("\t", _TAB))


def _cut(text: str, width: int) -> str:
    return text if columns(text) <= width else cropped(text, width - len(_LEFT_OUT)).rstrip() + _LEFT_OUT


def _last_columns(text: str, most: int) -> str:
    while columns(text) > most:
        text = text[1:]
    return text
