"""Papers that can't be used, and clients who want to keep the guard busy before it is known who they are."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec import structs

from dockworthy.errors import UsageError
from dockworthy.guard.asked import Asked
from dockworthy.guard.audit.bounded import SINGLY
from dockworthy.guard.decision import Decision
from dockworthy.guard.tls.handshakes import Handshakes
from dockworthy.guard.tls.listening import listen_tcp
from dockworthy.guard.tls.papers import Papers, context_of
from dockworthy.guard.tls.turned_away import TurnedAway
from dockworthy.harden.remote_access.address import Place
from guard.tls_parts import Wire, papers_for


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
    handshakes.end("done")
    for name, wire in (("first", first), ("second", second), ("third", third)):
        handshakes.begin(name, wire)
    assert first.aborted and not second.aborted
    async with asyncio.timeout(10):
        while not third.aborted:
            await asyncio.sleep(0.01)
    assert second.aborted and not done.aborted
    assert told == ["others wait for their handshake", *["no handshake within 0.05 s"] * 2]


async def test_a_flood_is_counted_and_fills_no_log() -> None:
    told: list[tuple[Asked, Decision]] = []
    away = TurnedAway(lambda asked, decision: told.append((asked, decision)), seconds=0.05)
    for number in range(1000):
        away("192.0.2.9", f"for reason {number}")
    assert len(told) == SINGLY
    asked, decision = told[0]
    assert asked.user == "somebody at 192.0.2.9"
    assert "for reason 0" in decision.message() and not decision.allowed
    async with asyncio.timeout(10):
        while len(told) == SINGLY:
            await asyncio.sleep(0.01)
    assert f"{1000 - SINGLY} more like it" in told[-1][1].message()
    away("192.0.2.9", "for once")
    assert "for once" in told[-1][1].message()


def test_an_address_of_another_host_is_told() -> None:
    with pytest.raises(UsageError, match=r"--tls 192\.0\.2\.1:1"):
        listen_tcp(Place("192.0.2.1", 1))
