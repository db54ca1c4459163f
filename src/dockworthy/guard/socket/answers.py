"""Answers of the guard's own, as the engine gives its errors."""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from ...report.visible import visible

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def error(status: int, says: str, *, keep: bool, is_head: bool = False) -> bytes:
    """`{"message": …}`, which every client shows, on a terminal as it comes."""
    if status == HTTPStatus.NO_CONTENT:
        return _head(status, [] if keep else [("Connection", "close")])
    plain = "\n".join(map(visible, says.split("\n")))
    body = msgspec.json.encode({"message": plain}) + b"\n"
    return head(status, [("Content-Type", "application/json")], len(body), keep=keep) + (b"" if is_head else body)


def head(status: int, headers: list[tuple[str, str]], length: int, *, keep: bool) -> bytes:
    return _head(status, [*headers, ("Content-Length", str(length)), *([] if keep else [("Connection", "close")])])


def stream_head(status: int, headers: list[tuple[str, str]], *, in_chunks: bool) -> bytes:
    """Of an answer whose length nobody knows: it comes in chunks, or ends with the connection."""
    framing = ("Transfer-Encoding", "chunked") if in_chunks else ("Connection", "close")
    return _head(status, [*headers, framing])


def _head(status: int, headers: list[tuple[str, str]]) -> bytes:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
