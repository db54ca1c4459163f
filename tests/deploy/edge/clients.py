"""Clients of the edge: one request, and many a second, by connections that are kept and by new ones."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections import Counter
from dataclasses import dataclass, field

from patience import QUIET, patience, until


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Answer(int(head[0].split()[1]), headers, body)


async def leave(writer: asyncio.StreamWriter) -> None:
    """Without a word: what has to be said was said."""
    writer.transport.abort()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def ask(
    port: int, host: str, path: str = "/", *headers: str, method: str = "GET", body: bytes = b"",
    tls: ssl.SSLContext | None = None, socket: str = "",
) -> Answer:  # fmt: skip
    """One request by a connection of its own."""
    if socket:
        reader, writer = await asyncio.open_unix_connection(socket)
    else:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=tls, server_hostname=host if tls else None
        )
    try:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", *headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        return await asyncio.wait_for(read_answer(reader), patience(10))
    finally:
        await leave(writer)


async def until_status(port: int, host: str, status: int = 200, *, tls: ssl.SSLContext | None = None) -> None:
    """Asks until that is the answer's."""

    async def is_it() -> bool:
        with contextlib.suppress(OSError, EOFError):
            return (await ask(port, host, tls=tls)).status == status
        return False

    await until(is_it, f"{host} answers with {status}", 30)


@dataclass
class Load:
    """Requests for one host at a steady rate while it is entered; half of them by ten connections that are kept.

    On a slow machine the rate is lower, unless it is `steady`: where all takes three times as long, as many requests
    come meanwhile.
    """

    port: int
    host: str
    rate: int = 200
    address: str = "127.0.0.1"
    steady: bool = False
    tls: ssl.SSLContext | None = None
    answers: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    failures: list[str] = field(default_factory=list)

    async def __aenter__(self) -> Load:
        self._ends = asyncio.Event()
        self._waiting: set[asyncio.Task[None]] = set()
        self._kept: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter] | None] = asyncio.Queue()
        for _ in range(10):
            self._kept.put_nowait(None)
        self._sender = asyncio.create_task(self._send())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._ends.set()
        await self._sender
        await asyncio.gather(*self._waiting)
        while not self._kept.empty():
            if (connection := self._kept.get_nowait()) is not None:
                await leave(connection[1])

    @property
    def count(self) -> int:
        return sum(self.answers.values()) + len(self.failures)

    async def answered(self, more: int = 1) -> None:
        """Until so many more requests were answered, whoever answers them, or failed."""
        wanted = self.count + more
        await until(lambda: self.count >= wanted, lambda: f"{self.count} of {wanted} requests have ended", 60)

    async def _send(self) -> None:
        clock = asyncio.get_running_loop().time
        due, number = clock(), 0
        while not self._ends.is_set():
            number += 1
            task = asyncio.create_task(self._one(kept=number % 2 == 0))
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)
            due += (1.0 if self.steady else patience(1) / QUIET) / self.rate
            await asyncio.sleep(max(0.0, due - clock()))

    async def _one(self, *, kept: bool) -> None:
        clock = asyncio.get_running_loop().time
        connection = await self._kept.get() if kept else None
        begun = clock()
        try:
            async with asyncio.timeout(patience(15)):
                answer, connection = await self._exchange(connection, kept)
            if answer.status != 200:
                self.failures.append(f"status {answer.status} (kept: {kept})")
            self.answers[answer.body.partition(b"\n")[0].decode()] += answer.status == 200
            self.slowest = max(self.slowest, clock() - begun)
        except (OSError, EOFError, TimeoutError) as error:
            self.failures.append(f"{error!r} (kept: {kept}) after {clock() - begun:.2f} s")
            connection = None
        if kept:
            self._kept.put_nowait(connection)

    async def _exchange(
        self, connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None, kept: bool
    ) -> tuple[Answer, tuple[asyncio.StreamReader, asyncio.StreamWriter] | None]:
        if connection is None:
            name = self.host if self.tls else None
            connection = await asyncio.open_connection(self.address, self.port, ssl=self.tls, server_hostname=name)
        reader, writer = connection
        close = "" if kept else "Connection: close\r\n"
        writer.write(f"GET / HTTP/1.1\r\nHost: {self.host}\r\n{close}\r\n".encode())
        answer = await read_answer(reader)
        if not kept or answer.headers.get("connection") == "close":
            await leave(writer)
            return answer, None
        return answer, (reader, writer)
