"""A client's connection: each request is read, judged and sent on; the engine's answer goes back as it comes.

IDLE -> HEAD -> BODY or STREAM -> ANSWER -> IDLE      one request after the other
                                  ANSWER -> TUNNEL    the connection became a stream both ways
any of them -> CLOSING                                the client may read why
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import Enum
from functools import partial
from math import inf
from typing import Any, cast

from ...errors import DockworthyError
from ..decision import Decision
from ..engine_questions import DoesNotAnswer
from ..judges import refusal_of
from ..large_requests import computed_aside, is_large
from ..parallel import begin_task
from ..request import GuardRequest, NotCanonical
from ..rights.showing import lists_in
from . import answers
from .client_transport import MOST_BEHIND, ClientTransport
from .connection_limits import ConnectionSlot, ConnectionSlots, SlotOwner
from .engine_side import EngineSide
from .gate import Gate, Passage
from .memory import FREE, NO_ROOM
from .request_head import LONG_FRAMES, Canonical, RequestHead, canonical, judged_headers, may_hijack
from .request_reader import RequestReader
from .rewriting import rewriting


class Phase(Enum):
    """What a client's connection is in the middle of, and how long the client may take over it. What the engine takes
    is not counted."""

    IDLE = "between two requests"
    HEAD = "a request's head"
    BODY = "a request's body that is held as a whole"
    STREAM = "a request's body that is sent on as it comes"
    ANSWER = "the engine's turn: logs and events last as they last"
    TUNNEL = "a stream both ways: terminals, too"
    CLOSING = "a client may read why it was refused"

    @property
    def seconds(self) -> float:
        """How long it may last."""
        return _SECONDS[self]

    @property
    def says(self) -> str:
        """What a client is told whose request lasts longer; `""`: nothing."""
        return _SAYS.get(self, "")


_SECONDS = {
    Phase.IDLE: 600.0,
    Phase.HEAD: 10.0,
    Phase.BODY: 30.0,
    Phase.STREAM: 300.0,
    Phase.ANSWER: inf,
    Phase.TUNNEL: inf,
    Phase.CLOSING: 30.0,
}
_SAYS = {
    Phase.HEAD: "the request's head was not complete within 10 s",
    Phase.BODY: "the request's body was not complete within 30 s",
    Phase.STREAM: "nothing of the request's body came for 300 s",
}


class Pace:
    """`now` is the loop's time."""

    def __init__(self, now: float) -> None:
        self.phase = Phase.IDLE
        self._since = now

    def enter(self, phase: Phase, now: float) -> None:
        self.phase, self._since = phase, now

    def came(self, now: float) -> None:
        """Something of the client's came: a head does not get longer by it, a stream does."""
        if self.phase is Phase.IDLE:
            self.enter(Phase.HEAD, now)
        elif self.phase is Phase.STREAM:
            self._since = now

    def wait(self, now: float) -> None:
        """It is not the client whom we wait for."""
        if self.phase is Phase.STREAM:
            self._since = now

    def is_over(self, now: float) -> bool:
        return now - self._since > self.phase.seconds


_BEHIND = (
    f"the connection was closed because the client did not read: {MOST_BEHIND // 2**20} MiB waited for it, or the "
    "guard had no memory left for more"
)
_DECIDING, _UPGRADE = "deciding", "upgrade"
"""Why the client is not read from."""

Dial = Callable[[EngineSide], Awaitable[Any]]


class ClientConnection(asyncio.Protocol):
    """It keeps itself in `connected` as long as it is, and one of the `places`. `who` is the gate's word for whoever
    connected; `passage` that of the request that is under way.

    It is the Listener of its RequestReader and the Client of its EngineSide.
    """

    def __init__(self, gate: Gate, dial: Dial, connected: set[ClientConnection], places: ConnectionSlots) -> None:
        self._gate, self._dial, self._connected, self._places = gate, dial, connected, places
        self._now = asyncio.get_running_loop().time
        self._pace = Pace(self._now())
        self._place = ConnectionSlot(places, SlotOwner(""), self, (0, ""))
        self._transport = ClientTransport()
        self._reader = RequestReader(self)
        self._engine: EngineSide | None = None
        self._task: asyncio.Task[None] | None = None
        """Decides on the request that is under way."""
        self._known: tuple[RequestHead, Passage, Canonical] | None = None
        """The last request that its sender's roles alone let pass, and as what it was sent on."""
        self._sending: Canonical | None = None
        """The request that is under way, as it is sent on."""
        self._has_replied = False
        """An answer to it has begun."""
        self._has_ended = False
        """The client says no more."""
        self.who: Any = None
        self.passage: Passage | None = None

    @property
    def is_idle(self) -> bool:
        """Between two requests."""
        return self._pace.phase is Phase.IDLE

    @property
    def is_served(self) -> bool:
        """Something that it may do is under way: a request that passed, or a stream."""
        return self.passage is not None or self._pace.phase is Phase.TUNNEL

    @property
    def is_busy(self) -> bool:
        """A request or a stream is under way."""
        return self._pace.phase is Phase.TUNNEL or self._reader.size > 0 or self._reader.head is not None

    def _enter(self, phase: Phase) -> None:
        self._pace.enter(phase, self._now())

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport.opened(cast(asyncio.Transport, transport))  # uvloop's is one by its methods, not by its class
        self._connected.add(self)
        try:
            self.who = self._gate.meet(transport)
            self._place = self._places.enter(self._gate.owner(self.who), self)
        except Exception:  # else it would stay open, and be counted nowhere
            self.abort()
            raise
        if self._place.refused[0]:
            self._enter(Phase.HEAD)

    def data_received(self, data: bytes) -> None:
        self._pace.came(self._now())
        if self._pace.phase is not Phase.TUNNEL:
            self._reader.feed(data)
        elif self._engine is not None:
            self._engine.write(data)

    def eof_received(self) -> bool:
        """The engine decides what it means: it ends an answer, or the half of a stream."""
        self._has_ended = True
        if self._reader.head is None and self._pace.phase is not Phase.TUNNEL:
            return False
        if self._engine is not None and self._engine.is_open:
            self._engine.write_eof()
            return True
        return self._task is not None and not self._task.done()

    def connection_lost(self, exc: Exception | None) -> None:
        self._connected.discard(self)
        self._place.leave()
        self._transport.lost()
        if self._task is not None:
            self._task.cancel()
        if self._engine is not None:
            self._engine.abort()
        self._engine, self._task = None, None
        self._enter(Phase.CLOSING)
        self._reader.end()

    def pause_writing(self) -> None:
        if self._engine is not None and not self._must_read:
            self._engine.pause_reading()

    def resume_writing(self) -> None:
        self._let_go()
        self._transport.has_caught_up(self._place.memory)
        if self._engine is not None:
            self._engine.resume_reading()

    # What the reader finds.

    def request_begins(self) -> None:
        if self._has_replied:
            self._close(discard=False)  # in the middle of an answer there is no room for one of ours
        elif self._reader.head is not None:
            self.refuse(400, "one request at a time: the answer to the last one is not complete")

    def head_read(self, head: RequestHead) -> None:
        if self._place.refused[0]:
            self.refuse(*self._place.refused)
            return
        self._enter(Phase.STREAM if self._reader.streams else Phase.BODY)
        if self._reader.upgrades:
            return
        if self._reader.streams:
            self._decide()
        elif self._reader.expects_continue:
            self.write(answers.CONTINUE)

    def head_read_again(self, head: RequestHead) -> None:
        self._enter(Phase.ANSWER)
        if not self._forward_if_still_allowed(head):
            self._decide()

    def body_read(self, part: bytes) -> None:
        if self._reader.sends_on:
            self._send_on(part)
        elif not self._place.memory.add(len(part)):
            self.refuse(503, NO_ROOM)

    def request_read(self) -> None:
        self._enter(Phase.ANSWER)
        if not self._reader.streams:
            self._decide()
        elif self._sending is not None:
            self._end_body()

    def came_early(self) -> None:
        self.hold(_UPGRADE)

    def frames_without_end(self) -> None:
        if self._has_replied:
            self._close(discard=False)
        else:
            self.refuse(431, LONG_FRAMES)

    def refuse(self, status: int, says: str, *, discard: bool = True) -> None:
        """What can't be judged, or has no answer."""
        head = self._reader.head
        target = self._reader.target.decode("latin-1") or "?"
        self._reply(status, says, discard=discard)  # first: whatever becomes of the telling
        self._gate.unjudged(
            GuardRequest(method=head.method if head is not None else "?", target=target), says, self.who
        )

    # From a request to the engine.

    def _forward_if_still_allowed(self, head: RequestHead) -> bool:
        """The way that most requests of a monitor go: what was judged is not judged again while the roles hold."""
        engine, known = self._engine, self._known
        if engine is None or not engine.is_open or known is None or known[0] is not head:
            return False
        _, passage, request = known
        if not self._gate.roles_still_allow(passage, self.who):
            return False
        body = request.body or b""
        stamp = self._gate.stamp(request.method, request.target, body, self.who)
        self.passage, self._sending = passage, request
        engine.begin(head.method, rewriting=None, may_hijack=False)
        engine.write(request.head(stamp) + body)
        return True

    def _decide(self) -> None:
        head, body = self._reader.head, b"" if self._reader.streams else bytes(self._reader.body)
        assert head is not None
        self._transport.will_hold(_DECIDING)
        self._task = begin_task(self._pass_on(head, body))
        if self._transport.is_held_for(_DECIDING):
            self.hold(_DECIDING)

    async def _pass_on(self, head: RequestHead, body: bytes) -> None:
        streams = self._reader.streams
        asked = GuardRequest(
            method=head.method, target=head.target, headers=judged_headers(head, body, streams=streams), body=body
        )
        try:
            passage = await self._gate.judge(asked, self.who)
            if isinstance(passage, Decision):
                self._reply(passage.status, passage.message())
                return
            changed = rewriting(
                passage.shown,
                self._place.memory.add,
                hides=passage.hides,
                is_old=head.is_old,
                lists=lists_in(passage.call),
            )
            is_old = head.is_old and changed is None
            if not is_large(body):
                request = canonical(passage.call, head, is_old=is_old)
            else:
                request = await computed_aside(partial(canonical, passage.call, head, is_old=is_old))
            stamp = self._gate.stamp(request.method, request.target, request.body or b"", self.who)
            engine = await self._reach_engine()
        except (NotCanonical, DoesNotAnswer) as error:
            self._reply(403, refusal_of(error).in_words())
            self._gate.unjudged(asked, str(error), self.who)
        except (OSError, DockworthyError) as error:
            self._unanswered(502, f"the guard can't reach the engine: {error}", asked)
        except Exception as error:
            says = f"the guard failed on this request ({type(error).__name__}), so it did not pass"
            self._unanswered(500, says, asked)
        else:
            hijacks = may_hijack(passage.call)
            self.passage = passage
            lasts = passage.by_roles and changed is None and not hijacks and not streams
            self._known = (head, passage, request) if lasts and head.is_plain else None
            engine.begin(head.method, rewriting=changed, may_hijack=hijacks)
            engine.write(request.head(stamp) + (request.body or b""))
            self._sent(engine, request, hijacks=hijacks)

    async def _reach_engine(self) -> EngineSide:
        if self._engine is None or not self._engine.is_open:
            self._engine = EngineSide(self)
            await self._dial(self._engine)
        return self._engine

    def _sent(self, engine: EngineSide, request: Canonical, *, hijacks: bool) -> None:
        reader = self._reader
        self._sending, reader.sends_on = request, reader.streams
        if request.body is None:
            if reader.expects_continue:
                self.write(answers.CONTINUE)
            held, reader.body = bytes(reader.body), bytearray()
            self._send_on(held)
            if reader.is_complete:
                self._end_body()
        if self._has_ended:
            engine.write_eof()
        if not (reader.is_complete and hijacks):
            self.release(_DECIDING)  # a client that leaves is noticed
        # Else it stays held until the engine's word: what comes early is not read, and takes no memory.

    def _send_on(self, body: bytes) -> None:
        if self._engine is not None and self._sending is not None and body:
            self._engine.write(self._sending.framed(body))

    def _end_body(self) -> None:
        if self._engine is not None and self._sending is not None and self._sending.in_chunks:
            self._engine.write(b"0\r\n\r\n")

    # What comes from the engine.

    def write(self, data: bytes) -> None:
        self._has_replied = True
        self._transport.write(data)
        if self._must_read and self._transport.is_open and not self._transport.keeps_up(self._place.memory):
            self._hang_up_behind()

    @property
    def _must_read(self) -> bool:
        return self.passage is not None and self.passage.must_read

    def _hang_up_behind(self) -> None:
        passage = self.passage
        self.abort()
        if passage is not None:
            call = passage.call
            self._gate.unjudged(GuardRequest(method=call.route.method, target=call.route.path), _BEHIND, self.who)

    def hold(self, reason: str) -> None:
        self._transport.hold(reason)

    def release(self, reason: str) -> None:
        self._transport.release(reason)

    def tunnel(self) -> None:
        self._enter(Phase.TUNNEL)
        if self._engine is not None and self._reader.early:
            self._engine.write(self._reader.early)
        self._reader.early = b""
        self._transport.release(_DECIDING, _UPGRADE)

    def answered(self, *, keep: bool) -> None:
        reader = self._reader
        is_last = reader.upgrades or self._has_ended or reader.head is None or reader.head.wants_close
        if not keep or not reader.is_complete or is_last:
            self._close(discard=not reader.is_complete)
        else:
            self._wait_for_next()

    def engine_ended(self, *, midway: bool) -> None:
        if self._pace.phase is Phase.CLOSING or not self._transport.is_open:
            return
        is_tunnel = self._pace.phase is Phase.TUNNEL
        if is_tunnel and not self._has_ended and self._transport.can_write_eof():
            self._transport.write_eof()
        elif is_tunnel or self._has_ended:
            self._transport.close()
        elif midway and not self._has_replied:
            self.refuse(502, "the engine hung up before it answered")
        elif midway:
            self._close(discard=False)

    # Time, and roles that end.

    def look(self, now: float) -> None:
        """Once in a while: does the client take too long?"""
        if self._transport.is_held:
            self._pace.wait(now)
        if not self._pace.is_over(now):
            return
        if self._pace.phase.says:
            self.refuse(408, self._pace.phase.says, discard=False)
        elif self.is_idle:
            self._close(discard=False)
        else:
            self.abort()

    def revoke(self) -> None:
        """What it was allowed holds no longer."""
        if self._has_replied or self._pace.phase is Phase.TUNNEL:
            self.abort()
        else:
            self._reply(403, "the role that allowed this has ended")

    # The guard's own answers, and the end of a request.

    def _unanswered(self, status: int, says: str, asked: GuardRequest) -> None:
        self._reply(status, says)  # first: whatever becomes of the telling
        self._gate.unjudged(asked, says, self.who)

    def _reply(self, status: int, says: str, *, discard: bool = True) -> None:
        """Keeps the connection where the request is complete; else what still comes is thrown away, until the client
        has read the answer and leaves."""
        reader = self._reader
        head = reader.head
        is_whole = reader.is_complete and head is not None and not head.wants_close
        keep = is_whole and status in (403, 404) and not reader.upgrades and not self._has_ended
        if self._pace.phase is not Phase.CLOSING:
            is_head = head is not None and head.method == "HEAD"
            self.write(answers.error(status, says, keep=keep, is_head=is_head))
        if keep:
            self._wait_for_next()
        else:
            self._close(discard=discard and not reader.is_complete)

    def _wait_for_next(self) -> None:
        self._reader.reset()
        self._sending, self.passage, self._has_replied = None, None, False
        self._enter(Phase.IDLE)
        self._let_go()
        self.release(_DECIDING)

    def _let_go(self) -> None:
        """Of what was held, unless a client that does not read keeps it here."""
        if self._reader.head is None and self._transport.waiting <= FREE:
            self._place.memory.clear()

    def _close(self, *, discard: bool) -> None:
        self._reader.stop()
        self._enter(Phase.CLOSING)
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
        if self._engine is not None:
            self._engine.abort()
        if not self._transport.is_open:
            return
        if discard and not self._has_ended and self._transport.can_write_eof():
            self._transport.write_eof()
            self._transport.release_all()
        else:
            self._transport.close()

    def abort(self) -> None:
        self._transport.abort()
