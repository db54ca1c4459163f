"""Releases as configs of a swarm: what every store does, and what only a swarm's can suffer."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from deploy.store_suite import Opens, StoreSuite, release
from dockworthy.deploy.store import SwarmStore, swarm_lock
from dockworthy.deploy.store.record import encoded
from dockworthy.engine.connection import Connection
from dockworthy.errors import EngineError, Occupied, UnreadableInput, UsageError
from dockworthy.model.release import Release, ReleaseState
from machines.engines import OwnEngine

pytestmark = pytest.mark.engine


@contextlib.asynccontextmanager
async def store_on(engine: OwnEngine, project: str) -> AsyncIterator[SwarmStore]:
    async with Connection(engine.endpoint, deadline=None, per_call=30) as connection:
        yield SwarmStore(connection, project)


@pytest.fixture
def project(swarm: OwnEngine) -> Iterator[str]:
    """That of the releases here; its configs and secrets go with the test."""
    name = "shop"
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


def labelled(swarm: OwnEngine, name: str, data: bytes, **labels: str) -> None:
    words = [word for key, value in labels.items() for word in ("--label", f"{key.replace('_', '.')}={value}")]
    swarm.docker("config", "create", *words, name, "-", input=data)


async def relabelled(swarm: OwnEngine, name: str, **labels: str) -> None:
    async with Connection(swarm.endpoint, deadline=None, per_call=30) as engine:
        found = await engine.get(f"/configs/{name}")
        body = {"Name": name, "Labels": {**found["Spec"]["Labels"], **labels}}
        await engine.send("POST", f"/configs/{found['ID']}/update?version={found['Version']['Index']}", body)


async def test_a_label_says_what_became_of_a_release_and_nothing_else(
    swarm: OwnEngine, project: str, opens: Opens
) -> None:
    """Labels can be changed; what a rollback ships is what was written when it was shipped."""
    async with opens() as store:
        await store.write(release(1, ReleaseState.PREPARED))
        await store.write(release(1, ReleaseState.KEPT, why="good"))
        (good,) = await store.releases()
        forged: dict[str, Any] = {name: getattr(release(7), name) for name in Release.__struct_fields__}
        web = {"image": "x", "volumes": [{"type": "bind", "source": "/etc", "target": "/host"}]}
        forged |= {
            "spec": {"services": {"web": web}}, "settings": {"edge": {"image": "evil"}},
            "versions": {"secrets.pw": "0" * 12},
            "container_names": {"web": "x"}, "target": "other", "project": "bank", "returns_to": 3, "who": "root@here",
            "services": {"web": {"reference": "x", "image": "x", "image_id": "x", "spec_hash": "x"}},
            "state": "kept", "why": "good",
        }  # fmt: skip
        text = json.dumps(forged, default=str)
        await relabelled(swarm, f"{project}_dockworthy.release.1", **{"dockworthy.outcome": text})
        (found,) = await store.releases()
        allowed = {name: getattr(found, name) for name in ("ended", "hint", "findings", "observation", "jobs")}
        assert found == structs.replace(good, **allowed)


async def test_data_of_another_project_or_number_is_damaged(swarm: OwnEngine, project: str, opens: Opens) -> None:
    async with opens() as store:
        for number, other in ((1, release(9)), (2, structs.replace(release(2), project="bank"))):
            labels = {"dockworthy_kind": "release", "dockworthy_project": project, "dockworthy_number": str(number)}
            labelled(swarm, f"{project}_dockworthy.release.{number}", encoded(other), **labels)
        with pytest.raises(UnreadableInput, match="damaged"):
            await store.releases()
        assert await store.releases(skip_damaged=True) == []


@pytest.mark.parametrize("as_ours", [False, True], ids=["a config", "another record"])
async def test_what_took_the_name_of_the_next_release_is_no_record_of_it(
    swarm: OwnEngine, project: str, opens: Opens, as_ours: bool
) -> None:
    name = f"{project}_dockworthy.release.4"
    ours = {"dockworthy_kind": "release", "dockworthy_project": project, "dockworthy_number": "4"}
    try:
        data = encoded(release(4, why="forged")) if as_ours else b"x"
        labelled(swarm, name, data, **{"com_docker_stack_namespace": project, **(ours if as_ours else {})})
        async with opens() as store:
            with pytest.raises(UsageError, match=rf"config {name} .*somebody else made it") as raised:
                await store.write(release(4, ReleaseState.PREPARED))
            assert f"docker config rm {name}" in raised.value.hint
    finally:
        swarm.docker("config", "rm", name)


async def test_what_took_the_name_of_the_lock_or_the_key_is_neither(
    swarm: OwnEngine, project: str, opens: Opens
) -> None:
    head = f"{project}_dockworthy.head"
    labelled(swarm, head, b"x", com_docker_stack_namespace=project)
    try:
        async with opens() as store:
            for work in (store.lock(who="anna", doing="deploy").__aenter__, store.next_number):
                with pytest.raises(UsageError, match=f"config {head} is not what dockworthy keeps") as raised:
                    await work()
                assert f"docker config rm {head}" in raised.value.hint
    finally:
        swarm.docker("config", "rm", head)
    swarm.docker("config", "rm", "dockworthy.versions-key", check=False)
    labelled(swarm, "dockworthy.versions-key", b"known")
    try:
        async with opens() as store:
            with pytest.raises(UsageError, match="is not what dockworthy keeps"):
                await store.keep_version("secrets.pw", b"one", mode=0o444, owner=None)
    finally:
        swarm.docker("config", "rm", "dockworthy.versions-key")


async def test_what_took_the_name_of_a_version_is_none(swarm: OwnEngine, project: str, opens: Opens) -> None:
    async with opens() as store:
        for name, labels in (("configs.app", {}), ("configs.other", {"dockworthy_kind": "version"})):
            version = await store.foreseen_version(name, b"ours", mode=0o444, owner=None)
            called = store.definition_of(name, version).name
            whose = {
                "dockworthy_project": project, "dockworthy_version-of": name, "dockworthy_version": version, **labels
            }  # fmt: skip
            labelled(swarm, called, b"theirs", **(whose if labels else {}))
            try:
                with pytest.raises(UsageError, match="somebody else made it") as raised:
                    await store.keep_version(name, b"ours", mode=0o444, owner=None)
                assert f"docker config rm {called}" in raised.value.hint
            finally:
                swarm.docker("config", "rm", called)


async def test_a_value_that_somebody_kept_first_is_an_admins_from_then_on(
    swarm: OwnEngine, project: str, opens: Opens
) -> None:
    """Who made it could put another one in its place, and a rollback would put that into the service."""
    async with opens() as store:
        version = await store.foreseen_version("environment.web.A", b"good", mode=0o600, owner=None)
        called = store.definition_of("environment.web.A", version).name
        labels = {
            "dockworthy_kind": "version",
            "dockworthy_project": project,
            "dockworthy_version-of": "environment.web.A",
            "dockworthy_version": version,
        }
        labelled(swarm, called, b"good", **labels)
        assert await store.keep_version("environment.web.A", b"good", mode=0o600, owner=None) == version
        found = swarm.docker("config", "inspect", "--format", "{{json .Spec.Labels}}", called)
        assert json.loads(found.stdout)["dockworthy.of-admins"] == "yes"
        swarm.docker("config", "rm", called)
        labelled(swarm, called, b"bad", **labels)
        with pytest.raises(UsageError, match=r"holds something else than environment\.web\.A"):
            await store.kept_version("environment.web.A", version)


async def test_what_is_not_of_an_admin_is_told_apart(swarm: OwnEngine, project: str, opens: Opens) -> None:
    labels = {"dockworthy_kind": "release", "dockworthy_project": project, "dockworthy_number": "2"}
    async with opens() as store:
        await store.write(release(1))
        labelled(swarm, f"{project}_dockworthy.release.2", encoded(release(2)), **labels)
        found = await store.releases()
        assert [each.number for each in found] == [1, 2]
        assert await store.not_by_admins(found) == {2}
        swarm.docker("config", "rm", f"{project}_dockworthy.release.2")
        assert await store.not_by_admins(found) == {2}, "what went since it was read was no admin's"
        assert await store.not_by_admins(found[:1]) == frozenset()
