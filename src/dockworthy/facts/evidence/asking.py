"""Polite questions to local addresses: few, short, never followed elsewhere, and every one written down."""

from __future__ import annotations

import asyncio
import os
from typing import NamedTuple

TIMEOUT = 0.5
"""Seconds for one question."""
MOST = 16
"""Questions in all."""
_LARGEST = 1024 * 1024


class HttpReply(NamedTuple):
    """`problem`: why there is no body."""

    body: str = ""
    problem: str = ""


class Asker:
    """`asked` is every question that was sent."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def get(self, host: str, port: int, path: str) -> HttpReply:
        """The answer to `GET path`, if it is 200. Never raises; a redirect is not followed, no password is sent."""
        if len(self.asked) >= MOST:
            return HttpReply(problem=f"not asked: {MOST} questions are enough for one reading")
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.asked.append(f"GET http://{place}{path}")
        try:
            async with asyncio.timeout(TIMEOUT):
                return _parsed(await _exchange(host, port, place, path))
        except TimeoutError:
            return HttpReply(problem=f"no answer within {TIMEOUT} s")
        except OSError as error:
            return HttpReply(problem=os.strerror(error.errno).lower() if error.errno else "no connection")
        except ValueError:
            return HttpReply(problem="no answer in HTTP")


async def _exchange(host: str, port: int, place: str, path: str) -> bytes:
    """HTTP/1.0: the answer ends where the connection does, and comes in one piece."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        lines = (f"GET {path} HTTP/1.0", f"Host: {place}", "User-Agent: dockworthy", "Accept: */*", "Connection: close")
        writer.write("\r\n".join((*lines, "", "")).encode())
        await writer.drain()
        content = bytearray()
        while len(content) < _LARGEST and (chunk := await reader.read(65536)):
            content += chunk
        return bytes(content)
    finally:
        writer.close()


def _parsed(content: bytes) -> HttpReply:
    head, _, body = content.partition(b"\r\n\r\n")
    first = head.split(b"\r\n", 1)[0].split(b" ")
    if not first[0].startswith(b"HTTP/") or len(first) < 2 or not first[1].isdigit():
        raise ValueError("not HTTP")
    status = int(first[1])
    if status in (401, 403):
        return HttpReply(problem="it asks for a password")
    if status != 200:
        return HttpReply(problem=f"it answers {status}")
    return HttpReply(body.decode("utf-8", "replace"))
