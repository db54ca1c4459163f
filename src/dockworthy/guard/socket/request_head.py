"""The head of a request: as a client sent it, and in the one form that can't be read in two ways, as it is sent on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache

from msgspec import Struct

from ...errors import UnreadableInput
from ...readers.create_request.strict_json import parse
from ..request import SHORT, NotCanonical
from ..request_body import encoded
from ..routes import Call
from ..routes.table import Body

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


_KNOWN = "known canonical"
HIJACKED = frozenset(
    (
        "POST /containers/{container}/attach",
        "GET /containers/{container}/attach/ws",
        "POST /exec/{execution}/start",
        "POST /session",
        "POST /grpc",
    )
)
"""Where the connection may become a raw stream; nowhere else is an upgrade passed on."""


class Canonical(Struct, frozen=True, kw_only=True, dict=True):
    """What the engine is sent. `body` is None where it follows as a stream, `length` what its sender said of it."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    length: str = ""
    is_old: bool = False

    @property
    def in_chunks(self) -> bool:
        return self.body is None and not self.length

    def framed(self, part: bytes) -> bytes:
        """Of a body that follows as a stream, as it is sent."""
        return b"%x\r\n%b\r\n" % (len(part), part) if self.in_chunks else part

    def head(self, stamp: tuple[tuple[str, str], ...] = ()) -> bytes:
        """With `stamp`, headers of the guard's own."""
        if not stamp:
            return self._begins + self._ends
        own = "".join([f"{name}: {value}\r\n" for name, value in stamp])
        return self._begins + own.encode("latin-1") + self._ends

    @cached_property
    def _begins(self) -> bytes:
        lines = [f"{self.method} {self.target} HTTP/{'1.0' if self.is_old else '1.1'}", "Host: docker"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([*lines, ""]).encode("latin-1")

    @cached_property
    def _ends(self) -> bytes:
        """What the guard says itself of the body stands last."""
        if self.in_chunks:
            return b"Transfer-Encoding: chunked\r\n\r\n"
        if self.body is None or self.body or self.method not in ("GET", "HEAD", "DELETE"):
            return f"Content-Length: {self.length if self.body is None else len(self.body)}\r\n\r\n".encode("latin-1")
        return b"\r\n"


def may_hijack(call: Call) -> bool:
    return call.route.line in HIJACKED


def canonical(call: Call, head: RequestHead, *, is_old: bool = False) -> Canonical:
    """Raises NotCanonical for a body that has more than one meaning, and for an upgrade on a route that has none.

    Without a body the same head and the same call are always sent on in the same way: that is remembered with the head.
    """
    known: tuple[Call, bool, Canonical] | None = head.__dict__.get(_KNOWN)
    if known is not None and known[0] is call and known[1] is is_old:
        return known[2]
    made = _canonical(call, head, is_old=is_old)
    if not call.body and made.body is not None:
        head.__dict__[_KNOWN] = (call, is_old, made)
    return made


def _canonical(call: Call, head: RequestHead, *, is_old: bool) -> Canonical:
    headers = head.passed
    if head.upgrade:
        if not may_hijack(call):
            raise NotCanonical(f"{call.route.action} is no stream that a connection could become")
        headers += (("Connection", "Upgrade"), ("Upgrade", head.upgrade))
    streams = call.route.body is Body.STREAM and has_body(head)
    return Canonical(
        method=call.route.method,
        target=call.target,
        headers=headers,
        body=None if streams else _body(call),
        length=head.by_name.get("content-length", "") if streams else "",
        is_old=is_old,
    )


def _body(call: Call) -> bytes:
    """Nothing where the route takes none: what clients repeat there from the query is left out."""
    if call.route.body not in (Body.JSON, Body.MAYBE_JSON) or not call.body:
        return b""
    try:
        return encoded(parse(call.body, call.route.action))
    except UnreadableInput as error:
        raise NotCanonical(error.says) from None
