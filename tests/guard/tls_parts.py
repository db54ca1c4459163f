"""Both ends of TLS in memory: the guard's connection on a wire of the test's, and a client that can end its half."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dockworthy.guard.tls.certificates import Papers
from dockworthy.guard.tls.connection import TlsConnection
from dockworthy.guard.tls.handshakes import Handshakes
from dockworthy.harden.remote_access.certificates import Office
from dockworthy.harden.remote_access.certificates import PemFiles as Made


def put(folder: Path, made: Made) -> Path:
    """As `docker --tlsverify` wants them."""
    folder.mkdir(parents=True)
    for name, text in (("ca.pem", made.authority), ("cert.pem", made.certificate), ("key.pem", made.key)):
        (folder / name).write_text(text)
    return folder


def papers_in(folder: Path) -> Papers:
    return Papers(tlscacert=folder / "ca.pem", tlscert=folder / "cert.pem", tlskey=folder / "key.pem")


def papers_for(folder: Path, *clients: str) -> Papers:
    """A server's for 127.0.0.1, and `folder / NAME` for each client."""
    office = Office(folder / "office")
    for name in clients:
        put(folder / name, office.client(name))
    return papers_in(put(folder / "server", office.server(["127.0.0.1"])))


def client_context(folder: Path, *, version: ssl.TLSVersion | None = None, certificate: bool = True) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    context.check_hostname = False
    if certificate:
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    if version is not None:
        context.minimum_version = context.maximum_version = version
    return context


class Wire(asyncio.Transport):
    """What the guard's end writes to."""

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.9", 4711)})
        self.sent = bytearray()
        self.closed = self.ended = self.aborted = self.paused = False

    def write(self, data: Any) -> None:
        self.sent += data

    def is_closing(self) -> bool:
        return self.closed

    def get_write_buffer_size(self) -> int:
        return len(self.sent)

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = self.aborted = True

    def write_eof(self) -> None:
        self.ended = True

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


class Reader(asyncio.Protocol):
    """What stands behind TLS: keeps what it hears."""

    def __init__(self) -> None:
        self.heard = bytearray()
        self.heard_all = self.lost = False
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        assert not self.heard_all and not self.transport.is_paused
        self.heard += data

    def eof_received(self) -> bool:
        self.heard_all = True
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True


class Pair:
    """A client and the guard's end, with what each wrote carried over in pieces of `sizes`, over and over."""

    def __init__(self, server: ssl.SSLContext, client: ssl.SSLContext, sizes: Sequence[int] = (1 << 20,)) -> None:
        turned_away: list[tuple[str, str]] = []
        reader = Reader()
        self.wire, self.reader, self.turned_away, self._sizes = Wire(), reader, turned_away, list(sizes)
        handshakes = Handshakes(lambda address, why: turned_away.append((address, why)))
        self.guard = TlsConnection(server, handshakes, lambda: reader)
        self.guard.connection_made(self.wire)
        self._from_guard, self._to_guard = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = client.wrap_bio(self._from_guard, self._to_guard)
        self.heard, self.heard_all = bytearray(), False

    async def carry(self) -> None:
        """Until both have said what they have to say; as a kernel would, it brings nothing to who reads nothing."""
        while True:
            await asyncio.sleep(0)
            self._listen()
            moved = bool(self.wire.sent) or (bool(self._to_guard.pending) and not self.wire.paused)
            if not moved:
                return
            size = self._sizes.pop(0)
            self._sizes.append(size)
            if self._to_guard.pending and not self.wire.paused and not self.wire.closed:
                self.guard.data_received(self._to_guard.read(size))
            elif self.wire.closed:
                self._to_guard.read()
            self._from_guard.write(bytes(self.wire.sent[:size]))
            del self.wire.sent[:size]

    def end(self) -> None:
        """The client has said all: `close_notify`, and it goes on listening, as Go's CloseWrite does."""
        self._listen()
        with contextlib.suppress(ssl.SSLWantReadError):
            self.client.unwrap()

    def _listen(self) -> None:
        try:
            while not self.heard_all:
                if data := self.client.read(65536):
                    self.heard += data
                else:
                    self.heard_all = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.heard_all = True


__all__ = ["Pair", "Reader", "Wire", "client_context", "papers_for", "papers_in", "put"]
