"""A client's connection: its requests are read one after the other, judged, and sent on; their bodies stream."""

from __future__ import annotations

import re
from functools import partial

import httptools

from ...errors import DockworthyError
from ..aside import computed_aside, is_large
from ..decision import Decision
from ..engine_questions import DoesNotAnswer
from ..judges import refusal_of
from ..parallel import begin_task
from ..request import Asked, NotCanonical, read_target
from ..rights.showing import lists_in
from ..routes.table import ROUTES, Body, pattern_of
from . import answers
from .client_connection import ClientConnection
from .engine_side import EngineSide
from .memory import NO_ROOM
from .request_head import (
    LONG_FRAMES,
    LONG_HEAD,
    MOST_BODY,
    MOST_HEAD,
    Canonical,
    RequestHead,
    canonical,
    has_body,
    judged_headers,
    may_hijack,
    request_head,
)
from .rewriting import rewriting
from .timeouts import Phase

_STREAMS = tuple((route.method, re.compile(pattern_of(route))) for route in ROUTES if route.body is Body.STREAM)
_METHODS = frozenset(method for method, _ in _STREAMS)


def streams(head: RequestHead) -> bool:
    """Raises NotCanonical for a target that can't be read, where it matters here: the gate reads it anyhow."""
    if head.method not in _METHODS:
        return False
    path = read_target(head.target).path
    return any(method == head.method and pattern.fullmatch(path) for method, pattern in _STREAMS)


class ClientSide(ClientConnection):
    """`httptools` calls the `on_` methods; EngineSide those of `Client`."""

    # What asyncio calls.

    def data_received(self, data: bytes) -> None:
        self._pace.came(self._now())
        if self._tunnelling and self._engine is not None:
            self._engine.write(data)
        elif not self._discarding:
            self._feed(data)

    def _feed(self, data: bytes) -> None:
        if self._again is not None and self._read == 0 and data == self._again[0]:
            self._begin_known_request(data, self._again[1])
            return
        alone, self._begun = self._read == 0, 0
        self._read += len(data)
        if self._lacks:
            self._take_rest(data)
            return
        self._again = None
        self._without_body += len(data)
        try:
            self._parser.feed_data(data)
            head = self._last
            if alone and self._begun == 1 and head is not None and _is_whole(data) and _is_remembered(head):
                self._again = data, head
        except httptools.HttpParserUpgrade as upgrade:
            self._take_rest(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse(400, "this is no HTTP that the guard reads")
        if self._head is None and self._read > MOST_HEAD:
            self._refuse(431, LONG_HEAD)
        elif self._without_body > MOST_HEAD and not (self._discarding or self._complete):
            self._end_of_patience()

    def _end_of_patience(self) -> None:
        """Trailers and extensions of chunks come without an end."""
        if self._replied:
            self._close(discard=False)  # in the middle of an answer there is no room for one of ours
        else:
            self._refuse(431, LONG_FRAMES)

    def _begin_known_request(self, data: bytes, head: RequestHead) -> None:
        """As the parser would have read it, which stands where it stood: between two requests."""
        self._read, self._target, self._head = len(data), head.target.encode("latin-1"), head
        if self._place.refused[0]:
            self._refuse(*self._place.refused)
            return
        self._completed()
        if not self._forward_if_still_allowed(head):
            self._decide()

    def _forward_if_still_allowed(self, head: RequestHead) -> bool:
        """The way that most requests of a monitor go: what was judged is not judged anew while the roles hold."""
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

    def _take_rest(self, data: bytes) -> None:
        """Where another protocol is asked for, the parser leaves the body to us; behind it is what came early."""
        if self._discarding:
            return
        if self._lacks:
            self._body += data[: self._lacks]
            if not self._place.memory.add(len(data)):
                self._refuse(503, NO_ROOM)
                return
            data, self._lacks = data[self._lacks :], max(self._lacks - len(data), 0)
            if self._lacks:
                return
            self._completed()
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

    # What httptools calls.

    def on_message_begin(self) -> None:
        self._begun, self._last = self._begun + 1, None
        if self._replied:
            self._close(discard=False)  # in the middle of an answer there is no room for one of ours
        elif self._head is not None:
            self._refuse(400, "one request at a time: the answer to the last one is not complete")

    def on_url(self, url: bytes) -> None:
        self._target += url
        self._head_size += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._head is not None:
            return  # behind a body in chunks: it means nothing to the engine
        self._headers.append((name, value))
        self._head_size += len(name) + len(value)

    def on_headers_complete(self) -> None:
        self._without_body = 0
        if self._discarding:
            return
        if self._head_size > MOST_HEAD:
            self._refuse(431, LONG_HEAD)
            return
        try:
            head = request_head(self._parser.get_method(), self._target, self._headers, self._parser.get_http_version())
            self._head = head
            self._streams = streams(head) and has_body(head)
        except NotCanonical as error:
            self._refuse(400, f"Requests have one meaning only (guard/canonical): {error}")
            return
        if self._place.refused[0]:
            self._refuse(*self._place.refused)
            return
        self._pace.enter(Phase.STREAM if self._streams else Phase.BODY, self._now())
        self._upgrades = self._parser.should_upgrade()
        if self._upgrades:
            self._lacks = int(head.by_name.get("content-length", "0"))
            if self._streams or "transfer-encoding" in head.by_name or self._lacks > MOST_BODY:
                self._refuse(400, "a request for another protocol comes with a body of its own")
        elif self._streams:
            self._decide()
        elif head.by_name.get("expect", "").lower() == "100-continue":
            self.write(answers.CONTINUE)

    def on_body(self, body: bytes) -> None:
        self._without_body = 0
        if self._discarding:
            return
        if self._streams and self._sending is not None:
            self._send_on(body)
            return
        self._body += body
        if not self._streams and len(self._body) > MOST_BODY:
            self._refuse(413, f"the body has more than {MOST_BODY // 2**20} MiB")
        elif not self._place.memory.add(len(body)):
            self._refuse(503, NO_ROOM)

    def on_message_complete(self) -> None:
        if self._discarding or self._lacks:
            return
        self._last = None if self._body or self._streams or self._upgrades else self._head
        self._completed()
        if not self._streams:
            self._decide()
        elif self._sending is not None:
            self._end_body()

    # From a request to the engine.

    def _completed(self) -> None:
        self._complete = True
        self._pace.enter(Phase.ANSWER, self._now())

    def _decide(self) -> None:
        assert self._head is not None
        self._held_by.add("deciding")
        self._task = begin_task(self._pass_on(self._head, b"" if self._streams else bytes(self._body)))
        if "deciding" in self._held_by:
            self.hold("deciding")

    async def _pass_on(self, head: RequestHead, body: bytes) -> None:
        asked = Asked(
            method=head.method, target=head.target, headers=judged_headers(head, body, streams=self._streams), body=body
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
            lasts = passage.by_roles and changed is None and not hijacks and not self._streams
            self._known = (head, passage, request) if lasts and head.is_plain else None
            engine.begin(head.method, rewriting=changed, may_hijack=hijacks)
            engine.write(request.head(stamp) + (request.body or b""))
            self._sent(engine, request, hijacks=hijacks)

    def _unanswered(self, status: int, says: str, asked: Asked) -> None:
        self._reply(status, says)  # first: whatever becomes of the telling
        self._gate.unjudged(asked, says, self.who)

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

    # What EngineSide calls.

    def tunnel(self) -> None:
        self._tunnelling = True
        self._pace.enter(Phase.ANSWER, self._now())
        if self._engine is not None and self._early:
            self._engine.write(self._early)
        self._early = b""
        self._held_by -= {"deciding", "upgrade"}
        self.release("")

    def answered(self, *, keep: bool) -> None:
        head, is_complete, is_upgraded = self._head, self._complete, self._upgrades
        if not keep or not is_complete or is_upgraded or self._eof or head is None or head.wants_close:
            self._close(discard=not is_complete)
            return
        self._reset()
        self.release("deciding")


def _is_whole(data: bytes) -> bool:
    return data.endswith(b"\r\n\r\n") and data.index(b"\r\n\r\n") == len(data) - 4


def _is_remembered(head: RequestHead) -> bool:
    """Others may hold secrets, which are kept no longer than they are needed, or end the connection."""
    return head.is_plain and not head.wants_close and not has_body(head) and "expect" not in head.by_name
