"""Connections are bounded in number and time, nobody takes them all, and what can't be judged is told of: no engine."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from dockworthy.guard.audit.flood_limits import Bounded
from dockworthy.guard.decision import Decision, refused
from dockworthy.guard.plugin.protocol import LATE, PluginProtocol
from dockworthy.guard.request import GuardRequest
from dockworthy.guard.socket.client_connection import ClientConnection, Phase
from dockworthy.guard.socket.connection_limits import ConnectionSlots, SlotOwner
from dockworthy.guard.socket.gate import Passage
from dockworthy.guard.socket.memory import FREE, ConnectionMemory, HeldMemory
from dockworthy.guard.socket.request_head import MOST_HEAD

GET = b"GET /containers/json HTTP/1.1\r\nHost: x\r\n\r\n"


class Wire(asyncio.Transport):
    """A client's connection that keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.said, self.closed, self.aborted, self.unread = b"", False, False, 0

    def write(self, data: Any) -> None:
        self.said += data

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = self.aborted = True

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return self.unread

    def can_write_eof(self) -> bool:
        return False


class Refusing:
    """A gate that refuses whatever it judges, and remembers what it could not judge."""

    def __init__(self, owner: SlotOwner) -> None:
        self._owner = owner
        self.heard: list[str] = []

    def meet(self, transport: Any) -> str:
        return "who"

    def owner(self, who: Any) -> SlotOwner:
        return self._owner

    def unjudged(self, asked: GuardRequest, says: str, who: Any) -> None:
        self.heard.append(says)

    async def judge(self, asked: GuardRequest, who: Any) -> Decision:
        return Decision(action="x", refusals=(refused("guard/roles", "No", "no"),))


class Clients:
    def __init__(self, places: ConnectionSlots) -> None:
        self.places, self.connected = places, set[Any]()
        self.gate = Refusing(SlotOwner("user x"))

    def connect(
        self, owner: str = "user x", *, is_root: bool = False, mounts: str = ""
    ) -> tuple[ClientConnection, Wire]:
        self.gate._owner = SlotOwner(owner, is_root, mounts)
        client, wire = ClientConnection(self.gate, None, self.connected, self.places), Wire()  # type: ignore[arg-type]
        client.connection_made(wire)
        return client, wire


@pytest.fixture
async def clients() -> Clients:
    return Clients(ConnectionSlots(most=6, share=3, waiting=2))


def after(phase: Phase) -> float:
    return asyncio.get_running_loop().time() + phase.seconds + 1


@pytest.mark.parametrize(
    "sent, phase",
    [
        (b"GET /containers", Phase.HEAD),
        (b"POST /containers/create HTTP/1.1\r\nContent-Length: 9\r\n\r\n{", Phase.BODY),
    ],
)
async def test_who_is_slow_is_told_and_hung_up_on(clients: Clients, sent: bytes, phase: Phase) -> None:
    client, wire = clients.connect()
    client.data_received(sent)
    client.look(after(phase) - 2)
    assert not wire.closed
    client.data_received(b" ")  # a byte now and then does not help
    client.look(after(phase))
    assert wire.said.startswith(b"HTTP/1.1 408") and wire.closed
    assert clients.gate.heard == [phase.says]
    client.look(after(phase) + after(Phase.CLOSING))
    assert wire.aborted, "it did not read its answer"


async def test_an_idle_connection_ends_without_a_word(clients: Clients) -> None:
    client, wire = clients.connect()
    client.data_received(GET)
    assert wire.said.startswith(b"HTTP/1.1 403") and not wire.closed
    said = wire.said
    client.look(after(Phase.IDLE))
    assert wire.closed and wire.said == said


async def test_everybody_has_a_share_and_idle_ones_make_room(clients: Clients) -> None:
    three = [clients.connect() for _ in range(3)]
    for client, _ in three[1:]:
        client.data_received(b"GET ")
    _, wire = clients.connect()
    assert three[0][1].aborted and not wire.closed, "the idle one made room"
    for client in list(clients.connected):
        client.data_received(b"GET ")
    refused_one, said = clients.connect()
    assert said.said == b"", "who has not asked yet would not expect an answer"
    refused_one.data_received(GET)
    assert said.said.startswith(b"HTTP/1.1 429") and b"user x has 3 connections" in said.said
    clients.connect()
    _, third = clients.connect()
    assert third.aborted, "who waits to be refused is bounded, too"
    _, other = clients.connect("user y")
    assert not other.closed, "others have theirs"


async def test_when_all_are_taken_root_still_comes_in(clients: Clients) -> None:
    for name in "abcdef":
        clients.connect(name)[0].passage = cast(Passage, object())
    client, wire = clients.connect("g")
    client.data_received(GET)
    assert wire.said.startswith(b"HTTP/1.1 503")
    client, wire = clients.connect("user root", is_root=True)
    client.data_received(GET)
    assert wire.said.startswith(b"HTTP/1.1 403")


async def test_many_who_do_nothing_keep_nobody_out(clients: Clients) -> None:
    """Who has a range of user ids, or a container, comes as as many as they like."""
    six = [clients.connect(name, is_root=name == "a") for name in "abcdef"]
    for client, _ in six:
        client.data_received(b"GET ")
    client, wire = clients.connect("g")
    client.data_received(GET)
    assert wire.said.startswith(b"HTTP/1.1 403") and [each.aborted for _, each in six] == [False, True, *[False] * 4]
    clients.connect("f")
    assert not six[2][1].aborted, "nobody gets a second one for the only one of another"


async def test_who_sees_mounts_of_their_own_has_one_share_with_all_their_user_ids(clients: Clients) -> None:
    for uid in range(3):
        clients.connect(f"container c (uid {uid})", mounts="mnt:[7]")[0].data_received(b"GET ")
    client, wire = clients.connect("container c (uid 3)", mounts="mnt:[7]")
    client.data_received(GET)
    assert wire.said.startswith(b"HTTP/1.1 429")
    memory = ConnectionMemory(most=4 * FREE, share=FREE)
    assert HeldMemory(memory, "uid 1", "mnt:[7]").add(2 * FREE) and not HeldMemory(memory, "uid 2", "mnt:[7]").add(
        FREE + 1
    )


async def test_who_can_not_be_met_is_hung_up_on(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients.gate, "meet", lambda transport: 1 / 0)
    client, wire = ClientConnection(clients.gate, None, clients.connected, clients.places), Wire()  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError):
        client.connection_made(wire)
    assert wire.aborted
    client.connection_lost(None)
    assert not clients.connected


@pytest.mark.parametrize("endless", [b"a: %s\r\n" % (b"v" * 1000), b"v" * 1000])
@pytest.mark.parametrize("before", [b"0\r\na: ", b"1\r\n{\r\n1;x="])
async def test_what_comes_with_chunks_has_an_end(clients: Clients, before: bytes, endless: bytes) -> None:
    client, wire = clients.connect()
    head = b"POST /containers/create HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    client.data_received(head + before)
    sent = 0
    while not wire.said and sent < 2 * MOST_HEAD:
        client.data_received(endless)
        sent += len(endless)
    assert wire.said.startswith((b"HTTP/1.1 431", b"HTTP/1.1 400"))
    assert len(client._reader._headers) == 2, "what stands behind the body is not kept"


async def test_who_leaves_leaves_a_place(clients: Clients) -> None:
    for _ in range(20):
        client, wire = clients.connect()
        client.data_received(b"GET ")
        assert not wire.closed
        client.connection_lost(None)
    assert not clients.connected


async def test_what_is_held_is_bounded_and_given_back() -> None:
    memory = ConnectionMemory(most=300, share=200)
    a, b, c = HeldMemory(memory, "x"), HeldMemory(memory, "x"), HeldMemory(memory, "y")
    assert a.add(FREE) and a.add(150), "what everybody has is not counted"
    assert not b.add(FREE + 51), "the share of x"
    assert c.add(FREE + 100) and not c.add(100), "all that there is"
    a.clear()
    assert b.add(50) and c.add(1)


async def test_many_large_bodies_are_refused_and_then_taken_again(clients: Clients) -> None:
    clients.places.memory = ConnectionMemory(most=3 * FREE, share=2 * FREE)
    head = b"POST /containers/create HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 4000000\r\n\r\n"
    first, wire = clients.connect()
    first.data_received(head + b"x" * 3 * FREE)
    second, other = clients.connect()
    second.data_received(head + b"x" * 2 * FREE)
    assert not wire.said and other.said.startswith(b"HTTP/1.1 503")
    first.connection_lost(None)
    second, other = clients.connect()
    second.data_received(head + b"x" * 2 * FREE)
    assert not other.said


async def test_it_is_answered_also_where_it_can_not_be_told(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(clients.gate, "unjudged", fails)
    client, wire = clients.connect()
    with pytest.raises(OSError, match="No space"):
        client.data_received(b"NONSENSE\r\n\r\n")
    assert wire.said.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "sent, status", [(b"NONSENSE\r\n\r\n", 400), (b"GET /x HTTP/1.1\r\nA: " + b"a" * 200_000, 431)]
)
async def test_what_can_not_be_judged_is_told_of(clients: Clients, sent: bytes, status: int) -> None:
    client, wire = clients.connect()
    client.data_received(sent)
    assert wire.said.startswith(b"HTTP/1.1 %d" % status)
    assert len(clients.gate.heard) == 1


async def test_a_flood_of_them_is_counted() -> None:
    told: list[str] = []
    bounded = Bounded(lambda asked, decision: told.append(decision.message()), singly=3, seconds=0.05)
    decision = Decision(action="unread", refusals=(refused("guard/connections", "T", "no HTTP"),))
    for _ in range(1000):
        bounded(GuardRequest(method="?", target="?"), decision)
    assert len(told) == 3
    while len(told) < 4:
        await asyncio.sleep(0.01)
    assert "997 more like it" in told[3] and "guard/connections 997" in told[3] and "no HTTP" in told[3]
    bounded(GuardRequest(method="?", target="?"), decision)
    assert len(told) == 5


async def test_a_question_that_does_not_end_is_hung_up_on() -> None:
    plugin, wire = PluginProtocol(lambda path, body: (200, b"{}"), set()), Wire()
    plugin.connection_made(wire)
    now = asyncio.get_running_loop().time
    assert not plugin.is_late(now() + 10 * LATE), "an engine keeps connections"
    plugin.data_received(b"POST /AuthZPlugin.AuthZReq HTTP/1.1\r\nContent-Length: 2\r\n\r\n{")
    assert not plugin.is_late(now() + LATE / 2) and plugin.is_late(now() + LATE + 1)
    plugin.data_received(b"}")
    assert wire.said.startswith(b"HTTP/1.1 200") and not plugin.is_late(now() + LATE + 1)


async def test_a_refused_upgrade_ends_the_connection(clients: Clients) -> None:
    """What follows it on the wire may be of the other protocol: it is no request."""
    client, wire = clients.connect()
    client.data_received(
        b"POST /session HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 0\r\n\r\n" + GET
    )
    assert wire.said.count(b"HTTP/1.1 403") == 1 and wire.closed
