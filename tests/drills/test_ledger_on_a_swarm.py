"""The ledger as configs of a swarm: every manager has it, only admins write it, and what the host kept is read, too."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from deploy.local_sites import site_of
from dockworthy.cli.run import run
from dockworthy.drills.known_proofs import known_at
from dockworthy.drills.ledger import ledger_of
from dockworthy.engine.connection import Connection
from dockworthy.engine.host_shell import shell_here
from dockworthy.engine.site import Site
from dockworthy.errors import EngineRefused
from dockworthy.facts.engine import read_engine
from dockworthy.model.field import Set
from dockworthy.model.kept_on_swarm import ADMINS_RULE, OF_ADMINS
from dockworthy.model.kept_proof import proof_as_json
from drills.manager_in_memory import ManagerInMemory
from drills.proofs import ledger_here, proof
from machines.engines import OwnEngine, start_engine

SiteOn = Callable[[Path], AbstractAsyncContextManager[Site]]
"""A site of the swarm whose host keeps its state there."""
Create = Callable[[str, bytes, dict[str, str]], Awaitable[None]]
"""Makes a config by hand: its name, its content, its labels."""


def at(number: int) -> str:
    return f"2026-11-{1 + number:02}T00:00:00Z"


class LedgerSuite:
    async def test_every_manager_reads_what_one_wrote(self, site_on: SiteOn, tmp_path: Path) -> None:
        kept = [proof(at(3)), proof(at(2), passed=False), proof(at(1), claim="3.db-backup")]
        async with site_on(tmp_path / "a") as one, site_on(tmp_path / "b") as other:
            ledger = await ledger_of(one)
            assert ledger.is_of_swarm and await ledger.proofs() == []
            await asyncio.gather(*(ledger.write(each) for each in kept))
            read = await ledger_of(other)
            assert await read.proofs() == kept and read.damaged == ()
        assert not (tmp_path / "a").exists(), "nothing is kept on the host"

    async def test_what_the_host_kept_before_is_read_too(self, site_on: SiteOn, tmp_path: Path) -> None:
        async with ledger_here(tmp_path) as before:
            await before.write(proof(at(1)))
        async with site_on(tmp_path) as site:
            ledger = await ledger_of(site)
            await ledger.write(proof(at(2), passed=False))
            assert await ledger.proofs() == [proof(at(2), passed=False), proof(at(1))]

    async def test_the_newest_twenty_are_kept(self, site_on: SiteOn, tmp_path: Path) -> None:
        async with site_on(tmp_path) as site:
            ledger = await ledger_of(site)
            for number in range(22):
                await ledger.write(proof(at(number)))
            await ledger.write(proof(at(0), subject="project/blog"))
            kept = await ledger.proofs()
        assert len(kept) == 21
        of_shop = [each.at for each in kept if each.subject == "project/shop"]
        assert of_shop == [at(number) for number in range(21, 1, -1)]

    async def test_what_no_admin_wrote_counts_for_nothing_and_damage_is_named(
        self, site_on: SiteOn, create: Create, tmp_path: Path
    ) -> None:
        content, label = proof_as_json(proof()), {"dockworthy.kind": "proof"}
        await create("dockworthy.proof.forged", content, label)
        await create("dockworthy.proof.cut", content[:20], {**label, OF_ADMINS: "yes"})
        async with site_on(tmp_path) as site:
            ledger = await ledger_of(site)
            assert await ledger.proofs() == []
            assert ledger.damaged == ("config dockworthy.proof.cut: it is damaged",)

    async def test_of_all_that_is_known_the_newest_stands(self, site_on: SiteOn, tmp_path: Path) -> None:
        async with site_on(tmp_path) as site:
            ledger = await ledger_of(site)
            await ledger.write(proof(at(1)))
            await ledger.write(proof(at(2), passed=False))
            (standing,) = (await known_at(site)).standing
        assert standing.proof == proof(at(2), passed=False)


class TestInMemory(LedgerSuite):
    @pytest.fixture
    def manager(self) -> ManagerInMemory:
        return ManagerInMemory()

    @pytest.fixture
    def site_on(self, manager: ManagerInMemory) -> SiteOn:
        @contextlib.asynccontextmanager
        async def opened(state: Path) -> AsyncIterator[Site]:
            async with shell_here(command="drill") as shell:
                site = site_of(shell, state)
                site.engine = manager  # type: ignore[assignment]
                yield site

        return opened

    @pytest.fixture
    def create(self, manager: ManagerInMemory) -> Create:
        async def made(name: str, content: bytes, labels: dict[str, str]) -> None:
            body = {"Name": name, "Labels": labels, "Data": base64.b64encode(content).decode()}
            await manager.send("POST", "/configs/create", body)

        return made

    async def test_who_is_no_admin_keeps_none(self, manager: ManagerInMemory, site_on: SiteOn, tmp_path: Path) -> None:
        manager.refuses = f"{ADMINS_RULE}: What an admin's deploy keeps is written by admins only"
        async with site_on(tmp_path) as site:
            with pytest.raises(EngineRefused, match="only admins keep a proof"):
                await (await ledger_of(site)).write(proof())


@pytest.fixture(scope="module")
def one_manager(engines_folder: Path) -> Iterator[OwnEngine]:
    engine = start_engine(engines_folder / "proofs")
    try:
        engine.docker("swarm", "init", "--advertise-addr", "127.0.0.1")
        yield engine
    finally:
        engine.stop()


@pytest.mark.engine
@pytest.mark.timeout(120)
class TestOnASwarm(LedgerSuite):
    @pytest.fixture
    def swarm(self, one_manager: OwnEngine) -> Iterator[OwnEngine]:
        """Its proofs go with the test."""
        yield one_manager
        kept = one_manager.docker("config", "ls", "--quiet", "--filter", "label=dockworthy.kind=proof").stdout.split()
        if kept:
            one_manager.docker("config", "rm", *(each.decode() for each in kept))

    @pytest.fixture
    def site_on(self, swarm: OwnEngine) -> SiteOn:
        @contextlib.asynccontextmanager
        async def opened(state: Path) -> AsyncIterator[Site]:
            connection = Connection(swarm.endpoint, deadline=None, per_call=30)
            async with shell_here(command="drill") as shell, connection as engine:
                site = site_of(shell, state)
                site.engine = engine
                yield site

        return opened

    @pytest.fixture
    def create(self, swarm: OwnEngine) -> Create:
        async def made(name: str, content: bytes, labels: dict[str, str]) -> None:
            words = [word for label, value in labels.items() for word in ("--label", f"{label}={value}")]
            swarm.docker("config", "create", *words, name, "-", input=content)

        return made

    async def test_facts_have_them(self, swarm: OwnEngine, site_on: SiteOn, tmp_path: Path) -> None:
        async with site_on(tmp_path) as site:
            ledger = await ledger_of(site)
            await ledger.write(proof(at(1)))
            await ledger.write(proof(at(2), passed=False))
        facts = await read_engine(swarm.endpoint, deadline=30)
        assert isinstance(facts.proofs, Set)
        assert [(drill.demand, drill.passed) for drill in facts.proofs.value] == [("1.backup", False)]

    def test_the_command_asks_the_swarm(
        self,
        swarm: OwnEngine,
        site_on: SiteOn,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setenv("DOCKWORTHY_STATE", str(tmp_path))

        async def write() -> None:
            async with site_on(tmp_path) as site:
                await (await ledger_of(site)).write(proof(at(1), "2099-01-01T00:00:00Z"))

        asyncio.run(write())
        assert run(["drill", "--host", swarm.endpoint, "--format", "json"]) == 0
        (kept,) = json.loads(capsys.readouterr().out)["proofs"]
        assert kept["subject"] == "project/shop"
