"""HTTP as an engine speaks it to its plugin: kept-alive connections on a Unix socket, one request at a time on each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import cast

import httptools

from ..parallel import begin_task

MOST_CONNECTIONS = 4096
"""Connections of an engine, which opens one for each request that it is asked at a time. More are refused, as are its
clients."""
LATE = 30.0
"""Seconds in which a question must be there as a whole: an engine writes it at once."""
MOST_BYTES = 32 * 1024 * 1024
"""Bytes of a question: the engine shows bodies of up to 4 MiB, in base64, and headers."""

Said = tuple[int, bytes]
Answer = Callable[[str, bytes], Said | Awaitable[Said]]
"""From path and body to status and body: at once where nothing is to be looked up, which saves a turn of the loop."""

_REASONS = {200: b"OK", 400: b"Bad Request", 404: b"Not Found", 413: b"Content Too Large", 500: b"Server Error"}
_FAILED = 500, b'{"Err":"the guard failed on this request, so it did not pass"}'
"""An engine waits for an answer without an end: any is better than none, and this one is a no."""
_HEAD = b"HTTP/1.1 %d %b\r\nContent-Type: application/vnd.docker.plugins.v1.2+json\r\nContent-Length: %d\r\n%b\r\n"
_LAST = b"Connection: close\r\n"


class PluginProtocol(asyncio.Protocol):
    """`httptools` calls the `on_` methods."""

    def __init__(
        self, answer: Answer, connected: set[PluginProtocol], *, unread: Callable[[bytes], bool] = lambda path: False
    ) -> None:
        """It keeps itself in `connected` as long as it is. `unread` tells whether a path's body says nothing to us: it
        is not kept. The engine shows each of its answers there, however long it is."""
        self._answer, self._connected, self._unread = answer, connected, unread
        self._parser = httptools.HttpRequestParser(self)
        self._now = asyncio.get_running_loop().time
        self._transport: asyncio.Transport | None = None
        self._path = b""
        self._body: list[bytes] = []
        self._size = 0
        self._waiting: list[tuple[Awaitable[Said] | Said, bool]] = []
        self._task: asyncio.Task[None] | None = None
        self._asked = False
        self._reading_since: float | None = None
        self.leaves = False
        """The next answer is the last one: the engine then opens another connection."""

    @property
    def is_busy(self) -> bool:
        return self._asked

    def is_late(self, now: float) -> bool:
        return self._reading_since is not None and now - self._reading_since > LATE

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by its methods, not by its class
        self._connected.add(self)
        if len(self._connected) > MOST_CONNECTIONS:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._write(400, b'{"Err":"no HTTP"}', keep=False)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connected.discard(self)
        self._transport = None
        if self._task is not None:
            self._task.cancel()
        self._task = None
        del self._parser  # which knows us: so nothing is left for the garbage collector to find

    def on_message_begin(self) -> None:
        self._path, self._body, self._size, self._asked = b"", [], 0, True
        self._reading_since = self._now()

    def on_url(self, url: bytes) -> None:
        self._path += url

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        if not self._unread(self._path):
            self._body.append(body)
        if self._size > MOST_BYTES:
            self._write(413, b'{"Err":"too large"}', keep=False)

    def on_message_complete(self) -> None:
        self._reading_since = None
        said: Said | Awaitable[Said]
        try:
            body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
            said = self._answer(self._path.decode("latin-1"), body)
        except Exception:
            said = _FAILED
        keep = self._parser.should_keep_alive()
        busy = self._task is not None and not self._task.done()
        if isinstance(said, tuple) and not busy:
            self._write(*said, keep=keep)
            return
        self._waiting.append((said, keep))
        if not busy:
            self._task = begin_task(self._serve())

    async def _serve(self) -> None:
        while self._waiting:
            said, keep = self._waiting.pop(0)
            try:
                now = said if isinstance(said, tuple) else await said
            except Exception:
                now = _FAILED
            self._write(*now, keep=keep)

    def _write(self, status: int, body: bytes, *, keep: bool) -> None:
        self._asked = bool(self._waiting)
        if self._transport is None or self._transport.is_closing():
            return
        keep = keep and not (self.leaves and not self._asked)
        self._transport.write(_written(status, body, keep=keep))
        if not keep:
            self._transport.close()


@lru_cache(maxsize=8)
def _written(status: int, body: bytes, *, keep: bool) -> bytes:
    """Nearly every answer is the same yes."""
    return _HEAD % (status, _REASONS[status], len(body), b"" if keep else _LAST) + body
