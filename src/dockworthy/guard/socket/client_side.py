"""A client's connection: its requests are read one after the other, judged, and sent on; their bodies stream."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import httptools

from ...errors import DockworthyError
from ..asked import Asked, NotCanonical
from ..decision import Decision, refused
from . import answers
from .canonical import Canonical, canonical, has_body, may_hijack
from .engine_side import EngineSide
from .gate import Gate
from .request_head import RequestHead, request_head
from .streaming import streams

MOST_HEAD = 128 * 1024
"""Bytes: an engine takes no more than 1 MiB, and clients send 2 KiB."""
MOST_BODY = 4 * 1024 * 1024
"""Of JSON, which is held as a whole: what an engine takes at most behind a plugin. Streams are not held."""

PATIENCE = 30.0
"""Seconds in which a client may read why its body is not wanted."""

Dial = Callable[[EngineSide], Awaitable[Any]]


class ClientSide(asyncio.Protocol):
    """`httptools` calls the `on_` methods; EngineSide those of `Client`."""

    def __init__(self, gate: Gate, dial: Dial, connected: set[ClientSide]) -> None:
        """It keeps itself in `connected` as long as it is."""
        self._gate, self._dial, self._connected = gate, dial, connected
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._engine: EngineSide | None = None
        self._who: Any = None
        self._task: asyncio.Task[None] | None = None
        self._held_by: set[str] = set()
        self._tunnelling = self._discarding = self._eof = False
        self._read, self._early = 0, b""
        self._reset()

    def _reset(self) -> None:
        self._target, self._headers = b"", list[tuple[bytes, bytes]]()
        self._head: RequestHead | None = None
        self._body, self._sending = bytearray(), cast(Canonical | None, None)
        self._streams = self._complete = self._replied = False
        self._read = self._lacks = 0

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by its methods, not by its class
        self._connected.add(self)
        self._who = self._gate.meet(transport)

    def data_received(self, data: bytes) -> None:
        if self._tunnelling and self._engine is not None:
            self._engine.write(data)
        elif not self._discarding:
            self._feed(data)

    def _feed(self, data: bytes) -> None:
        self._read += len(data)
        if self._lacks:
            self._take_rest(data)
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._take_rest(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._reply(400, "this is no HTTP that the guard reads")
        if self._head is None and self._read > MOST_HEAD:
            self._reply(431, f"the request's head has more than {MOST_HEAD // 1024} KiB")

    def _take_rest(self, data: bytes) -> None:
        """Where another protocol is asked for, the parser leaves the body to us; behind it is what came early."""
        if self._discarding:
            return
        if self._lacks:
            self._body += data[: self._lacks]
            data, self._lacks = data[self._lacks :], max(self._lacks - len(data), 0)
            if self._lacks:
                return
            self._complete = True
            self._decide()
        self._early = data
        self.hold("upgrade")

    def eof_received(self) -> bool:
        """The engine decides what it means: it ends an answer, or the half of a stream."""
        self._eof = True
        if self._head is None and not self._tunnelling:
            return False
        if self._engine is not None and self._engine.is_open:
            self._engine.write_eof()
            return True
        return self._task is not None and not self._task.done()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._connected.discard(self)
        self._transport = None
        if self._task is not None:
            self._task.cancel()
        if self._engine is not None:
            self._engine.abort()

    def pause_writing(self) -> None:
        if self._engine is not None:
            self._engine.pause_reading()

    def resume_writing(self) -> None:
        if self._engine is not None:
            self._engine.resume_reading()

    # What httptools calls.

    def on_message_begin(self) -> None:
        if self._replied:
            self._close(discard=False)  # in the middle of an answer there is no room for one of ours
        elif self._head is not None:
            self._reply(400, "one request at a time: the answer to the last one is not complete")

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self._discarding:
            return
        if len(self._target) + sum(len(name) + len(value) for name, value in self._headers) > MOST_HEAD:
            self._reply(431, f"the request's head has more than {MOST_HEAD // 1024} KiB")
            return
        try:
            head = request_head(self._parser.get_method(), self._target, self._headers, self._parser.get_http_version())
            self._head = head
            self._streams = streams(head) and has_body(head)
        except NotCanonical as error:
            self._reply(400, f"Requests have one meaning only (guard/canonical): {error}")
            return
        if self._parser.should_upgrade():
            self._lacks = int(head.by_name.get("content-length", "0"))
            if self._streams or "transfer-encoding" in head.by_name or self._lacks > MOST_BODY:
                self._reply(400, "a request for another protocol comes with a body of its own")
        elif self._streams:
            self._decide()
        elif head.by_name.get("expect", "").lower() == "100-continue":
            self.write(answers.CONTINUE)

    def on_body(self, body: bytes) -> None:
        if self._discarding:
            return
        if self._streams and self._sending is not None:
            self._send_on(body)
            return
        self._body += body
        if not self._streams and len(self._body) > MOST_BODY:
            self._reply(413, f"the body has more than {MOST_BODY // 2**20} MiB")

    def on_message_complete(self) -> None:
        if self._discarding or self._lacks:
            return
        self._complete = True
        if not self._streams:
            self._decide()
        elif self._sending is not None:
            self._end_body()

    # From a request to the engine.

    def _decide(self) -> None:
        self.hold("deciding")
        assert self._head is not None
        body = b"" if self._streams else bytes(self._body)
        self._task = asyncio.get_running_loop().create_task(self._pass_on(self._head, body))

    async def _pass_on(self, head: RequestHead, body: bytes) -> None:
        asked = Asked(
            method=head.method, target=head.target, headers=_judged_headers(head, body, self._streams), body=body
        )
        try:
            passage = await self._gate.judge(asked, self._who)
            if isinstance(passage, Decision):
                self._reply(403, passage.message())
                return
            request = canonical(passage.call, head, is_old=head.is_old and not passage.hides)
            stamp = self._gate.stamp(request.method, request.target, request.body or b"", self._who)
            engine = await self._reach_engine()
        except NotCanonical as error:
            self._reply(403, refused("guard/canonical", "Requests have one meaning only", str(error)).in_words())
        except (OSError, DockworthyError) as error:
            self._reply(502, f"the guard can't reach the engine: {error}")
        except Exception as error:
            self._reply(500, f"the guard failed on this request ({type(error).__name__}), so it did not pass")
        else:
            hijacks = may_hijack(passage.call)
            engine.begin(head.method, hides=passage.hides, may_hijack=hijacks)
            engine.write(request.head(stamp) + (request.body or b""))
            self._sent(engine, request, hijacks=hijacks)

    def _sent(self, engine: EngineSide, request: Canonical, *, hijacks: bool) -> None:
        self._sending = request
        if request.body is None:
            if self._head is not None and self._head.by_name.get("expect", "").lower() == "100-continue":
                self.write(answers.CONTINUE)
            held, self._body = bytes(self._body), bytearray()
            self._send_on(held)
            if self._complete:
                self._end_body()
        if self._eof:
            engine.write_eof()
        if not (self._complete and hijacks):
            self.release("deciding")  # a client that leaves is noticed
        # Else it stays held until the engine's word: what comes early is not read, and takes no memory.

    async def _reach_engine(self) -> EngineSide:
        if self._engine is None or not self._engine.is_open:
            self._engine = EngineSide(self)
            await self._dial(self._engine)
        return self._engine

    def _send_on(self, body: bytes) -> None:
        if self._engine is None or self._sending is None or not body:
            return
        self._engine.write(b"%x\r\n%b\r\n" % (len(body), body) if self._sending.in_chunks else body)

    def _end_body(self) -> None:
        if self._engine is not None and self._sending is not None and self._sending.in_chunks:
            self._engine.write(b"0\r\n\r\n")

    # What EngineSide calls.

    def write(self, data: bytes) -> None:
        self._replied = True
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def hold(self, reason: str) -> None:
        self._held_by.add(reason)
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def release(self, reason: str) -> None:
        self._held_by.discard(reason)
        if not self._held_by and self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def tunnel(self) -> None:
        self._tunnelling = True
        if self._engine is not None and self._early:
            self._engine.write(self._early)
        self._early = b""
        self._held_by -= {"deciding", "upgrade"}
        self.release("")

    def answered(self, *, keep: bool) -> None:
        head, is_complete, is_upgraded = self._head, self._complete, "upgrade" in self._held_by
        if not keep or not is_complete or is_upgraded or self._eof or head is None or _wants_close(head):
            self._close(discard=not is_complete)
            return
        self._reset()
        self.release("deciding")

    def engine_ended(self, *, midway: bool) -> None:
        if self._discarding or self._transport is None or self._transport.is_closing():
            return
        if self._tunnelling and not self._eof and self._transport.can_write_eof():
            self._transport.write_eof()
        elif self._tunnelling or self._eof:
            self._transport.close()
        elif midway and not self._replied:
            self._reply(502, "the engine hung up before it answered")
        elif midway:
            self._close(discard=False)

    # The guard's own answers.

    def _reply(self, status: int, says: str) -> None:
        """Keeps the connection where the request is complete; else what still comes is thrown away, until the client
        has read the answer and leaves."""
        is_whole = self._complete and self._head is not None and not _wants_close(self._head)
        keep = is_whole and status == 403 and "upgrade" not in self._held_by and not self._eof
        is_head = self._head is not None and self._head.method == "HEAD"
        if not self._discarding:
            self.write(answers.error(status, says, keep=keep, is_head=is_head))
        if keep:
            self._reset()
            self.release("deciding")
        else:
            self._close(discard=not self._complete)

    def _close(self, *, discard: bool) -> None:
        self._discarding = True
        if self._engine is not None:
            self._engine.abort()
        if self._transport is None or self._transport.is_closing():
            return
        if discard and not self._eof and self._transport.can_write_eof():
            self._transport.write_eof()
            self._held_by.clear()
            self.release("")
            asyncio.get_running_loop().call_later(PATIENCE, self._transport.abort)
        else:
            self._transport.close()


def _judged_headers(head: RequestHead, body: bytes, streams: bool) -> dict[str, str]:
    """As the engine will be sent them: a body that was held has a length."""
    headers = dict(head.passed)
    sent = head.by_name
    if streams:
        headers |= {name: sent[name] for name in ("content-length", "transfer-encoding") if name in sent}
    else:
        headers["content-length"] = str(len(body))
    return headers


def _wants_close(head: RequestHead) -> bool:
    return head.is_old or "close" in head.by_name.get("connection", "").lower()


__all__ = ["MOST_BODY", "MOST_HEAD", "ClientSide", "Dial"]
