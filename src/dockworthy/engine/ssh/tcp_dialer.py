"""TCP connections that start on the host: what listens there is asked from there."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Self

from .commands import dial
from .host import SshHost


class TcpDialer:
    """An async context manager; leaving it ends all connections. `forbidden`: sshd did not let one through."""

    def __init__(self, host: SshHost) -> None:
        self._host = host
        self._open: list[tuple[asyncio.subprocess.Process, asyncio.Task[bytes]]] = []

    @property
    def forbidden(self) -> bool:
        said = b"".join(words.result() for _, words in self._open if words.done() and not words.cancelled())
        return b"administratively prohibited" in said or "administratively prohibited" in self._host.said

    async def connect(self, address: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """As asyncio.open_connection; where nobody listens, the reader is at its end at once."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *dial(self._host.control, address, port), stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
        )
        assert process.stdin and process.stdout and process.stderr
        self._open.append((process, asyncio.create_task(process.stderr.read())))
        return process.stdout, process.stdin

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process, words in self._open:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            words.cancel()
        await asyncio.gather(*(words for _, words in self._open), return_exceptions=True)
