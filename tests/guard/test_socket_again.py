"""What a monitor asks again and again is read and judged once, and passes only as long as it would anew."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockworthy.guard.decision import Decision
from dockworthy.guard.identity.identity import Identity
from dockworthy.guard.plugin import serving
from dockworthy.guard.plugin.moved_images import PendingCreates
from dockworthy.guard.plugin.protocol import PluginProtocol
from dockworthy.guard.policy_in_force import PolicyInForce
from dockworthy.guard.request import GuardRequest
from dockworthy.guard.socket.client_connection import ClientConnection
from dockworthy.guard.socket.connection_limits import ConnectionSlots
from dockworthy.guard.socket.engine_side import EngineSide
from dockworthy.guard.socket.role_gate import Met, RoleGate
from dockworthy.guard.socket.tickets import Tickets
from dockworthy.model.guard_policy import Binding, Role
from effort import examples
from guard.test_socket_limits import Wire
from guard.worlds import EmptyWorld

LIST = b"GET /v1.45/containers/json HTTP/1.1\r\nHost: docker\r\nUser-Agent: monitor\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n[]\n"
TICKET = re.compile(rb"X-Dockworthy-Ticket: ([^\r]*)\r\n")


class Host:
    """A client of somebody with these roles, before an engine that answers when it is told to."""

    def __init__(self, role: Role | None = Role.ADMIN, *, floor: PolicyInForce | None = None, **limits: Any) -> None:
        self.held: list[Binding] = [Binding(who="user:ann", role=role, **limits)] if role else []
        self.told: list[str] = []
        self.tickets = Tickets()
        self.met = Met(Identity(name="user ann", names=frozenset({"user:ann"})))
        gate = RoleGate(
            EmptyWorld(),  # type: ignore[arg-type]
            self._roles,
            told=self._tell,
            floor=None if floor is None else lambda: floor,
            stamping=self.tickets,
        )
        gate.meet = lambda _: self.met  # type: ignore[method-assign]
        self.engine, self.wire = Wire(), Wire()
        self.client = ClientConnection(gate, self._dial, set(), ConnectionSlots())
        self.client.connection_made(self.wire)

    def _roles(self, _: Identity) -> Sequence[Binding]:
        return self.held

    def _tell(self, asked: GuardRequest, decision: Decision) -> Decision:
        self.told.append(decision.action)
        return decision

    async def _dial(self, side: EngineSide) -> None:
        side.connection_made(self.engine)

    async def ask(self, data: bytes = LIST, *, answer: bytes = ANSWER) -> tuple[bytes, bytes]:
        """What the engine was sent, and what the client was told."""
        self.client.data_received(data)
        for _ in range(20):
            await asyncio.sleep(0)
        sent, self.engine.said = self.engine.said, b""
        if sent and self.client._engine is not None:
            self.client._engine.data_received(answer)
            await asyncio.sleep(0)
        said, self.wire.said = self.wire.said, b""
        return sent, said

    def parts(self) -> tuple[bool, bool]:
        """Was the last request remembered as it was read, and as it was judged?"""
        return self.client._reader._again is not None, self.client._known is not None


async def test_the_same_request_is_sent_on_as_before_with_a_ticket_of_its_own() -> None:
    host = Host()
    first, second, third = [await host.ask() for _ in range(3)]
    assert host.parts() == (True, True)
    assert TICKET.sub(b"", first[0]) == TICKET.sub(b"", second[0]) == TICKET.sub(b"", third[0])
    assert b"GET /v1.45/containers/json HTTP/1.1\r\n" in first[0]
    tickets = [TICKET.findall(sent)[0].decode() for sent, _ in (first, second, third)]
    assert len(set(tickets)) == 3
    for ticket in tickets:
        asked = GuardRequest(method="GET", target="/v1.45/containers/json", headers={"x-dockworthy-ticket": ticket})
        vouched = host.tickets.redeem(asked)
        assert vouched is not None and vouched.is_admin and vouched.who == "user ann"
    assert first[1] == second[1] == third[1] == ANSWER


async def test_a_role_that_ends_or_gets_smaller_holds_for_the_next_request() -> None:
    host = Host()
    for _ in range(2):
        assert (await host.ask())[0]
    host.held = [Binding(who="user:ann", role=Role.VIEWER, projects=("shop",))]
    sent, _ = await host.ask()
    ticket = TICKET.findall(sent)[0].decode()
    vouched = host.tickets.redeem(
        GuardRequest(method="GET", target="/v1.45/containers/json", headers={"x-dockworthy-ticket": ticket})
    )
    assert vouched is not None and not vouched.is_admin and not host.parts()[1]
    host.held = []
    sent, said = await host.ask()
    assert not sent and said.startswith(b"HTTP/1.1 403") and host.told == ["containers/json"]


async def test_a_certificate_that_ends_ends_it() -> None:
    host = Host()
    host.met.identity = Identity(name="user ann", names=frozenset({"user:ann"}), until=2**40)
    assert (await host.ask())[0] and (await host.ask())[0]
    host.met.identity = Identity(name="user ann", names=frozenset({"user:ann"}), until=1)
    host._roles = lambda who: host.held if who.names else []  # type: ignore[method-assign]
    host.client._gate._held = host._roles  # type: ignore[attr-defined]
    sent, said = await host.ask()
    assert not sent and said.startswith(b"HTTP/1.1 403")


@pytest.mark.parametrize(
    "host",
    [
        lambda: Host(Role.VIEWER),
        lambda: Host(Role.VIEWER, projects=("shop",)),
        lambda: Host(floor=PolicyInForce()),
    ],
    ids=["a viewer", "of one project", "without a plugin"],
)
async def test_who_is_no_admin_behind_a_plugin_is_judged_each_time(host: Any) -> None:
    made = host()
    for _ in range(3):
        assert (await made.ask())[0]
    assert made.parts() == (True, False)


@pytest.mark.parametrize(
    "data",
    [
        LIST.replace(b"User-Agent: monitor", b"X-Registry-Auth: c2VjcmV0"),
        LIST.replace(b"User-Agent: monitor", b"Authorization: Basic c2VjcmV0"),
        LIST.replace(b"User-Agent: monitor", b"Connection: close"),
        LIST.replace(b"HTTP/1.1", b"HTTP/1.0"),
        b"POST /containers/x/start HTTP/1.1\r\nHost: docker\r\nContent-Length: 2\r\n\r\n{}",
        b"POST /exec/x/start HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
        LIST + LIST,
        LIST + LIST[:20],
    ],
    ids=lambda data: data[:60].decode(),
)
async def test_what_may_hold_a_secret_or_is_not_one_whole_request_is_not_kept(data: bytes) -> None:
    host = Host()
    await host.ask(data)
    assert host.parts()[0] is False


async def test_it_may_come_in_pieces_and_another_may_come_between() -> None:
    host = Host()
    plain, _ = await host.ask()
    host.client.data_received(LIST[:30])
    assert not host.engine.said
    pieces, _ = await host.ask(LIST[30:])
    other, _ = await host.ask(LIST.replace(b"containers/json", b"images/json"))
    again, _ = await host.ask()
    assert TICKET.sub(b"", plain) == TICKET.sub(b"", pieces) == TICKET.sub(b"", again)
    assert b"GET /v1.45/images/json" in other


async def test_one_that_comes_before_the_answer_is_refused() -> None:
    host = Host()
    await host.ask()
    host.client.data_received(LIST)
    sent, host.engine.said = host.engine.said, b""
    assert sent
    host.client.data_received(LIST)
    assert host.wire.said.startswith(b"HTTP/1.1 400") and not host.engine.said


_REQUESTS = st.lists(
    st.sampled_from(
        [
            LIST,
            LIST.replace(b"containers/json", b"images/json"),
            LIST.replace(b"containers/json", b"containers/json?all=1"),
            LIST.replace(b"GET", b"HEAD").replace(b"/v1.45/containers/json", b"/_ping"),
            b"POST /containers/x/start HTTP/1.1\r\nHost: docker\r\nContent-Length: 0\r\n\r\n",
            b"POST /containers/x/start HTTP/1.1\r\nHost: docker\r\n\r\n",
            b"DELETE /containers/x HTTP/1.1\r\nHost: docker\r\n\r\n",
            b"GET /nowhere HTTP/1.1\r\nHost: docker\r\n\r\n",
            b"\r\n" + LIST,
        ]
    ),
    max_size=8,
)


@settings(max_examples=examples(60), deadline=None)
@given(requests=_REQUESTS, roles=st.lists(st.sampled_from([None, Role.ADMIN, Role.VIEWER]), min_size=8, max_size=8))
def test_it_is_as_if_nothing_was_remembered(requests: list[bytes], roles: list[Role | None]) -> None:
    async def run(*, forgets: bool) -> list[Any]:
        host, seen = Host(), list[Any]()
        for request, role in zip(requests, roles, strict=False):
            host.held = [Binding(who="user:ann", role=role)] if role else []
            if forgets:
                host.client._reader._again = host.client._known = None
            answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
            sent, said = await host.ask(request, answer=answer)
            seen.append((TICKET.sub(b"", sent), said, len(host.told), host.wire.closed))
        return seen

    assert asyncio.run(run(forgets=False)) == asyncio.run(run(forgets=True))


def question(path: str, headers: dict[str, str], **more: Any) -> bytes:
    body = json.dumps(
        {"RequestMethod": "GET", "RequestUri": "/v1.45/containers/json", "RequestHeaders": headers, **more}
    ).encode()
    return b"POST %b HTTP/1.1\r\nHost: plugin\r\nContent-Length: %d\r\n\r\n%b" % (path.encode(), len(body), body)


async def test_the_plugin_reads_a_question_once_tells_of_each_and_keeps_no_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known: dict[bytes, Any] = {}
    monkeypatch.setattr(serving, "_KNOWN", known)
    told: list[str] = []

    def tell(asked: GuardRequest, decision: Decision) -> Decision:
        told.append(decision.action)
        return decision

    answer = partial(serving._answer, PolicyInForce, EmptyWorld(), PendingCreates(), tell, lambda _: None, None)
    plugin, wire = PluginProtocol(answer, set(), unread=lambda path: path == serving._UNREAD), Wire()
    plugin.connection_made(wire)
    for _ in range(3):
        plugin.data_received(question("/AuthZPlugin.AuthZReq", {"User-Agent": "monitor"}))
    assert wire.said.count(b'{"Allow":true}') == 3 and told == ["containers/json"] * 3 and len(known) == 1
    plugin.data_received(question("/AuthZPlugin.AuthZReq", {"X-Registry-Auth": "c2VjcmV0"}))
    plugin.data_received(question("/AuthZPlugin.AuthZReq", {"X-Dockworthy-Ticket": "1.2"}))
    assert len(known) == 1 and len(told) == 5
    plugin.data_received(question("/AuthZPlugin.AuthZRes", {}, ResponseBody="x" * 100_000))
    assert wire.said.count(b'{"Allow":true}') == 6 and not plugin._body
