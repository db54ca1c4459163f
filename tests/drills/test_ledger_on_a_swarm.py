"""The ledger as configs of a swarm: every manager has it, only admins write it, and what the host kept is read, too."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from deploy.local_sites import site_of
from dockworthy.cli.run import run
from dockworthy.drills.known_proofs import known_at
from dockworthy.drills.ledger import Ledger, ledger_of
from dockworthy.engine.connection import Connection
from dockworthy.engine.host_shell import hand_here
from dockworthy.engine.site import Site
from dockworthy.facts.engine import read_engine
from dockworthy.model.field import Set
from dockworthy.model.kept_on_swarm import OF_ADMINS
from dockworthy.model.kept_proof import proof_as_json
from drills.proofs import ledger_here, proof
from machines.engines import OwnEngine, start_engine

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]

FILTER = ("--filter", "label=dockworthy.kind=proof")


@pytest.fixture(scope="module")
def manager(engines_folder: Path) -> Iterator[OwnEngine]:
    engine = start_engine(engines_folder / "proofs")
    try:
        engine.docker("swarm", "init", "--advertise-addr", "127.0.0.1")
        yield engine
    finally:
        engine.stop()


@pytest.fixture
def swarm(manager: OwnEngine) -> Iterator[OwnEngine]:
    """Its proofs go with the test."""
    yield manager
    kept = manager.docker("config", "ls", "--quiet", *FILTER).stdout.split()
    if kept:
        manager.docker("config", "rm", *(each.decode() for each in kept))


@contextlib.asynccontextmanager
async def site_on(engine: OwnEngine, state: Path) -> AsyncIterator[Site]:
    async with hand_here(command="drill") as hand, Connection(engine.endpoint, deadline=None, per_call=30) as engine_:
        site = site_of(hand, state)
        site.engine = engine_
        yield site


@contextlib.asynccontextmanager
async def ledger_on(engine: OwnEngine, state: Path) -> AsyncIterator[Ledger]:
    async with site_on(engine, state) as site:
        yield await ledger_of(site)


def at(number: int) -> str:
    return f"2026-11-{1 + number:02}T00:00:00Z"


async def test_every_manager_reads_what_one_wrote(swarm: OwnEngine, tmp_path: Path) -> None:
    kept = [proof(at(3)), proof(at(2), passed=False), proof(at(1), claim="3.db-backup")]
    async with ledger_on(swarm, tmp_path / "a") as one, ledger_on(swarm, tmp_path / "b") as other:
        assert one.is_of_swarm and await one.proofs() == []
        await asyncio.gather(*(one.write(each) for each in kept))
        assert await other.proofs() == kept and other.damaged == ()
    assert not (tmp_path / "a").exists(), "nothing is kept on the host"


async def test_what_the_host_kept_before_is_read_too(swarm: OwnEngine, tmp_path: Path) -> None:
    async with ledger_here(tmp_path) as before:
        await before.write(proof(at(1)))
    async with ledger_on(swarm, tmp_path) as ledger:
        await ledger.write(proof(at(2), passed=False))
        assert await ledger.proofs() == [proof(at(2), passed=False), proof(at(1))]


async def test_the_newest_twenty_are_kept(swarm: OwnEngine, tmp_path: Path) -> None:
    async with ledger_on(swarm, tmp_path) as ledger:
        for number in range(22):
            await ledger.write(proof(at(number)))
        await ledger.write(proof(at(0), subject="project/blog"))
        kept = await ledger.proofs()
    assert [each.at for each in kept if each.subject == "project/shop"] == [at(number) for number in range(21, 1, -1)]
    assert len(kept) == 21


async def test_what_no_admin_wrote_counts_for_nothing_and_damage_is_named(swarm: OwnEngine, tmp_path: Path) -> None:
    content = proof_as_json(proof())
    label = ("--label", "dockworthy.kind=proof")
    admins = ("--label", f"{OF_ADMINS}=yes")
    swarm.docker("config", "create", *label, "dockworthy.proof.forged", "-", input=content)
    swarm.docker("config", "create", *label, *admins, "dockworthy.proof.cut", "-", input=content[:20])
    async with ledger_on(swarm, tmp_path) as ledger:
        assert await ledger.proofs() == []
        assert ledger.damaged == ("config dockworthy.proof.cut: it is damaged",)


async def test_facts_and_list_know_them(swarm: OwnEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ledger_on(swarm, tmp_path) as ledger:
        await ledger.write(proof(at(1)))
        await ledger.write(proof(at(2), passed=False))
    facts = await read_engine(swarm.endpoint, deadline=30)
    assert isinstance(facts.proofs, Set)
    assert [(drill.demand, drill.passed) for drill in facts.proofs.value] == [("1.backup", False)]
    async with site_on(swarm, tmp_path) as site:
        (standing,) = (await known_at(site)).standing
    assert standing.proof == proof(at(2), passed=False)


def test_the_command_asks_the_swarm(
    swarm: OwnEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKWORTHY_STATE", str(tmp_path))

    async def write() -> None:
        async with ledger_on(swarm, tmp_path) as ledger:
            await ledger.write(proof(at(1), "2099-01-01T00:00:00Z"))

    asyncio.run(write())
    assert run(["drill", "--host", swarm.endpoint, "--format", "json"]) == 0
    (kept,) = json.loads(capsys.readouterr().out)["proofs"]
    assert kept["subject"] == "project/shop"
