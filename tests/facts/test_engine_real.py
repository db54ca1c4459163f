"""Everything a real engine tells, as it tells it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dockworthy.engine.connection import Connection
from dockworthy.facts.engine import read_engine
from dockworthy.facts.reading import read_snapshot
from dockworthy.facts.redaction import Redactor
from dockworthy.facts.saved import encode, load, save
from dockworthy.model.field import Set, Unknown, Unset
from dockworthy.model.snapshot import ContainerFacts, EngineFacts
from machines.engines import OwnEngine, start_engine
from machines.images import make_image
from patience import Limit

pytestmark = pytest.mark.engine

PLANTED = "planted-Sesame.9"


async def read(endpoint: str) -> EngineFacts:
    return await read_engine(endpoint, root=Path("/"), redactor=Redactor(b"key"))


def named(facts: EngineFacts, name: str) -> ContainerFacts:
    assert isinstance(facts.containers, Set)
    return next(one for one in facts.containers.value if one.name == name)


def inspect_of(container: ContainerFacts) -> dict[str, Any]:
    assert isinstance(container.inspect, Set)
    return container.inspect.value


async def test_containers_as_the_engine_knows_them_stopped_ones_too(
    own_engine: OwnEngine, container: Callable[..., str]
) -> None:
    running, created = container("--label", "a=b", "--read-only"), container(start=False)
    facts = await read(own_engine.endpoint)
    told = own_engine.inspect(running)
    found = inspect_of(named(facts, running))
    assert found == told
    assert isinstance(named(facts, running).processes, Set)
    assert inspect_of(named(facts, created))["State"]["Status"] == "created"
    assert isinstance(named(facts, created).processes, Unset)
    assert isinstance(named(facts, created).changes, Unset)


async def test_secrets_are_left_out_and_told_as_secrets(own_engine: OwnEngine, container: Callable[..., str]) -> None:
    options = ("--env", f"DB_PASSWORD={PLANTED}", "--env", f"URL=postgres://a:{PLANTED}@db/x", "--env", "PLAIN=yes")
    health = ("--health-cmd", f"mysqladmin ping -p{PLANTED}", "--label", f"com.example.token={PLANTED}")
    name = container(*options, *health, command=("sh", "-c", f"TOKEN={PLANTED} exec sleep 600"))
    facts = await read(own_engine.endpoint)
    assert PLANTED not in msgspec.json.encode(facts).decode()
    environment = dict(item.split("=", 1) for item in inspect_of(named(facts, name))["Config"]["Env"])
    assert environment["DB_PASSWORD"].startswith("hash:") and environment["URL"].startswith("hash:")
    assert environment["PLAIN"] == "yes"


async def test_images_with_their_history(own_engine: OwnEngine) -> None:
    image = make_image(own_engine, "dockworthy-test-facts-image:1", f"ENV API_TOKEN={PLANTED}", "USER 1000")
    own_engine.docker("tag", image, "dockworthy-test-facts-image:2")
    try:
        facts = await read(own_engine.endpoint)
    finally:
        own_engine.docker("rmi", image, "dockworthy-test-facts-image:2")
    assert isinstance(facts.images, Set)
    found = [
        one for one in facts.images.value if isinstance(one.inspect, Set) and image in one.inspect.value["RepoTags"]
    ]
    assert len(found) == 1, "one image, however many tags name it"
    assert isinstance(found[0].inspect, Set) and isinstance(found[0].history, Set)
    assert found[0].inspect.value["Config"]["User"] == "1000"
    assert len(found[0].inspect.value["RepoTags"]) == 2
    assert found[0].history.value
    assert PLANTED not in msgspec.json.encode(found[0]).decode()


async def test_volumes_networks_and_disk_use(own_engine: OwnEngine, container: Callable[..., str]) -> None:
    own_engine.docker("volume", "create", "dockworthy-test-facts", "--label", f"password={PLANTED}")
    try:
        container("--volume", "dockworthy-test-facts:/data")
        facts = await read(own_engine.endpoint)
    finally:
        own_engine.docker("volume", "rm", "--force", "dockworthy-test-facts", check=False)
    assert isinstance(facts.volumes, Set) and isinstance(facts.networks, Set) and isinstance(facts.disk_usage, Set)
    volume = next(one for one in facts.volumes.value if one["Name"] == "dockworthy-test-facts")
    assert volume["Labels"]["password"].startswith("hash:")
    assert {"bridge", "host", "none"} <= {one["Name"] for one in facts.networks.value}
    usage = facts.disk_usage.value
    assert usage["LayersSize"] > 0
    sizes = {one["Name"]: one["UsageData"] for one in usage["Volumes"]}
    assert sizes["dockworthy-test-facts"]["RefCount"] == 1
    assert all(set(one) <= {"Id", "SizeRw", "SizeRootFs"} for one in usage["Containers"])
    assert facts.unread == {}
    assert isinstance(facts.info, Set) and facts.info.value["ServerVersion"]
    assert isinstance(facts.swarm, Unset) and isinstance(facts.plugins, Set)


async def test_one_question_an_object(
    own_engine: OwnEngine, container: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        container("--network", "none")
    asked: list[str] = []
    fetch = Connection._fetch

    async def counted(connection: Connection, path: str, what: str, *more: Any) -> tuple[int, bytes]:
        asked.append(path)
        return await fetch(connection, path, what, *more)

    monkeypatch.setattr(Connection, "_fetch", counted)
    facts = await read(own_engine.endpoint)
    assert isinstance(facts.containers, Set) and isinstance(facts.images, Set)
    assert len(asked) == len(set(asked))
    assert len(asked) == 11 + len(facts.containers.value) + 2 * len(facts.images.value)


async def test_a_snapshot_of_all(own_engine: OwnEngine, container: Callable[..., str], tmp_path: Path) -> None:
    name = container("--env", f"DB_PASSWORD={PLANTED}")
    environ = {"DOCKWORTHY_STATE": str(tmp_path)}
    snapshot = await read_snapshot(own_engine.endpoint, environ=environ)
    again = await read_snapshot(own_engine.endpoint, environ=environ)
    taken = datetime.fromisoformat(snapshot.taken)
    assert taken.tzinfo == UTC and abs((datetime.now(UTC) - taken).total_seconds()) < 60
    assert snapshot.id != again.id and snapshot.tool.name == "dockworthy"
    assert isinstance(snapshot.host.kernel, Set)
    assert isinstance(named(snapshot.engine, name).processes, Set)
    assert PLANTED.encode() not in encode(snapshot)
    environments = [inspect_of(named(one.engine, name))["Config"]["Env"] for one in (snapshot, again)]
    assert environments[0] == environments[1], "the same key at every run: equal secrets compare"
    save(snapshot, tmp_path / "facts.json")
    assert load(tmp_path / "facts.json") == snapshot
    assert json.loads((tmp_path / "facts.json").read_text())["snapshot"] == 1


@pytest.fixture
def another_engine(engines_folder: Path) -> Iterator[OwnEngine]:
    """One that a test may stop, freeze or make a swarm of."""
    engine = start_engine(engines_folder / "another")
    yield engine
    assert engine.process is not None
    if engine.process.poll() is None:
        os.kill(engine.pid, signal.SIGCONT)
    engine.stop()


async def test_a_frozen_engine_costs_the_deadline_and_no_more(another_engine: OwnEngine, tmp_path: Path) -> None:
    os.kill(another_engine.pid, signal.SIGSTOP)
    within = Limit(5)
    snapshot = await read_snapshot(another_engine.endpoint, deadline=0.5, environ={"DOCKWORTHY_STATE": str(tmp_path)})
    assert within.left > 0
    assert isinstance(snapshot.engine.containers, Unknown)
    assert "did not answer" in snapshot.engine.containers.reason
    assert isinstance(snapshot.host.kernel, Set), "the host is judged all the same"


async def test_a_killed_engine(another_engine: OwnEngine) -> None:
    another_engine.process.kill()  # type: ignore[union-attr]
    another_engine.process.wait()  # type: ignore[union-attr]
    facts = await read(another_engine.endpoint)
    assert isinstance(facts.info, Unknown) and "not running" in facts.info.reason


async def test_a_swarm(another_engine: OwnEngine) -> None:
    engine = another_engine
    engine.docker("swarm", "init", "--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1")
    image = make_image(engine)
    engine.docker("secret", "create", "db", "-", input=PLANTED.encode())
    engine.docker("config", "create", "conf", "-", input=PLANTED.encode())
    service = ("service", "create", "--detach", "--no-resolve-image", "--name", "web", "--secret", "db")
    engine.docker(*service, "--env", f"API_TOKEN={PLANTED}", "--label", f"token={PLANTED}", image, "sleep", "600")
    facts = await read(engine.endpoint)
    for field in ("swarm", "nodes", "services", "tasks", "secrets", "configs"):
        assert isinstance(getattr(facts, field), Set), field
    assert isinstance(facts.services, Set) and facts.services.value[0]["Spec"]["Name"] == "web"
    encoded = msgspec.json.encode(facts).decode()
    assert PLANTED not in encoded and "SWMTKN" not in encoded
    assert "cGxhbnRlZC1TZXNhbWUuOQ" not in encoded  # what the config holds, as the API tells it
