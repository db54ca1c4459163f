"""An answer of the engine's that its reader may not see as a whole: held and changed, or let through line by line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ..rights.showing import Shown
from . import answers
from .redaction import without_secrets

MOST_REWRITTEN = 32 * 1024 * 1024
"""Bytes of an answer that is held as a whole."""
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
    """`shown` None: all of it, `hides`: without its secrets. `room`: may so many bytes more be held?"""

    def __init__(self, shown: Shown | None, room: Room, *, hides: bool) -> None:
        self._shown, self._hides, self._room = shown, hides, room
        self._status, self._headers, self._held = 0, Headers(), bytearray()

    def head(self, status: int, headers: Headers) -> bytes:
        self._status, self._headers = status, headers
        return b""

    def body(self, data: bytes) -> bytes:
        self._held += data
        if len(self._held) > MOST_REWRITTEN or not self._room(len(data)):
            raise ValueError("too large to be looked through")
        return b""

    def end(self, *, keep: bool) -> bytes:
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
    """`is_old`: a client that can't read chunks; its answer ends with the connection."""

    def __init__(self, shown: Shown, *, is_old: bool) -> None:
        self._shown, self._is_old = shown, is_old
        self._passes, self._rest = False, b""

    def head(self, status: int, headers: Headers) -> bytes:
        self._passes = not 200 <= status < 300  # why there are none
        kept = [pair for pair in headers if pair[0].lower() not in _OF_THE_HOP]
        return answers.stream_head(status, kept, in_chunks=not self._is_old)

    def body(self, data: bytes) -> bytes:
        if self._passes:
            return self._framed(data)
        *whole, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MOST_LINE:
            raise ValueError("too long a line")
        return self._framed(b"".join(self._shown.line(line + b"\n") for line in whole if line.strip()))

    def end(self, *, keep: bool) -> bytes:
        last = self._shown.line(self._rest) if self._rest.strip() else b""
        return self._framed(last) + (b"" if self._is_old else b"0\r\n\r\n")

    def _framed(self, data: bytes) -> bytes:
        return data if self._is_old or not data else b"%x\r\n%b\r\n" % (len(data), data)


def rewriting(shown: Shown | None, room: Room, *, hides: bool, is_old: bool) -> Rewriting | None:
    """None where the answer is passed on as it comes."""
    if shown is not None and shown.by_lines:
        return Lines(shown, is_old=is_old)
    return Whole(shown, room, hides=hides) if shown is not None or hides else None


__all__ = ["MOST_LINE", "MOST_REWRITTEN", "Headers", "Lines", "Rewriting", "Room", "Whole", "rewriting"]
