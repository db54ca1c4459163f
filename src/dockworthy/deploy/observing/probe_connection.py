"""One request of our own over a stream, and what was wrong with its answer: nothing is repeated behind our back."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING

import httptools

if TYPE_CHECKING:
    import ssl

MOST_BYTES = 1 << 20
"""Of an answer: what comes after that is not waited for."""
_CHUNK = 1 << 16


class ProbeFailed(Exception):
    """`str()` says why, in a few words. `status`: of the answer, where there was one."""

    def __init__(self, why: str, status: int | None = None) -> None:
        super().__init__(why)
        self.status = status


class ProbeConnection:
    """To a unix socket, or an address and port. It stays open between requests unless it is told to end.

    `tls`: whose certificate it shows is not asked; whether the service works is.
    """

    def __init__(self, at: Path | tuple[str, int], *, tls: bool = False) -> None:
        self._at = at
        self._tls = tls
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, host: str, path: str, *, keep: bool) -> int:
        """The status of the answer, when all of it is here. Raises ProbeFailed, also for 5xx.

        A kept connection that was closed before anything of an answer came may have been at its end just when it was
        used: as every client does, it asks once more on a new one, and what that says counts.
        """
        kept = self._streams is not None and not self._streams[0].at_eof()
        if not kept:
            await self.close()
        try:
            return await self._ask(host, path, keep)
        except _Nothing:
            if not kept:
                raise ProbeFailed("closed without an answer") from None
        try:
            return await self._ask(host, path, keep)
        except _Nothing:
            raise ProbeFailed("closed without an answer") from None

    async def close(self) -> None:
        if self._streams is not None:
            writer, self._streams = self._streams[1], None
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _ask(self, host: str, path: str, keep: bool) -> int:
        answer = _Answer()
        ended = False
        try:
            reader, writer = self._streams = self._streams or await connected(self._at, host if self._tls else "")
            ended = True
            writer.write(_request(host, path, keep))
            while not answer.complete and answer.size < MOST_BYTES:
                chunk = await reader.read(_CHUNK)
                if not chunk:
                    break
                answer.feed(chunk)
            ended = not (keep and answer.complete and answer.keeps)
        except OSError as error:
            if answer.begun or not ended:
                raise ProbeFailed(_why(error)) from None
            raise _Nothing from None
        finally:
            if ended:
                await self.close()
        return answer.judged()


class _Nothing(Exception):
    """The connection ended, and nothing had come."""


class _Answer:
    """`httptools` calls the `on_` methods."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self.begun = False
        self.complete = False
        self.keeps = False
        self.size = 0

    def feed(self, chunk: bytes) -> None:
        self.begun = True
        self.size += len(chunk)
        try:
            self._parser.feed_data(chunk)
        except httptools.HttpParserError:
            raise ProbeFailed("what came is not HTTP") from None

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status >= 200:  # else it only says that an answer will come
            self.complete = True
            self.keeps = self._parser.should_keep_alive()

    def judged(self) -> int:
        if not self.begun:
            raise _Nothing
        status: int = self._parser.get_status_code()
        if status >= 500:
            raise ProbeFailed(str(status), status)
        # Without a length its end is that of the connection, which the parser can't tell from a cut.
        if not self.complete and self.size < MOST_BYTES and (status < 200 or self._has_length):
            raise ProbeFailed(f"{status}, cut off in the middle", status)
        return status

    _has_length = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self._has_length |= name.lower() in (b"content-length", b"transfer-encoding")


def _why(error: OSError) -> str:
    if reason := getattr(error, "reason", ""):  # of TLS: its number is none of the system's
        return f"TLS: {reason}"
    return os.strerror(error.errno) if error.errno else "the connection broke"


def _request(host: str, path: str, keep: bool) -> bytes:
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "User-Agent: dockworthy-probe",
        "Accept: */*",
        f"Connection: {'keep-alive' if keep else 'close'}",
    )
    return "\r\n".join((*lines, "", "")).encode()


async def connected(
    at: Path | tuple[str, int], tls_name: str = ""
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """`tls_name`: the name that is asked for by TLS ("": without TLS). Raises OSError."""
    tls = _unverified() if tls_name else None
    name = tls_name or None
    if isinstance(at, tuple):
        return await asyncio.open_connection(*at, ssl=tls, server_hostname=name)
    # A socket's path has 107 bytes, and a state folder can be deep: it is named by its open folder.
    folder = os.open(at.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        return await asyncio.open_unix_connection(f"/proc/self/fd/{folder}/{at.name}", ssl=tls, server_hostname=name)
    finally:
        os.close(folder)


@functools.cache
def _unverified() -> ssl.SSLContext:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
