"""Papers that can't be used, and clients who want to keep the guard busy before it is known who they are."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
from msgspec import structs

from dockworthy.errors import UsageError
from dockworthy.guard.audit.flood_limits import SINGLY
from dockworthy.guard.decision import Decision
from dockworthy.guard.request import GuardRequest
from dockworthy.guard.tls.certificates import LivingPapers, Papers, context_of
from dockworthy.guard.tls.endpoint import TurnedAway, listen_tcp
from dockworthy.guard.tls.handshakes import AT_ONCE, PER_SECOND, Handshakes, Knocks
from dockworthy.harden.remote_access.address import EngineAddress
from guard.tls_parts import Wire, papers_for
from patience import patience


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return papers_for(tmp_path_factory.mktemp("papers"), "alice")


def test_papers_that_do_not_fit_are_told_with_their_option(papers: Papers, tmp_path: Path) -> None:
    alice = papers.tlscert.parent.parent / "alice"
    empty = tmp_path / "empty.pem"
    empty.touch()
    for wrong, says in (
        ({"tlskey": alice / "key.pem"}, "--tlskey"),
        ({"tlscert": alice / "cert.pem", "tlskey": alice / "key.pem"}, "unsuitable certificate purpose"),
        ({"tlscacert": empty}, "holds no certificate"),
        ({"tlscacert": papers.tlskey}, "holds no certificate"),
        ({"tlscert": empty}, "--tlscert"),
        ({"tlskey": tmp_path / "none"}, "--tlskey .*No such file"),
    ):
        with pytest.raises(UsageError, match=says):
            context_of(structs.replace(papers, **wrong))
    context_of(papers)


async def test_a_handshake_has_its_time_and_the_oldest_makes_room() -> None:
    told: list[str] = []
    handshakes = Handshakes(lambda address, why: told.append(why), patience=0.05, most=2)
    first, second, third, done = Wire(), Wire(), Wire(), Wire()
    handshakes.begin("done", done)
    handshakes.done("done")
    for name, wire in (("first", first), ("second", second), ("third", third)):
        handshakes.begin(name, wire)
    assert first.aborted and not second.aborted
    async with asyncio.timeout(patience(10)):
        while not third.aborted:
            await asyncio.sleep(0.01)
    assert second.aborted and not done.aborted
    assert told == ["others wait for their handshake", *["no handshake within 0.05 s"] * 2]


def test_who_fails_too_often_is_not_heard_for_a_while() -> None:
    now = [0.0]
    knocks = Knocks(lambda: now[0])
    for _ in range(1000):
        assert knocks.may("192.0.2.7")
        knocks.was_well("192.0.2.7")
    assert [knocks.may("192.0.2.9") for _ in range(int(AT_ONCE) + 1)] == [*[True] * int(AT_ONCE), False]
    assert knocks.may("192.0.2.7")
    now[0] += 1
    assert [knocks.may("192.0.2.9") for _ in range(int(PER_SECOND) + 1)] == [*[True] * int(PER_SECOND), False]
    for number in range(int(AT_ONCE)):
        assert knocks.may(f"2001:db8::{number:x}")
    assert not knocks.may("2001:db8::ffff") and knocks.may("2001:db8:0:1::1")


async def test_who_is_not_heard_costs_no_handshake() -> None:
    told: list[str] = []
    handshakes = Handshakes(lambda address, why: told.append(why))
    for number in range(int(AT_ONCE)):
        handshakes.begin(number, Wire())
        handshakes.end(number)
    late = Wire()
    handshakes.begin("late", late)
    assert late.aborted and told == ["too many of its handshakes failed"]


async def test_a_flood_is_counted_and_fills_no_log() -> None:
    told: list[tuple[GuardRequest, Decision]] = []
    away = TurnedAway(lambda asked, decision: told.append((asked, decision)), seconds=0.05)
    for number in range(1000):
        away("192.0.2.9", f"for reason {number}")
    assert len(told) == SINGLY
    asked, decision = told[0]
    assert asked.user == "somebody at 192.0.2.9"
    assert "for reason 0" in decision.message() and not decision.allowed
    async with asyncio.timeout(patience(10)):
        while len(told) == SINGLY:
            await asyncio.sleep(0.01)
    assert f"{1000 - SINGLY} more like it" in told[-1][1].message()
    away("192.0.2.9", "for once")
    assert "for once" in told[-1][1].message()


def test_an_address_may_come_later_and_a_port_that_is_taken_is_told() -> None:
    told: list[str] = []
    for address in ("192.0.2.1", "2001:db8::1"):
        listen_tcp(EngineAddress(address, 4711), told.append).close()
    assert ["no address 192.0.2.1 yet" in told[0], "no address 2001:db8::1 yet" in told[1]] == [True, True]
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(UsageError, match="nobody can listen there"):
        listen_tcp(EngineAddress("127.0.0.1", other.getsockname()[1]), told.append)


async def test_a_guard_that_must_be_there_is_there_without_certificates(papers: Papers, tmp_path: Path) -> None:
    """An engine does not start without its plugin: nobody comes in by TLS, and that is said."""
    told: list[str] = []
    mine = structs.replace(papers, tlscert=tmp_path / "cert.pem")
    with pytest.raises(UsageError):
        LivingPapers(mine, told.append)
    living = LivingPapers(mine, told.append, must=False)
    assert living() is None and "until this is mended" in told[0]
    mine.tlscert.write_bytes(papers.tlscert.read_bytes())
    await living.read_anew()
    assert living() is not None
    mine.tlscert.unlink()
    await living.read_anew()
    assert living() is not None and "the old one stays" in told[-1]
