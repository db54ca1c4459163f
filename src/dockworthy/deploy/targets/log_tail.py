"""The last lines of a container's log: what it said before it failed."""

from __future__ import annotations

from ...engine.connection import Connection
from ...errors import EngineError

_HEADER = 8
"""Bytes before each piece: stream, three zeros, length. Source: POST /containers/{id}/attach, "Stream format"."""


async def log_tail(engine: Connection, container: str, lines: int = 10) -> tuple[str, ...]:
    """() where it has none, or a log driver that can't be read.

    Source: GET /containers/{id}/logs.
    """
    try:
        content = await engine.raw(f"/containers/{container}/logs?stdout=true&stderr=true&tail={lines}")
    except EngineError:
        return ()
    return tuple(line[:300] for line in demultiplexed(content).decode(errors="replace").splitlines() if line.strip())


def demultiplexed(content: bytes) -> bytes:
    """Both streams in the order that they came in; a terminal's log has no headers and is given back as it is."""
    pieces, at = [], 0
    while at + _HEADER <= len(content):
        if content[at] > 2 or content[at + 1 : at + 4] != b"\0\0\0":
            return content
        size = int.from_bytes(content[at + 4 : at + _HEADER])
        pieces.append(content[at + _HEADER : at + _HEADER + size])
        at += _HEADER + size
    return b"".join(pieces) if pieces else content
