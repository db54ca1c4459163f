"""keepalived is recreated of the distribution's package as HAProxy is: what does not go on running is put back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.local_sites import site_of
from dockworthy.cli.edge import update
from dockworthy.cli.run import run
from dockworthy.deploy import compose_command
from dockworthy.deploy.compose_command import ComposeCommand
from dockworthy.deploy.edge import address_keeper, updating
from dockworthy.deploy.edge.address import CONTAINER, SERVICE
from dockworthy.deploy.edge.routes import ProjectRoutes
from dockworthy.deploy.edge.state_dir import EdgeStateDir
from dockworthy.deploy.edge.updating import KeepalivedUpdated, KeepalivedUpdater, NamedImage, Updated
from dockworthy.engine.faults import NoSuchObject
from dockworthy.engine.host_shell import shell_here
from dockworthy.errors import EngineError, UsageError
from dockworthy.model.deploy_settings import Edge
from dockworthy.readers.compose.rendering import ComposeProgram

ADDRESS = "192.0.2.100/24"


class Engine:
    """With keepalived of the image `runs`, and images with their versions."""

    def __init__(self, runs: str, sick: str = "") -> None:
        self.runs = runs
        self.sick = sick
        self.there = {"old": "2.3.2", "new": "2.3.3", "older": "2.3.1"}
        self.has_any = True

    async def get(self, path: str) -> Any:
        if path.startswith("/containers/json"):
            made = {"Id": "k1", "State": "running", "Names": [f"/{CONTAINER}"], "ImageID": self.runs, "Created": 1e9}
            return [made] if self.has_any else []
        if path.startswith("/containers/k1"):
            state = "restarting" if self.runs == self.sick else "running"
            return {"State": {"Status": state}, "RestartCount": 0}
        if path.startswith("/images/json"):
            assert "dockworthy-address" in path
            return [{"Id": id, "RepoTags": [f"dockworthy-address:{version}"]} for id, version in self.there.items()]
        id = path.split("/")[2]
        if id not in self.there:
            raise NoSuchObject("gone")
        return {"Config": {"Labels": {"org.opencontainers.image.version": self.there[id]}}}

    async def send(self, method: str, path: str, *_: object, **__: object) -> None:
        assert method == "DELETE"
        del self.there[path.removeprefix("/images/").partition("?")[0]]

    async def raw(self, _: str) -> bytes:
        return b"Segmentation fault"


class Here:
    def __init__(self, updater: KeepalivedUpdater, engine: Engine, folder: Path) -> None:
        self.updater = updater
        self.engine = engine
        self.folder = folder

    @property
    def written(self) -> str:
        """The image that the next deploy starts it with."""
        return str(json.loads((self.folder / "edge/address.json").read_text())["services"][SERVICE]["image"])


@pytest.fixture
async def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Here]:
    engine = Engine("old")

    async def made(*_: object, fresh: bool, **__: object) -> str:
        assert fresh, "packages as they are now"
        return "new"

    async def asked(*_: object) -> Any:
        return SimpleNamespace(status=0)

    async def up(_: ComposeCommand, spec: Any, **__: object) -> None:
        engine.runs = spec.services[SERVICE].image

    monkeypatch.setattr(address_keeper, "made_image", made)
    monkeypatch.setattr(address_keeper, "asked_once", asked)
    monkeypatch.setattr(address_keeper, "_STEADY", 0.1)
    monkeypatch.setattr(compose_command, "find_compose", lambda _: ComposeProgram("/nowhere", {}))  # nobody asks it
    monkeypatch.setattr(ComposeCommand, "up", up)
    async with shell_here(command="edge") as shell:
        site = site_of(shell, tmp_path)
        site.engine = engine  # type: ignore[assignment]
        await EdgeStateDir(site).write("address.json", json.dumps({"services": {SERVICE: {"image": "old"}}}))
        await EdgeStateDir(site).write_routes(
            "shop", ProjectRoutes("shop", Edge(hosts=("a", "b"), address=ADDRESS), ())
        )
        yield Here(KeepalivedUpdater(site, {}), engine, tmp_path)


async def test_a_look_changes_nothing_and_tells_what_would_be(here: Here) -> None:
    found = await here.updater.look()
    assert found == KeepalivedUpdated("2.3.2", "2.3.3", True, address=ADDRESS, holds=False)
    assert here.engine.runs == here.written == "old" and "new" not in here.engine.there


async def test_another_image_runs_and_the_one_from_before_stays_for_a_way_back(here: Here) -> None:
    found = await here.updater.update()
    assert found is not None and found.swapped
    assert here.engine.runs == here.written == "new" and {*here.engine.there} == {"old", "new"}
    again = await here.updater.update()
    assert again is not None and not again.differs


async def test_one_that_does_not_go_on_running_is_put_back(here: Here) -> None:
    here.engine.sick = "new"
    with pytest.raises(EngineError, match="does not go on running: Segmentation fault"):
        await here.updater.update()
    assert here.engine.runs == here.written == "old"


async def test_a_host_without_keepalived_has_none_to_update(here: Here) -> None:
    here.engine.has_any = False
    assert await here.updater.look() is None and await here.updater.update() is None


SAME = Updated("3.0.11", "3.0.11", False)
NEWER = Updated("3.0.11", "3.0.12", True)
MOVES = KeepalivedUpdated("2.3.2", "2.3.3", True, address=ADDRESS, holds=True)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the command did, with what was found."""

    def made(haproxy: Updated | UsageError, keepalived: KeepalivedUpdated | None) -> list[str]:
        did: list[str] = []

        def updater(name: str, found: Any) -> Any:
            async def look(*_: object) -> Any:
                if isinstance(found, UsageError):
                    raise found
                return found

            async def do(*_: object) -> Any:
                did.append(name)
                return found

            return lambda _: SimpleNamespace(look=look, update=do)

        monkeypatch.setattr(updating, "Updater", updater("HAProxy", haproxy))
        monkeypatch.setattr(updating, "KeepalivedUpdater", updater("keepalived", keepalived))

        def on_site(_: str, work: Any, **__: object) -> Any:
            import asyncio

            return asyncio.run(work(None))

        monkeypatch.setattr(update, "on_site", on_site)
        return did

    return made


def test_keepalived_comes_first_and_alone_where_haproxy_is_the_same(told: Any, capsys: Any) -> None:
    did = told(NEWER, MOVES)
    assert run(["edge", "update", "--yes"]) == 0 and did == ["keepalived", "HAProxy"]
    said = " ".join(capsys.readouterr().err.split())
    assert "keepalived 2.3.2 -> 2.3.3" in said and f"{ADDRESS} moves to another host of the edge" in said
    did = told(SAME, MOVES)
    assert run(["edge", "update", "--yes"]) == 0 and did == ["keepalived"]
    assert "HAProxy 3.0.11 is what the distribution has: nothing to do" in capsys.readouterr().err
    did = told(SAME, MOVES)
    assert run(["edge", "update", "--dry-run"]) == 0 and did == []


def test_an_image_that_a_project_names_does_not_keep_keepalived_old(told: Any, capsys: Any) -> None:
    named = NamedImage("the edge runs haproxy@sha256:1, as shop has it", hint="write a newer digest there")
    did = told(named, MOVES)
    assert run(["edge", "update", "--yes"]) == 0 and did == ["keepalived"]
    assert "HAProxy stays as it is: the edge runs haproxy@sha256:1" in " ".join(capsys.readouterr().err.split())
    did = told(named, None)
    assert run(["edge", "update", "--yes"]) == 2 and did == []


def test_an_image_that_is_given_is_haproxys_alone(told: Any) -> None:
    did = told(NEWER, MOVES)
    assert run(["edge", "update", "--yes", "--image", f"haproxy@sha256:{'a' * 64}"]) == 0 and did == ["HAProxy"]
