"""Remembers which texts were read, so that a line of one can be quoted later: of that text, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ..errors import UnreadableInput

Again = Callable[[], str]
"""Reads a text once more. Raises UnreadableInput."""


class ReadTexts:
    """Of each text its hash, and how to read it again: the texts themselves may be a folder of gigabytes.

    Python's own hash of a text has 64 bits, and a key that is new in each process: nobody can aim at it.
    """

    def __init__(self) -> None:
        self._read: dict[str, tuple[int, Again] | None] = {}

    def remember(self, name: str, text: str, again: Again) -> None:
        """A name that stood for two different texts stands for none."""
        read = hash(text)
        known = self._read.get(name, (read, again))
        self._read[name] = known if known is not None and known[0] == read else None

    def text(self, name: str) -> str | None:
        """The text that was read under that name; None where the file holds another one by now, or is gone."""
        read = self._read.get(name)
        if read is None:
            return None
        hashed, again = read
        try:
            text = again()
        except UnreadableInput:
            return None
        return text if hash(text) == hashed else None


_READING: ContextVar[ReadTexts | None] = ContextVar("the texts that are being read", default=None)


@contextmanager
def remembering() -> Iterator[ReadTexts]:
    """Every text that is read meanwhile, by whatever reader, is remembered in the `ReadTexts` it gives."""
    texts = ReadTexts()
    token = _READING.set(texts)
    try:
        yield texts
    finally:
        _READING.reset(token)


def remember(name: str, text: str, again: Again) -> None:
    """Tells whoever is remembering, if anybody is, that this was read."""
    texts = _READING.get()
    if texts is not None:
        texts.remember(name, text, again)
