"""A list that comes in pieces, taken apart into what it lists: however long it is, one object is held at a time.

Whoever may make objects can make a list long. It must not be taken away from the others by that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

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


__all__ = ["Item", "ListSplitter"]
