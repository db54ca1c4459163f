"""The head of a request: as a client sent it, and as it is sent on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache

from msgspec import Struct

from ..asked import NotCanonical
from ..target import SHORT

MOST_HEAD = 128 * 1024
"""Bytes: an engine takes no more than 1 MiB, and clients send 2 KiB."""
LONG_HEAD = f"the request's head has more than {MOST_HEAD // 1024} KiB"
LONG_FRAMES = f"what comes between or behind the chunks of the request's body has more than {MOST_HEAD // 1024} KiB"
MOST_BODY = 4 * 1024 * 1024
"""Of JSON, which is held as a whole: what an engine takes at most behind a plugin. Streams are not held."""

_NAME = re.compile(r"[a-z0-9_-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f]")
_PASSED = frozenset("accept content-type if-none-match traceparent tracestate user-agent".split())
_PASSED_FAMILIES = ("x-registry-", "x-docker-", "sec-websocket-")
"""Everything else is for the next hop alone, or for nobody: it is left out."""
_ONCE = frozenset(
    ("content-type", "content-length", "transfer-encoding", "upgrade", "host", "x-registry-auth", "x-registry-config")
)


_PLAIN = frozenset(
    (b"Host", b"User-Agent", b"Accept", b"Accept-Encoding", b"Connection", b"Content-Length", b"Content-Type")
)
_PLAIN_NAMES = frozenset(name.decode().lower() for name in _PLAIN)
"""As programs write them. What monitors ask again and again is read once; other headers may hold secrets, which are not
kept."""


class RequestHead(Struct, frozen=True, kw_only=True, dict=True):
    """`headers` with names in small letters, in their order; of several with one name `by_name` has the last. `upgrade`
    is the protocol that is asked for, or empty."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    by_name: Mapping[str, str]
    is_old: bool = False
    """HTTP/1.0: its sender can't read an answer in chunks."""

    @cached_property
    def upgrade(self) -> str:
        headers = self.by_name
        if "upgrade" not in headers:
            return ""
        asks = "upgrade" in (part.strip().lower() for part in headers.get("connection", "").split(","))
        return headers.get("upgrade", "") if asks else ""

    @cached_property
    def wants_close(self) -> bool:
        return self.is_old or "close" in self.by_name.get("connection", "").lower()

    @cached_property
    def is_plain(self) -> bool:
        """It holds nothing but what programs send again and again, and nothing that is secret."""
        return len(self.target) <= SHORT and all(name in _PLAIN_NAMES for name, _ in self.headers)

    @cached_property
    def judged_alone(self) -> Mapping[str, str]:
        """What is judged of it where no body came with it."""
        return {**dict(self.passed), "content-length": "0"}

    @cached_property
    def passed(self) -> tuple[tuple[str, str], ...]:
        """The headers that mean something to the engine."""
        return tuple(pair for pair in self.headers if pair[0] in _PASSED or pair[0].startswith(_PASSED_FAMILIES))


def request_head(method: bytes, target: bytes, headers: Sequence[tuple[bytes, bytes]], version: str) -> RequestHead:
    """Raises NotCanonical where two readers could see two requests."""
    if len(target) <= SHORT and len(headers) <= len(_PLAIN) and all(name in _PLAIN for name, _ in headers):
        return _often_read(method, target, tuple(headers), version)
    return _read(method, target, headers, version)


def _read(method: bytes, target: bytes, headers: Sequence[tuple[bytes, bytes]], version: str) -> RequestHead:
    read = tuple((name.decode("latin-1").lower(), value.decode("latin-1").strip()) for name, value in headers)
    _check(read)
    return RequestHead(
        method=method.decode("latin-1"),
        target=target.decode("latin-1"),
        headers=read,
        by_name=dict(read),
        is_old=version == "1.0",
    )


_often_read = lru_cache(maxsize=256)(_read)


def _check(headers: Sequence[tuple[str, str]]) -> None:
    names = [name for name, _ in headers]
    once = [name for name in names if name in _ONCE]
    if len(set(once)) < len(once):
        twice = min(name for name in once if once.count(name) > 1)
        raise NotCanonical(f"the header {twice} comes twice")
    if "transfer-encoding" in names and "content-length" in names:
        raise NotCanonical("the body has a length, and comes in chunks")
    for name, value in headers:
        if not _NAME.fullmatch(name) or _CONTROL.search(value):
            raise NotCanonical("a header holds characters that belong in none")


def has_body(head: RequestHead) -> bool:
    headers = head.by_name
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


def judged_headers(head: RequestHead, body: bytes, *, streams: bool) -> Mapping[str, str]:
    """As the engine will be sent them: a body that was held has a length."""
    if not streams and not body:
        return head.judged_alone
    headers = dict(head.passed)
    sent = head.by_name
    if streams:
        headers |= {name: sent[name] for name in ("content-length", "transfer-encoding") if name in sent}
    else:
        headers["content-length"] = str(len(body))
    return headers


__all__ = [
    "LONG_FRAMES",
    "LONG_HEAD",
    "MOST_BODY",
    "MOST_HEAD",
    "RequestHead",
    "has_body",
    "judged_headers",
    "request_head",
]
