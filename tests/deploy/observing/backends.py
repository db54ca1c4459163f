"""A service that answers as it is told, and a real HAProxy before it."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

import patience

ANSWERS = {
    "ok": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "continue": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    "not found": b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    "leaves": b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
    "error": b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
    "cut": b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\nhalf of it",
    "cut chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf",
    "to the end": b"HTTP/1.0 200 OK\r\n\r\nas long as it lasts",
    "noise": b"SSH-2.0-OpenSSH\r\n",
    "silence": b"",
    "large": b"HTTP/1.1 200 OK\r\nContent-Length: 99000000\r\n\r\n" + b"x" * (3 << 20),
}
_CLOSES = ("cut", "cut chunk", "to the end", "noise", "silence", "large")


class Backend:
    """`does` is what it does with the next request: one of ANSWERS, or a number of seconds before "ok"."""

    def __init__(self) -> None:
        self.does: str | float = "ok"
        self.address = ("127.0.0.1", 0)
        self.connections = self.requests = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                self.requests += 1
                does = self.does
                if not isinstance(does, str):
                    await asyncio.sleep(does)
                    does = "ok"
                writer.write(ANSWERS[does])
                await writer.drain()
                if does in _CLOSES:
                    break
        writer.close()


@contextlib.asynccontextmanager
async def backend_here() -> AsyncIterator[Backend]:
    backend = Backend()
    server = await asyncio.start_server(backend.serve, "127.0.0.1", 0)
    backend.address = server.sockets[0].getsockname()
    try:
        yield backend
    finally:
        server.close()


_SETTINGS = """
global
    stats socket {folder}/admin.sock level admin
defaults
    mode http
    timeout connect 1s
    timeout client 20s
    timeout server 20s
    retries 2
    retry-on conn-failure empty-response
frontend probe
    bind unix@{folder}/probe.sock
    default_backend shop:web
backend shop:web
    server s1 {host}:{port}
"""


class HaProxy:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.probe = folder / "probe.sock"

    async def ask(self, command: str) -> str:
        reader, writer = await asyncio.open_unix_connection(self.folder / "admin.sock")
        writer.write(f"{command}\n".encode())
        answer = await reader.read(-1)
        writer.close()
        return answer.decode()


@contextlib.asynccontextmanager
async def haproxy_before(backend: Backend, folder: Path) -> AsyncIterator[HaProxy]:
    program = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None:
        pytest.skip("no HAProxy for this test: it is not installed (package haproxy)")
    host, port = backend.address
    (folder / "haproxy.cfg").write_text(_SETTINGS.format(folder=folder, host=host, port=port))
    process = await asyncio.create_subprocess_exec(program, "-db", "-f", str(folder / "haproxy.cfg"))
    proxy = HaProxy(folder)
    try:
        await until(proxy.probe.exists)
        yield proxy
    finally:
        process.terminate()
        await process.wait()
        proxy.probe.unlink(missing_ok=True)


async def until(condition: Callable[[], bool]) -> None:
    await patience.until(condition, "what the test waits for", pause=0.02)
