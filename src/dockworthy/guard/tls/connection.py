"""A connection from its handshake on: who shows no certificate of ours gets no further."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import cast

from ..socket import answers
from .handshakes import Handshakes
from .transport import TlsTransport

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


__all__ = ["MOST_UNASKED", "TlsConnection"]
