"""What a connection's reader writes to when TLS is between: like a plain one, halves that end apart included.

asyncio's own TLS can't say that it has said all and still listen, which raw streams need (`docker exec -i … <file`).
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import Any

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


__all__ = ["TlsTransport"]
