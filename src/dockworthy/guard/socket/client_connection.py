"""A client's connection itself: what is written to it, when it is read from, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import httptools

from ..request import Asked
from . import answers
from .connection_limits import Owner, Place, Places
from .engine_side import Client, EngineSide
from .gate import Gate, Passage
from .memory import FREE
from .request_head import Canonical, RequestHead
from .timeouts import Pace, Phase

MOST_BEHIND = 4 * 1024 * 1024
"""Bytes that wait for a client that must read."""
_BEHIND = (
    f"the client did not read, until {MOST_BEHIND // 2**20} MiB waited for it or the guard had no room: it was hung up "
    "on, so that nothing else waits for it"
)

Dial = Callable[[EngineSide], Awaitable[Any]]


class ClientConnection(asyncio.Protocol):
    """State of a connection and of the one request that is under way on it. `ClientSide` reads requests."""

    def __init__(self, gate: Gate, dial: Dial, connected: set[ClientConnection], places: Places) -> None:
        """It keeps itself in `connected` as long as it is, and one of the `places`."""
        self._gate, self._dial, self._connected, self._places = gate, dial, connected, places
        self._now = asyncio.get_running_loop().time
        self._pace = Pace(self._now())
        self._place = Place(places, Owner(""), self, (0, ""))
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._engine: EngineSide | None = None
        self.who: Any = None
        self._task: asyncio.Task[None] | None = None
        self._held_by: set[str] = set()
        self._tunnelling = self._discarding = self._eof = self._paused = False
        self._again: tuple[bytes, RequestHead] | None = None
        """A request that came in one piece, and how it was read: the same bytes are the same request."""
        self._known: tuple[RequestHead, Passage, Canonical] | None = None
        """The last request that its sender's roles alone let pass, and as what it was sent on."""
        self._read, self._early, self._behind = 0, b"", 0
        self._begun, self._last = 0, cast(RequestHead | None, None)
        self._reset()

    def _reset(self) -> None:
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._head: RequestHead | None = None
        self._body, self._sending = bytearray(), cast(Canonical | None, None)
        self._streams = self._complete = self._replied = self._upgrades = False
        self._read = self._lacks = self._head_size = self._without_body = 0
        self.passage: Passage | None = None
        self._pace.enter(Phase.IDLE, self._now())
        self._let_go()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by its methods, not by its class
        self._connected.add(self)
        try:
            self.who = self._gate.meet(transport)
            self._place = self._places.enter(self._gate.owner(self.who), self)
        except Exception:  # else it would stay open, and be counted nowhere
            self.abort()
            raise
        if self._place.refused[0]:
            self._pace.enter(Phase.HEAD, self._now())

    @property
    def is_idle(self) -> bool:
        return self._pace.phase is Phase.IDLE

    @property
    def is_served(self) -> bool:
        """Something that it may do is under way: a request that passed, or a stream."""
        return self.passage is not None or self._tunnelling

    @property
    def is_busy(self) -> bool:
        """A request or a stream is under way."""
        return self._tunnelling or self._read > 0 or self._head is not None

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._connected.discard(self)
        self._place.leave()
        self._transport = None
        if self._task is not None:
            self._task.cancel()
        if self._engine is not None:
            self._engine.abort()
        self._discarding, self._engine, self._task = True, None, None
        del self._parser  # which knows us: so nothing is left for the garbage collector to find

    def pause_writing(self) -> None:
        if self._engine is not None and not self._must_read:
            self._engine.pause_reading()

    def resume_writing(self) -> None:
        self._let_go()
        if self._behind:
            self._place.memory.clear()
            self._behind = 0
        if self._engine is not None:
            self._engine.resume_reading()

    def write(self, data: bytes) -> None:
        self._replied = True
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)
            if self._must_read:
                self._keep_up(self._transport.get_write_buffer_size())

    @property
    def _must_read(self) -> bool:
        return self.passage is not None and self.passage.must_read

    def _keep_up(self, waiting: int) -> None:
        """What comes is read on, whether the client reads it or not; `waiting` bytes lie here for it."""
        more = waiting - max(self._behind, FREE)
        if more <= 0:
            return
        if waiting <= MOST_BEHIND and self._place.memory.add(more):
            self._behind = waiting
            return
        passage = self.passage
        self.abort()
        if passage is not None:
            call = passage.call
            self._gate.unjudged(Asked(method=call.route.method, target=call.route.path), _BEHIND, self.who)

    def _let_go(self) -> None:
        """Of what was held, unless a client that does not read keeps it here."""
        if self._head is None and (self._transport is None or self._transport.get_write_buffer_size() <= FREE):
            self._place.memory.clear()

    def hold(self, reason: str) -> None:
        self._held_by.add(reason)
        if not self._paused and self._transport is not None and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def release(self, reason: str) -> None:
        self._held_by.discard(reason)
        if self._paused and not self._held_by and self._transport is not None and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()

    # Towards the engine.

    async def _reach_engine(self) -> EngineSide:
        if self._engine is None or not self._engine.is_open:
            self._engine = EngineSide(cast(Client, self))
            await self._dial(self._engine)
        return self._engine

    def _send_on(self, body: bytes) -> None:
        if self._engine is None or self._sending is None or not body:
            return
        self._engine.write(self._sending.framed(body))

    def _end_body(self) -> None:
        if self._engine is not None and self._sending is not None and self._sending.in_chunks:
            self._engine.write(b"0\r\n\r\n")

    def engine_ended(self, *, midway: bool) -> None:
        if self._discarding or self._transport is None or self._transport.is_closing():
            return
        if self._tunnelling and not self._eof and self._transport.can_write_eof():
            self._transport.write_eof()
        elif self._tunnelling or self._eof:
            self._transport.close()
        elif midway and not self._replied:
            self._refuse(502, "the engine hung up before it answered")
        elif midway:
            self._close(discard=False)

    # Time, and roles that end.

    def look(self, now: float) -> None:
        """Once in a while: does the client take too long?"""
        if self._held_by:
            self._pace.wait(now)
        if not self._pace.is_over(now):
            return
        if self._pace.phase.says:
            self._refuse(408, self._pace.phase.says, discard=False)
        elif self._pace.phase is Phase.IDLE and self._transport is not None:
            self._close(discard=False)
        else:
            self.abort()

    def revoke(self) -> None:
        """What it was allowed holds no longer."""
        if self._replied or self._tunnelling:
            self.abort()
        else:
            self._reply(403, "the role that allowed this has ended")

    # The guard's own answers.

    def _refuse(self, status: int, says: str, *, discard: bool = True) -> None:
        """What can't be judged, or has no answer."""
        method = self._head.method if self._head is not None else "?"
        target = self._target.decode("latin-1") or "?"
        self._reply(status, says, discard=discard)  # first: whatever becomes of the telling
        self._gate.unjudged(Asked(method=method, target=target), says, self.who)

    def _reply(self, status: int, says: str, *, discard: bool = True) -> None:
        """Keeps the connection where the request is complete; else what still comes is thrown away, until the client
        has read the answer and leaves."""
        is_whole = self._complete and self._head is not None and not self._head.wants_close
        keep = is_whole and status in (403, 404) and not self._upgrades and not self._eof
        is_head = self._head is not None and self._head.method == "HEAD"
        if not self._discarding:
            self.write(answers.error(status, says, keep=keep, is_head=is_head))
        if keep:
            self._reset()
            self.release("deciding")
        else:
            self._close(discard=discard and not self._complete)

    def _close(self, *, discard: bool) -> None:
        self._discarding = True
        self._pace.enter(Phase.CLOSING, self._now())
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
        if self._engine is not None:
            self._engine.abort()
        if self._transport is None or self._transport.is_closing():
            return
        if discard and not self._eof and self._transport.can_write_eof():
            self._transport.write_eof()
            self._held_by.clear()
            self.release("")
        else:
            self._transport.close()
