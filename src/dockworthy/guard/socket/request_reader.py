"""Reads the requests of one client, one after the other. `httptools` parses; a `RequestListener` gets what it finds."""

from __future__ import annotations

import re
from typing import Protocol

import httptools

from ..request import NotCanonical, read_target
from ..routes.table import ROUTES, Body, pattern_of
from .request_head import LONG_HEAD, MOST_BODY, MOST_HEAD, RequestHead, has_body, request_head

_STREAMS = tuple((route.method, re.compile(pattern_of(route))) for route in ROUTES if route.body is Body.STREAM)
_METHODS = frozenset(method for method, _ in _STREAMS)


def streams(head: RequestHead) -> bool:
    """Does its route take a body that is not held as a whole? Raises NotCanonical for a target that can't be read,
    where it matters here: the gate reads it anyhow."""
    if head.method not in _METHODS:
        return False
    path = read_target(head.target).path
    return any(method == head.method and pattern.fullmatch(path) for method, pattern in _STREAMS)


class RequestListener(Protocol):
    """Hears of one request after the other. Whatever it does not want to read on, it stops."""

    def request_begins(self) -> None:
        """The first byte of a request, also where the last one is still under way."""

    def head_read(self, head: RequestHead) -> None:
        """It is of the protocol; the body follows."""

    def head_read_again(self, head: RequestHead) -> None:
        """The same bytes as the last request, which had no body: it is complete."""

    def body_read(self, part: bytes) -> None:
        """A part of the body, which has been added to `body` unless the listener sends the body on as a stream."""

    def request_read(self) -> None:
        """It is complete."""

    def came_early(self) -> None:
        """What follows (`early`) is for another protocol, which the engine did not agree to yet."""

    def frames_without_end(self) -> None:
        """Trailers and extensions of chunks come without an end."""

    def refuse(self, status: int, says: str) -> None:
        """This can't be read."""


class RequestReader:
    """The request that is being read, or is under way. `target` is there before its `head`; `body` is what is held of
    it, with `streams` only what came before it was sent on. `upgrades`: it asks for another protocol."""

    def __init__(self, listener: RequestListener) -> None:
        self._listener = listener
        self._parser = httptools.HttpRequestParser(self)
        self._again: tuple[bytes, RequestHead] | None = None
        """A request that came in one piece, and how it was read: the same bytes are the same request."""
        self._begun = 0
        """How many requests began in this piece."""
        self._last: RequestHead | None = None
        self._stopped = False
        self.early = b""
        self.reset()

    def reset(self) -> None:
        """For the next request."""
        self.head: RequestHead | None = None
        self.target = b""
        self.body = bytearray()
        self.streams = self.sends_on = self.upgrades = self.is_complete = False
        self.size = 0
        """Bytes of it that came."""
        self._headers: list[tuple[bytes, bytes]] = []
        self._lacks = self._head_size = self._without_body = 0

    def stop(self) -> None:
        """Whatever still comes is thrown away."""
        self._stopped = True

    def end(self) -> None:
        """The parser and the listener know us, and we know them: so nothing is left for the garbage collector."""
        self._stopped = True
        del self._parser, self._listener

    @property
    def expects_continue(self) -> bool:
        return self.head is not None and self.head.by_name.get("expect", "").lower() == "100-continue"

    def feed(self, data: bytes) -> None:
        if self._stopped:
            return
        if self._again is not None and self.size == 0 and data == self._again[0]:
            self._read_again(*self._again)
            return
        alone, self._begun = self.size == 0, 0
        self.size += len(data)
        if self._lacks:
            self._take_rest(data)
            return
        self._again = None
        self._without_body += len(data)
        try:
            self._parser.feed_data(data)
            head = self._last
            if alone and self._begun == 1 and head is not None and _is_whole(data) and _is_remembered(head):
                self._again = data, head
        except httptools.HttpParserUpgrade as upgrade:
            self._take_rest(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._listener.refuse(400, "this is no HTTP that the guard reads")
        if self.head is None and self.size > MOST_HEAD:
            self._listener.refuse(431, LONG_HEAD)
        elif self._without_body > MOST_HEAD and not (self._stopped or self.is_complete):
            self._listener.frames_without_end()

    def _read_again(self, data: bytes, head: RequestHead) -> None:
        """As the parser would have read it, which stands where it stood: between two requests."""
        self.size, self.target, self.head = len(data), head.target.encode("latin-1"), head
        self.is_complete = True
        self._listener.head_read_again(head)

    def _take_rest(self, data: bytes) -> None:
        """Where another protocol is asked for, the parser leaves the body to us; behind it is what came early."""
        if self._stopped:
            return
        if self._lacks:
            self.body += data[: self._lacks]
            self._listener.body_read(data)
            if self._stopped:
                return
            data, self._lacks = data[self._lacks :], max(self._lacks - len(data), 0)
            if self._lacks:
                return
            self._complete()
        self.early = data
        self._listener.came_early()

    def _complete(self) -> None:
        self.is_complete = True
        self._listener.request_read()

    # What httptools calls.

    def on_message_begin(self) -> None:
        self._begun, self._last = self._begun + 1, None
        self._listener.request_begins()

    def on_url(self, url: bytes) -> None:
        self.target += url
        self._head_size += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.head is not None:
            return  # behind a body in chunks: it means nothing to the engine
        self._headers.append((name, value))
        self._head_size += len(name) + len(value)

    def on_headers_complete(self) -> None:
        self._without_body = 0
        if self._stopped:
            return
        if self._head_size > MOST_HEAD:
            self._listener.refuse(431, LONG_HEAD)
            return
        try:
            head = request_head(self._parser.get_method(), self.target, self._headers, self._parser.get_http_version())
            self.head = head
            self.streams = streams(head) and has_body(head)
        except NotCanonical as error:
            self._listener.refuse(400, f"Requests have one meaning only (guard/canonical): {error}")
            return
        self.upgrades = self._parser.should_upgrade()
        self._listener.head_read(head)
        if self.upgrades and not self._stopped:
            self._lacks = int(head.by_name.get("content-length", "0"))
            if self.streams or "transfer-encoding" in head.by_name or self._lacks > MOST_BODY:
                self._listener.refuse(400, "a request for another protocol comes with a body of its own")

    def on_body(self, body: bytes) -> None:
        self._without_body = 0
        if self._stopped:
            return
        if not self.sends_on:
            self.body += body
            if not self.streams and len(self.body) > MOST_BODY:
                self._listener.refuse(413, f"the body has more than {MOST_BODY // 2**20} MiB")
                return
        self._listener.body_read(body)

    def on_message_complete(self) -> None:
        if self._stopped or self._lacks:
            return
        self._last = None if self.body or self.streams or self.upgrades else self.head
        self._complete()


def _is_whole(data: bytes) -> bool:
    return data.endswith(b"\r\n\r\n") and data.index(b"\r\n\r\n") == len(data) - 4


def _is_remembered(head: RequestHead) -> bool:
    """Others may hold secrets, which are kept no longer than they are needed, or end the connection."""
    return head.is_plain and not head.wants_close and not has_body(head) and "expect" not in head.by_name
