"""An answer of the engine's that its reader may not see as a whole: held and changed, or let through object by object,
or line by line."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from ..rights.showing import ShownObjects
from . import answers
from .redaction import without_secrets

_IN_TEXT = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_SIGN = re.compile(rb'["\[\]{},]')
_WITHIN = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
"""Within an object only its own end matters: texts that came whole are passed over at once."""

Item = Callable[[str, bytes], bytes]
"""What of an object is shown, as JSON, empty for nothing: by the name of its list (empty for an answer that is a list
itself), and its own JSON. Raises ValueError for what is no JSON."""


class ListSplitter:
    """Feed it, and pass on what it gives: the same JSON with what `item` leaves.

    `names` are the members of an answer that hold lists, where it is an object; the rest of it is passed on as it is.
    `room`: may so many more bytes be held? `most`: bytes of one object. Raises ValueError for what can't be taken
    apart.
    """

    def __init__(
        self, item: Item, names: Collection[str], room: Callable[[int], bool], most: int, *, held: int = 0
    ) -> None:
        self._item, self._names, self._room, self._most = item, names, room, most
        self._left = bytearray()
        """What is not passed on yet: it begins where an object, or a part between lists, begins."""
        self._seen = 0  # of it, as far as it was read
        self._held = held  # the most so far, for which room was taken
        self._depth = 0
        self._in_text = False
        self._text_at, self._last_text = 0, b""
        self._list_depth, self._list = 0, ""  # the depth of what the list that is read now holds
        self._first = False
        self._closed = False

    def feed(self, data: bytes) -> bytes:
        said = bytearray()
        self._left += data
        while self._seen < len(self._left):
            if self._in_text:
                if not self._end_of_text():
                    break
                continue
            if (
                self._list_depth
                and self._depth > self._list_depth
                and (within := _WITHIN.match(self._left, self._seen))
            ):
                self._seen = within.end()
            sign = _SIGN.search(self._left, self._seen)
            if sign is None:
                self._seen = len(self._left)
                break
            self._seen = sign.end()
            said += self._at(sign[0])
        if len(self._left) > self._held:
            more, self._held = len(self._left) - self._held, len(self._left)
            if self._held > self._most or not self._room(more):
                raise ValueError("one object is too large to be looked at")
        return bytes(said)

    def end(self) -> bytes:
        if not self._closed or self._depth or self._left.strip():
            raise ValueError("the list has no end")
        return b"\n"

    def _end_of_text(self) -> bool:
        """False where it goes on in what is still to come."""
        end = _IN_TEXT.match(self._left, self._seen)
        self._seen = end.end() if end is not None else self._seen
        if self._seen >= len(self._left) or self._left[self._seen : self._seen + 1] != b'"':
            return False
        self._seen += 1
        self._in_text = False
        if self._depth == 1 and not self._list_depth:
            self._last_text = bytes(self._left[self._text_at : self._seen])
        return True

    def _at(self, sign: bytes) -> bytes:
        if sign == b'"':
            self._in_text, self._text_at = True, self._seen - 1
        elif sign in b"[{":
            return self._opened(sign)
        elif sign in b"]}":
            return self._shut(sign)
        elif self._list_depth == self._depth:  # a comma between two objects of a list
            return self._object()
        return b""

    def _opened(self, sign: bytes) -> bytes:
        if self._closed:
            raise ValueError("more than one answer")
        self._depth += 1
        if sign != b"[" or self._list_depth:
            return b""
        name = self._last_text.decode("utf-8", "replace")[1:-1] if self._depth == 2 else ""
        if self._depth == 1 or (self._depth == 2 and name in self._names):
            self._list_depth, self._list, self._first = self._depth, name, True
            return self._taken()
        return b""

    def _shut(self, sign: bytes) -> bytes:
        said = b""
        if self._list_depth and self._depth == self._list_depth:
            if sign != b"]":
                raise ValueError("a list ends as an object does")
            said = self._object()
            self._list_depth = 0
            self._left[:0] = b"]"
            self._seen += 1
        self._depth -= 1
        if self._depth < 0:
            raise ValueError("it ends twice")
        if not self._depth:
            self._closed = True
            said += self._taken()
        return said

    def _object(self) -> bytes:
        """The one that ends before the sign that was just read."""
        own = bytes(self._left[: self._seen - 1]).strip()
        del self._left[: self._seen]
        self._seen = 0
        shown = self._item(self._list, own) if own else b""
        if not shown:
            return b""
        comma, self._first = b"" if self._first else b",", False
        return comma + shown

    def _taken(self) -> bytes:
        """As far as it was read."""
        said = bytes(self._left[: self._seen])
        del self._left[: self._seen]
        self._seen = 0
        return said


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
        shown: ShownObjects | None,
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


class LineFilter:
    """`is_old`: a client that can't read chunks; its answer ends with the connection. A line that is too long to be
    looked at is left out: what somebody made must not end everybody's stream."""

    def __init__(self, shown: ShownObjects, *, is_old: bool) -> None:
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
    shown: ShownObjects | None, room: Room, *, hides: bool, is_old: bool, lists: Mapping[str, str] = {}
) -> Rewriting | None:
    """None where the answer is passed on as it comes."""
    if shown is not None and shown.by_lines:
        return LineFilter(shown, is_old=is_old)
    if shown is None and not hides:
        return None
    return Whole(shown, room, hides=hides, lists=lists, is_old=is_old)
