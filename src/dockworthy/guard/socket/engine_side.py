"""The connection to the engine that stands behind one client's: answers go back as they come."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Protocol, cast

import httptools

from .rewriting import Rewriting

_CONNECTION = len(b"connection")


class AnswerReader(Protocol):
    def write(self, data: bytes) -> None: ...

    def hold(self, reason: str) -> None: ...

    def release(self, reason: str) -> None: ...

    def tunnel(self) -> None:
        """From now on, bytes are bytes."""

    def answered(self, *, keep: bool) -> None:
        """The answer is complete."""

    def engine_ended(self, *, midway: bool) -> None:
        """The engine said all it will say; `midway` an answer that was not complete."""


class _End:
    """Of an answer that is passed on as it comes only the end matters: its headers are not handed to us one by one."""

    def __init__(self) -> None:
        self.came = self.keep = False
        self.parser = httptools.HttpResponseParser(self)

    def on_message_complete(self) -> None:
        self.came, self.keep = True, self.parser.should_keep_alive()


class EngineSide(asyncio.Protocol):
    """`httptools` calls the `on_` methods."""

    def __init__(self, client: AnswerReader) -> None:
        self._client = client
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._end_only: _End | None = None
        """Reads answers of which only the end is looked at. Each answer is read as a whole by one of both parsers."""
        self._passes = False
        self._method, self._may_hijack = "", False
        self._rewriting: Rewriting | None = None
        self._busy = self._tunnelling = self._complete = self._ended = False
        self._headers: list[tuple[bytes, bytes]] = []
        self._closes = False

    def begin(self, method: str, *, rewriting: Rewriting | None, may_hijack: bool) -> None:
        """The next answer is to a request of this kind."""
        self._method, self._rewriting, self._may_hijack = method, rewriting, may_hijack
        self._busy, self._complete = True, False
        self._passes = rewriting is None and not may_hijack and method != "HEAD"
        if self._passes and self._end_only is None:
            self._end_only = _End()

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._ended and not self._transport.is_closing()

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def write_eof(self) -> None:
        """The client says no more: the engine sees it as it would have without us."""
        if self._transport is not None and not self._transport.is_closing():
            with contextlib.suppress(OSError, RuntimeError):
                self._transport.write_eof()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def pause_reading(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def pause_writing(self) -> None:
        self._client.hold("engine is slow")

    def resume_writing(self) -> None:
        self._client.release("engine is slow")

    def data_received(self, data: bytes) -> None:
        if self._tunnelling or self._rewriting is None:
            self._client.write(data)
        if self._tunnelling:
            return
        if self._passes and self._end_only is not None:
            self._until_end(self._end_only, data)
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # 101: on_headers_complete has seen it
        except httptools.HttpParserError:
            self._end(midway=True)
            return
        if self._tunnelling:
            self._client.tunnel()
        elif self._complete:
            self._finish()

    def _until_end(self, end: _End, data: bytes) -> None:
        try:
            end.parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):  # no other protocol was asked for
            self._end(midway=True)
            return
        if end.came:
            end.came, self._busy = False, False
            self._client.answered(keep=end.keep)

    def eof_received(self) -> bool:
        self._end(midway=self._busy and not self._tunnelling)
        return self._tunnelling  # its other half is closed by the client

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(midway=self._busy and not self._tunnelling)
        self._transport = None
        del self._parser  # which knows us
        if self._end_only is not None:
            del self._end_only.parser
            self._end_only = None

    # What httptools calls.

    def on_message_begin(self) -> None:
        self._headers, self._closes = [], False

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._rewriting is not None or self._may_hijack:  # else nobody looks at them
            self._headers.append((name, value))
        if len(name) == _CONNECTION and name.lower() == b"connection" and b"close" in value.lower():
            self._closes = True

    def on_headers_complete(self) -> None:
        if self._may_hijack and self._becomes_raw():
            self._tunnelling = True
        elif self._method == "HEAD":
            self._complete = True
        if self._rewriting is not None:
            headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self._headers]
            self._write(self._rewriting.head(self._parser.get_status_code(), headers))

    def _becomes_raw(self) -> bool:
        names = {name.lower() for name, _ in self._headers}
        status = self._parser.get_status_code()
        return status == 101 or (status == 200 and not names & {b"content-length", b"transfer-encoding"})

    def on_body(self, body: bytes) -> None:
        if self._rewriting is not None:
            self._write(self._rewriting.body(body))

    def on_message_complete(self) -> None:
        self._complete = True

    def _finish(self) -> None:
        keep = not self._closes and self._parser.get_http_version() == "1.1"
        if self._rewriting is not None:
            try:
                self._write(self._rewriting.end(keep=keep))
            except ValueError:
                self._end(midway=True)
                return
        if self._method == "HEAD":  # the parser would wait for a body
            self._parser = httptools.HttpResponseParser(self)
        self._busy = False
        self._client.answered(keep=keep)

    def _write(self, data: bytes) -> None:
        if data:
            self._client.write(data)

    def _end(self, *, midway: bool) -> None:
        if not self._ended:
            self._ended = True
            self._client.engine_ended(midway=midway)
