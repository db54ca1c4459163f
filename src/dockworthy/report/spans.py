"""Words and code in one sentence: controls write names and keys between backticks, as `privileged: true`."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct


class Span(Struct, frozen=True):
    """A piece of a sentence; `code` is what stood between two backticks."""

    text: str
    code: bool = False


def spans(text: str) -> Iterator[Span]:
    """The pieces in order. A backtick without a partner is a backtick."""
    before, *rest = text.split("`")
    yield Span(before)
    while len(rest) >= 2:
        yield Span(rest.pop(0), code=True)
        yield Span(rest.pop(0))
    for alone in rest:
        yield Span(f"`{alone}")
