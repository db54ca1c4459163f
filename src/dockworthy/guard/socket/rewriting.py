"""An answer of the engine's that its reader may not see as a whole: held and changed, or let through object by object,
or line by line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from ..rights.showing import Shown
from . import answers
from .list_splitter import ListSplitter
from .redaction import without_secrets

MOST_REWRITTEN = 32 * 1024 * 1024
"""Bytes of an answer that is held as a whole."""
LONG = 1024 * 1024
"""Bytes from which on a list is passed on object by object."""
MOST_LINE = 1024 * 1024

Room = Callable[[int], bool]
Headers = list[tuple[str, str]]
_OF_THE_HOP = ("content-length", "transfer-encoding", "connection")


class Rewriting(Protocol):
    """Each gives what is to be written to the client. Raises ValueError where no more can be told apart."""

    def head(self, status: int, headers: Headers) -> bytes: ...

    def body(self, data: bytes) -> bytes: ...

    def end(self, *, keep: bool) -> bytes: ...


class Whole:
    """`shown` None: all of it, `hides`: without its secrets. `room`: may so many bytes more be held? `lists` are those
    in the answer, by name, with the kind of what they list: a long one is passed on while it comes."""

    def __init__(
        self,
        shown: Shown | None,
        room: Room,
        *,
        hides: bool,
        lists: Mapping[str, str] = {},
        is_old: bool = False,
    ) -> None:
        self._shown, self._hides, self._room, self._lists, self._is_old = shown, hides, room, lists, is_old
        self._status, self._headers, self._held = 0, Headers(), bytearray()
        self._splitter: ListSplitter | None = None

    def head(self, status: int, headers: Headers) -> bytes:
        self._status, self._headers = status, headers
        return b""

    def body(self, data: bytes) -> bytes:
        if self._splitter is not None:
            return _framed(self._splitter.feed(data), is_old=self._is_old)
        self._held += data
        if len(self._held) > MOST_REWRITTEN or not self._room(len(data)):
            raise ValueError("too large to be looked through")
        if len(self._held) > LONG and self._lists and 200 <= self._status < 300:
            held, self._held = bytes(self._held), bytearray()
            self._splitter = ListSplitter(self._item, self._lists, self._room, MOST_REWRITTEN, held=len(held))
            kept = [pair for pair in self._headers if pair[0].lower() not in _OF_THE_HOP]
            head = answers.stream_head(self._status, kept, in_chunks=not self._is_old)
            return head + _framed(self._splitter.feed(held), is_old=self._is_old)
        return b""

    def _item(self, name: str, item: bytes) -> bytes:
        item = item if self._shown is None else self._shown.item(self._lists[name], item)
        return without_secrets(item).rstrip() if self._hides and item else item

    def end(self, *, keep: bool) -> bytes:
        if self._splitter is not None:
            return _framed(self._splitter.end(), is_old=self._is_old) + _end_of_chunks(is_old=self._is_old)
        body = bytes(self._held)
        if 200 <= self._status < 300 and body:
            try:
                body = body if self._shown is None else self._shown.whole(body)
                body = without_secrets(body) if self._hides else body
            except ValueError:
                return answers.error(502, "the engine's answer can't be read, so nothing of it is shown", keep=keep)
        headers = [pair for pair in self._headers if pair[0].lower() not in _OF_THE_HOP]
        return answers.head(self._status, headers, len(body), keep=keep) + body


class Lines:
    """`is_old`: a client that can't read chunks; its answer ends with the connection. A line that is too long to be
    looked at is left out: what somebody made must not end everybody's stream."""

    def __init__(self, shown: Shown, *, is_old: bool) -> None:
        self._shown, self._is_old = shown, is_old
        self._passes, self._rest, self._too_long = False, b"", False

    def head(self, status: int, headers: Headers) -> bytes:
        self._passes = not 200 <= status < 300  # why there are none
        kept = [pair for pair in headers if pair[0].lower() not in _OF_THE_HOP]
        return answers.stream_head(status, kept, in_chunks=not self._is_old)

    def body(self, data: bytes) -> bytes:
        if self._passes:
            return _framed(data, is_old=self._is_old)
        if self._too_long:
            _, end, data = data.partition(b"\n")
            self._too_long = not end
        *whole, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MOST_LINE:
            self._rest, self._too_long = b"", True
        lines = (line for line in whole if line.strip() and len(line) <= MOST_LINE)
        return _framed(b"".join(self._shown.line(line + b"\n") for line in lines), is_old=self._is_old)

    def end(self, *, keep: bool) -> bytes:
        last = self._shown.line(self._rest) if self._rest.strip() else b""
        return _framed(last, is_old=self._is_old) + _end_of_chunks(is_old=self._is_old)


def _framed(data: bytes, *, is_old: bool) -> bytes:
    return data if is_old or not data else b"%x\r\n%b\r\n" % (len(data), data)


def _end_of_chunks(*, is_old: bool) -> bytes:
    return b"" if is_old else b"0\r\n\r\n"


def rewriting(
    shown: Shown | None, room: Room, *, hides: bool, is_old: bool, lists: Mapping[str, str] = {}
) -> Rewriting | None:
    """None where the answer is passed on as it comes."""
    if shown is not None and shown.by_lines:
        return Lines(shown, is_old=is_old)
    if shown is None and not hides:
        return None
    return Whole(shown, room, hides=hides, lists=lists, is_old=is_old)


__all__ = ["LONG", "MOST_LINE", "MOST_REWRITTEN", "Headers", "Lines", "Rewriting", "Room", "Whole", "rewriting"]
