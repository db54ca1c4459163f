"""The least that can stand between a client and its engine: what the guard is measured against. Run on a host:

guard_least.py plugin SOCKET              an authorization plugin that says yes without looking
guard_least.py proxy SOCKET ENGINE        a proxy that passes bytes on without reading them
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import httptools
import uvloop

_YES = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{"Allow":true}'
_ACTIVATED = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 24\r\n\r\n{"Implements":["authz"]}'


class YesPlugin(asyncio.Protocol):
    def connection_made(self, transport: Any) -> None:
        self._transport, self._parser, self._url = transport, httptools.HttpRequestParser(self), b""

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._url = url

    def on_message_complete(self) -> None:
        self._transport.write(_ACTIVATED if self._url == b"/Plugin.Activate" else _YES)


class BytesProxy(asyncio.Protocol):
    """One side of a connection; `other` writes to where the other side reads from."""

    def __init__(self, engine: str, other: BytesProxy | None = None) -> None:
        self._engine, self._other, self._early = engine, other, b""
        self.transport: Any = None
        self._dialing: asyncio.Task[Any] | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        if self._other is None:
            self._dialing = asyncio.create_task(self._dial())

    async def _dial(self) -> None:
        loop = asyncio.get_running_loop()
        _, self._other = await loop.create_unix_connection(lambda: BytesProxy(self._engine, self), self._engine)
        if self._early:
            self._other.transport.write(self._early)

    def data_received(self, data: bytes) -> None:
        if self._other is None:
            self._early += data
        else:
            self._other.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._other is not None:
            self._other.transport.close()


async def serve(what: str, path: str, *engine: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    make = YesPlugin if what == "plugin" else lambda: BytesProxy(engine[0])
    server = await asyncio.get_running_loop().create_unix_server(make, path)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(*sys.argv[1:]))
