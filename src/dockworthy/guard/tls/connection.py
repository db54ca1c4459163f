"""A connection from its handshake on: who shows no certificate of ours gets no further."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import Any, cast

from ..socket import answers
from .handshakes import Handshakes

_PIECE = 256 * 1024


class TlsTransport(asyncio.Transport):
    """Over `raw`, by a session whose handshake is done. `more` is called when reading goes on."""

    def __init__(
        self, raw: asyncio.Transport, session: ssl.SSLObject, outgoing: ssl.MemoryBIO, more: Callable[[], None]
    ) -> None:
        super().__init__({"ssl_object": session})
        self._raw, self._session, self._outgoing, self._more = raw, session, outgoing, more
        self._waiting = bytearray()
        self._has_ended = self._closing = False
        self.is_paused = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return super().get_extra_info(name) or self._raw.get_extra_info(name, default)

    def is_closing(self) -> bool:
        return self._closing or self._raw.is_closing()

    def is_reading(self) -> bool:
        return not self.is_paused and not self.is_closing()

    def pause_reading(self) -> None:
        self.is_paused = True
        if not self._raw.is_closing():
            self._raw.pause_reading()

    def resume_reading(self) -> None:
        if self.is_paused:
            self.is_paused = False
            asyncio.get_running_loop().call_soon(self._more)
        if not self._raw.is_closing():
            self._raw.resume_reading()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._has_ended or self.is_closing():
            return
        rest = memoryview(data)
        while rest:
            rest = rest[self._session.write(rest) :]
        self.flush()

    def get_write_buffer_size(self) -> int:
        return self._raw.get_write_buffer_size()

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._raw.get_write_buffer_limits()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._raw.set_write_buffer_limits(high, low)

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        """Says `close_notify`; what the other side still says is read on."""
        if self._has_ended or self._raw.is_closing():
            return
        self._has_ended = True
        with contextlib.suppress(ssl.SSLError):
            self._keep_what_came()  # OpenSSL would look for the other side's end in it, and lose it
        with contextlib.suppress(ssl.SSLError):
            self._session.unwrap()  # SSLWantReadError: ours is said, theirs is not here yet
        self.flush()

    def close(self) -> None:
        """When everything is written."""
        if not self._closing:
            self.write_eof()
            self._closing = True
            self._raw.close()

    def abort(self) -> None:
        self._closing = True
        self._raw.abort()

    def flush(self) -> int:
        """What TLS has to say is sent. Bytes."""
        data = self._outgoing.read()
        if data and not self._raw.is_closing():
            self._raw.write(data)
        return len(data)

    def read(self) -> bytes:
        """What was said next; empty at its end. Raises SSLWantReadError where nothing is here, SSLError."""
        if self._waiting:
            piece = bytes(self._waiting)
            self._waiting.clear()
            return piece
        try:
            return self._session.read(_PIECE)
        except ssl.SSLZeroReturnError:
            return b""

    def _keep_what_came(self) -> None:
        while data := self._session.read(_PIECE):
            self._waiting += data


MOST_UNASKED = 64 * 1024
"""Bytes that TLS itself may answer after the handshake: more is somebody who changes keys to keep us busy."""


class TlsConnection(asyncio.Protocol):
    """Between a TCP connection and `make`'s protocol, which hears of it when it is known who is there."""

    def __init__(self, context: ssl.SSLContext, handshakes: Handshakes, make: Callable[[], asyncio.Protocol]) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._session = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._handshakes, self._make = handshakes, make
        self._raw: asyncio.Transport | None = None
        self._transport: TlsTransport | None = None
        self._reader: asyncio.Protocol | None = None
        self._heard_all = self._has_failed = False
        self._unasked = 0

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._raw = cast(asyncio.Transport, transport)  # uvloop's is one by its methods, not by its class
        self._handshakes.begin(self, self._raw)

    def data_received(self, data: bytes) -> None:
        if self._has_failed or self._heard_all or self._raw is None or self._raw.is_closing():
            return  # what comes behind the end is kept nowhere
        self._incoming.write(data)
        if self._reader is None:
            self._shake_hands()
        if self._reader is not None:
            self._hand_on()

    def eof_received(self) -> bool:
        """Without a `close_notify` before it, it may be somebody between us who cut it off: it ends nothing well."""
        return self._heard_all

    def connection_lost(self, exc: Exception | None) -> None:
        self._handshakes.end(self)
        reader, self._reader = self._reader, None
        self._transport = self._raw = None  # nothing waits for the collector: a session has 50 KiB that it can't see
        if reader is not None:
            reader.connection_lost(exc)

    def pause_writing(self) -> None:
        if self._reader is not None:
            self._reader.pause_writing()

    def resume_writing(self) -> None:
        if self._reader is not None:
            self._reader.resume_writing()

    # TLS.

    def _shake_hands(self) -> None:
        assert self._raw is not None
        try:
            self._session.do_handshake()
        except ssl.SSLWantReadError:
            self._say()
            return
        except ssl.SSLError as error:
            self._has_failed = True
            self._handshakes.failed(self, error)
            self._say()  # the alert, which tells the client why: it must have read it before anything is reset
            if error.reason == "HTTP_REQUEST":
                self._raw.write(answers.error(400, "this port speaks TLS: docker --tlsverify", keep=False))
            self._raw.write_eof()
            return
        self._say()
        self._handshakes.done(self)
        self._transport = TlsTransport(self._raw, self._session, self._outgoing, self._hand_on)
        self._reader = self._make()
        self._reader.connection_made(self._transport)

    def _say(self) -> None:
        assert self._raw is not None
        if data := self._outgoing.read():
            self._raw.write(data)

    def _hand_on(self) -> None:
        """All that is here, as long as the reader wants it."""
        transport, reader = self._transport, self._reader
        if transport is None or reader is None:
            return
        try:
            while not (self._heard_all or transport.is_paused or transport.is_closing()):
                if data := transport.read():
                    reader.data_received(data)
                else:
                    self._heard_all = True
                    if not reader.eof_received():
                        transport.close()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            transport.flush()
            transport.abort()
        self._unasked += transport.flush()
        if self._unasked > MOST_UNASKED:
            transport.abort()
