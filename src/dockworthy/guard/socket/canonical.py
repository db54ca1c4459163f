"""A request in the one form that can't be read in two ways, as it is sent on to the engine."""

from __future__ import annotations

import json
from functools import cached_property

from msgspec import Struct

from ...errors import UnreadableInput
from ...readers.create_request.strict_json import parse
from ..asked import NotCanonical
from ..routes import Call
from ..routes.route import Body
from .request_head import RequestHead, has_body

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
        return json.dumps(parse(call.body, call.route.action), separators=(",", ":")).encode()
    except UnreadableInput as error:
        raise NotCanonical(error.says) from None


__all__ = ["HIJACKED", "Canonical", "canonical", "may_hijack"]
