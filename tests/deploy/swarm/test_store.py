"""Releases as configs of a swarm: what every store does, and what only a swarm's can suffer."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from deploy.store_suite import Opens, StoreSuite, release
from dockworthy.deploy.store import SwarmStore, swarm_lock
from dockworthy.engine.connection import Connection
from dockworthy.errors import EngineError, Occupied, UnreadableInput, UsageError
from machines.engines import OwnEngine

pytestmark = pytest.mark.engine


@contextlib.asynccontextmanager
async def store_on(engine: OwnEngine, project: str) -> AsyncIterator[SwarmStore]:
    async with Connection(engine.endpoint, deadline=None, per_call=30) as connection:
        yield SwarmStore(connection, project)


@pytest.fixture
def project(swarm: OwnEngine, request: pytest.FixtureRequest) -> Iterator[str]:
    """A name of the test's own; its configs and secrets go with the test."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:38].strip("-")
    yield name
    for kind in ("config", "secret"):
        listed = swarm.docker(kind, "ls", "--quiet", "--filter", f"label=dockworthy.project={name}").stdout.split()
        if listed:
            swarm.docker(kind, "rm", *(each.decode() for each in listed))


@pytest.fixture
def opens(swarm: OwnEngine, project: str) -> Opens:
    return lambda: store_on(swarm, project)


class TestOnASwarm(StoreSuite):
    pass


async def test_a_name_that_is_taken_in_capital_letters_is_said(
    swarm: OwnEngine, opens: Opens, project: str, tmp_path: Path
) -> None:
    """To a swarm it is the same name: else a deploy would try to make it for ever."""
    data = tmp_path / "taken"
    data.write_text("x")
    label = ("--label", f"dockworthy.project={project}")
    swarm.docker("config", "create", *label, f"{project.upper()}_dockworthy.head", str(data))
    async with opens() as store:
        with pytest.raises(EngineError, match="can't make its config") as raised:
            async with store.lock(who="anna", doing="deploy"):
                pass
    assert "capital letters" in raised.value.hint


async def test_a_config_that_is_merely_labelled_as_a_release_is_none(
    swarm: OwnEngine, opens: Opens, project: str, tmp_path: Path
) -> None:
    """Who has rights on one project may label a config of it: it is called as that project calls its own."""
    data = tmp_path / "forged"
    data.write_text("{}")
    labels = {"dockworthy.kind": "release", "dockworthy.project": project, "dockworthy.number": "999"}
    words = [word for name, value in labels.items() for word in ("--label", f"{name}={value}")]
    swarm.docker("config", "create", *words, "other_forged", str(data))
    async with opens() as store:
        assert await store.releases() == [] and await store.next_number() == 1
        async with store.lock(who="anna", doing="deploy"):
            await store.write(release(1))
        assert [each.number for each in await store.releases()] == [1]


async def test_a_holder_that_gives_no_sign_of_life_is_dead(opens: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its clock says: only whether its count moves is looked at."""
    monkeypatch.setattr(swarm_lock, "_DEAD", 1.0)
    monkeypatch.setattr(swarm_lock, "_process", lambda pid: "")
    async with opens() as store, opens() as other:
        monkeypatch.setattr(swarm_lock, "_EVERY", 0.2)
        async with store.lock(who="anna", doing="deploy"):
            with pytest.raises(Occupied, match="anna"):
                await other.lock(who="ben", doing="deploy").__aenter__()
        monkeypatch.setattr(swarm_lock, "_EVERY", 1000.0)
        async with store.lock(who="anna", doing="deploy") as lock:
            async with other.lock(who="ben", doing="deploy") as later:
                assert later.epoch == lock.epoch + 1
                with pytest.raises(Occupied, match="ben"):
                    await lock.check()


async def test_a_killed_process_of_this_machine_holds_nothing(
    swarm: OwnEngine, project: str, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = await asyncio.create_subprocess_exec("sleep", "1000")
    with monkeypatch.context() as patch:
        patch.setattr(swarm_lock.os, "getpid", lambda: child.pid)
        patch.setattr(swarm_lock, "_EVERY", 1000.0)
        async with store_on(swarm, project) as store:
            taken = store.lock(who="anna", doing="deploy")
            await taken.__aenter__()
    child.kill()
    await child.wait()
    monkeypatch.setattr(swarm_lock, "_DEAD", float("inf"))  # its signs of life are not waited for
    async with opens() as other, other.lock(who="ben", doing="deploy") as lock:
        assert lock.epoch == 2
    with contextlib.suppress(Exception):
        await taken.__aexit__(None, None, None)


async def test_a_damaged_record_is_named(swarm: OwnEngine, project: str, opens: Opens) -> None:
    async with opens() as store:
        await store.write(release(1))
        labels = [
            word
            for each in ("dockworthy.kind=release", f"dockworthy.project={project}", "dockworthy.number=2")
            for word in ("--label", each)
        ]
        swarm.docker("config", "create", *labels, f"{project}_dockworthy.release.2", "-", input=b"{cut")
        with pytest.raises(UnreadableInput, match="damaged") as raised:
            await store.releases()
        assert raised.value.file == f"config {project}_dockworthy.release.2"
        assert [found.number for found in await store.releases(skip_damaged=True)] == [1]


async def test_versions_that_nobody_needs_go(swarm: OwnEngine, project: str, opens: Opens) -> None:
    async with opens() as store:
        kept = await store.keep_version("secrets.pw", b"one", mode=0o444, owner=None)
        await store.keep_version("secrets.pw", b"two", mode=0o444, owner=None)
        value = await store.keep_version("environment.web.A", b"visible", mode=0o600, owner=None)
        await store.clean([release(1, versions={"secrets.pw": kept, "environment.web.A": value})])
        names = swarm.docker("secret", "ls", "--format", "{{.Name}}", "--filter", f"label=dockworthy.project={project}")
        assert names.stdout.decode().split() == [store.definition_of("secrets.pw", kept).name]
        assert await store.kept_version("environment.web.A", value) == "visible"
        long = store.definition_of("secrets." + "x" * 150, kept).name
        assert len(long) <= 64 and long != store.definition_of("secrets." + "x" * 151, kept).name
        with pytest.raises(UsageError, match="a swarm takes from 1"):
            await store.keep_version("secrets.pw", b"", mode=0o444, owner=None)


async def test_a_project_whose_name_is_too_long_is_refused() -> None:
    with pytest.raises(UsageError, match="can't be a project's name on a swarm"):
        SwarmStore(Connection("unix:///nowhere"), "x" * 41)
