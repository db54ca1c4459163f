"""A socket of ours; whoever connects to it gets a session on the host that speaks to the engine's socket as root."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from types import TracebackType
from typing import Self

from .commands import further_session
from .faults import last_words
from .host import SshHost

_CHUNK = 1 << 16
_GRACE = 1.0


class Relay:
    """An async context manager. `command` is what the host runs for each connection; `socket`: ours."""

    def __init__(self, host: SshHost, command: str, socket: Path | None = None) -> None:
        self.socket: Path = socket or host.folder / "relay"
        self._session = further_session(host.control, command)
        self._said = ""
        self._server: asyncio.Server | None = None
        self._busy: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_unix_server(self._accept, self.socket)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._busy):
            task.cancel()
        await asyncio.gather(*self._busy, return_exceptions=True)

    async def why(self) -> str:
        """What the host said last on the way, when all sessions have ended."""
        if self._busy:
            await asyncio.wait(self._busy, timeout=_GRACE)
        return self._said

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._busy.add(task)
        try:
            await self._join(reader, writer)
        except asyncio.CancelledError:
            pass  # we are closing; a server's task must not end with this
        finally:
            writer.close()
            self._busy.discard(task)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *self._session, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
        )
        assert process.stdin and process.stdout and process.stderr
        there = asyncio.create_task(_pump(reader, process.stdin))
        words = asyncio.create_task(process.stderr.read())
        try:
            await _pump(process.stdout, writer)
            self._said = last_words((await words).decode(errors="replace")) or self._said
        finally:
            there.cancel()
            words.cancel()
            await asyncio.gather(there, words, return_exceptions=True)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while chunk := await source.read(_CHUNK):
            sink.write(chunk)
            await sink.drain()
        if sink.can_write_eof():
            sink.write_eof()
