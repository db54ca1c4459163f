"""Words and code in one sentence: controls write names and keys between backticks, as `privileged: true`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct


class Span(Struct, frozen=True):
    """A piece of a sentence; `code` is what stood between two backticks."""

    text: str
    code: bool = False


def spans(text: str) -> Iterator[Span]:
    """The pieces in order, none empty. A backtick without a partner is a backtick."""
    for number, piece in enumerate(re.split("`([^`]+)`", text)):
        if piece:
            yield Span(piece, code=number % 2 == 1)
