"""An edge that a deploy started, and that fails, goes again: its ports would be open for nobody."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.edge.clients import ask
from deploy.edge.conftest import EdgeHere
from deploy.edge.shop_app import COMMAND
from deploy.local_sites import site_of
from deploy.shops import Shop
from dockworthy.deploy import compose_command
from dockworthy.deploy.compose_command import ComposeCommand
from dockworthy.deploy.edge import edges
from dockworthy.deploy.edge.edges import Edges, EdgeSites
from dockworthy.deploy.edge.planned_change import EdgeChange
from dockworthy.deploy.edge.project_edge import ProjectEdge
from dockworthy.deploy.edge.routes import ProjectRoutes, ServedRoute
from dockworthy.deploy.edge.running import EdgeRunner
from dockworthy.deploy.edge.state_dir import EdgeStateDir
from dockworthy.engine.host_shell import shell_here
from dockworthy.errors import EngineError, HostError
from dockworthy.model.deploy_settings import Edge, Route, Tls
from dockworthy.readers.compose.rendering import ComposeProgram
from patience import within

HOST = "first.example.com"
ROUTES = ProjectRoutes("shop", Edge(tls=Tls.OFF), (ServedRoute(Route(host=HOST, service="web", port=8000)),))


class Runner:
    """Of one host, with or without an edge."""

    def __init__(self, site: Any, *_: object, **__: object) -> None:
        self.site = site
        self.admin = None
        self.carries = False
        self.routes: ProjectRoutes | None = None
        self.others = False
        self.fails: BaseException | None = None

    async def is_there(self) -> bool:
        return bool(self.site.edge)

    async def ensure(self, wanted: ProjectRoutes, **_: object) -> EdgeChange:
        self.site.edge, self.routes = True, wanted
        if self.fails is not None:
            raise self.fails
        return EdgeChange(started=True)

    async def follow(self, *_: object) -> EdgeChange:
        self.site.edge = True
        return EdgeChange(started=True)

    async def parts(self, _: str) -> dict[str, Any]:
        return {}

    async def remove(self, _: str) -> EdgeChange:
        self.routes = None
        return EdgeChange()

    async def routes_of(self, _: str) -> ProjectRoutes | None:
        return self.routes

    async def take_down(self, project: str) -> bool:
        assert project == "shop" and self.routes is None, "its routes are taken off first"
        if self.site.stuck:
            raise EngineError("the engine is gone")
        self.site.edge = self.others
        return not self.others


def site(name: str, *, edge: bool = False, stuck: bool = False) -> Any:
    return SimpleNamespace(name=name, edge=edge, stuck=stuck)


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, Any], tuple[Runner, ProjectEdge]]:
    monkeypatch.setattr(edges, "EdgeRunner", Runner)
    monkeypatch.setattr(edges, "MovingAddress", lambda *_, **__: None)  # no address

    def made(first: Any, other: Any) -> tuple[Runner, ProjectEdge]:
        runner = Runner(first)
        every: Any = Edges(runner, EdgeSites("m1", {"m2": other}), {})  # type: ignore[arg-type]
        return runner, ProjectEdge(every, "shop", ROUTES)

    return made


Two = Callable[[Any, Any], tuple[Runner, ProjectEdge]]


async def test_each_edge_that_was_started_goes_and_each_other_one_stays(two: Two) -> None:
    first, other = site("a"), site("b", edge=True)
    _, edge = two(first, other)
    said: list[str] = []
    await edge.open(said.append)
    assert first.edge and not said
    await edge.take_back(said.append)
    assert (first.edge, other.edge) == (False, True)
    assert said == ["the edge on m1 is taken down again: no other project has routes there"]


async def test_one_that_another_project_needs_by_now_stays(two: Two) -> None:
    first = site("a")
    runner, edge = two(first, site("b", edge=True))
    said: list[str] = []
    await edge.open(said.append)
    runner.others = True
    await edge.take_back(said.append)
    assert first.edge and not said


async def test_one_that_can_not_be_taken_down_is_named_with_the_command(two: Two) -> None:
    _, edge = two(site("a"), site("b", stuck=True))
    said: list[str] = []
    await edge.open(said.append)
    await edge.take_back(said.append)
    assert said[0] == (
        "the edge that this deploy started on m2 stays, with its ports open (the engine is gone); remove it there: "
        "docker compose -p dockworthy-edge down"
    )
    assert said[1].startswith("the edge on m1 is taken down again")


@pytest.mark.parametrize("error", [asyncio.CancelledError(), HostError("the connection is lost")])
async def test_what_was_opened_before_it_broke_off_goes_too(two: Two, error: BaseException) -> None:
    first = site("a")
    runner, edge = two(first, site("b", edge=True))
    runner.fails = error
    with pytest.raises(type(error)):
        await edge.open(lambda _: None)
    await edge.take_back(lambda _: None)
    assert runner.routes is None and not first.edge


class Engine:
    """Containers of the project, of the edge, and perhaps of somebody else on the edge's network."""

    def __init__(self, *users: str) -> None:
        self._users = users
        self.sent: list[str] = []

    async def get(self, path: str) -> Any:
        assert path.startswith("/containers/json?all=true")
        found = [
            {"Id": project, "State": "running", "Names": ["/dockworthy-edge-proxy-1"],
             "Labels": {"com.docker.compose.project": project, "dockworthy.edge": ""}, "Mounts": [],
             "NetworkSettings": {"Networks": {"dockworthy-edge": {}} if project != "apart" else {}}}
            for project in ("dockworthy-edge", "apart", *self._users)
        ]  # fmt: skip
        return found[:1] if "filters" in path else found

    async def send(self, method: str, path: str, body: Any = None, **_: object) -> None:
        self.sent.append(f"{method} {path}" + (f" {body['Container']}" if body else ""))


@pytest.fixture
async def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[EdgeRunner, list[str]]]:
    downs: list[str] = []

    async def down(self: ComposeCommand, spec: Any, **_: object) -> None:
        downs.append(spec.name)

    monkeypatch.setattr(compose_command, "find_compose", lambda _: ComposeProgram("/nowhere", {}))  # nobody asks it
    monkeypatch.setattr(ComposeCommand, "down", down)
    monkeypatch.setattr("dockworthy.deploy.edge.running.refuse_foreign", lambda *_: None)
    async with shell_here(command="deploy") as shell:
        here = site_of(shell, tmp_path)
        await EdgeStateDir(here).write("compose.json", json.dumps({"name": "dockworthy-edge"}))
        yield EdgeRunner(here, {}), downs


async def test_who_was_let_join_leaves_and_the_networks_go(
    runner: tuple[EdgeRunner, list[str]], tmp_path: Path
) -> None:
    edge, downs = runner
    engine: Any = Engine("shop")
    edge.site.engine = engine
    assert await edge.take_down("shop") and downs == ["dockworthy-edge"]
    assert engine.sent == ["POST /networks/dockworthy-edge/disconnect shop"]
    assert not (tmp_path / "edge" / "compose.json").read_text()


async def test_a_network_that_somebody_else_is_on_stays(runner: tuple[EdgeRunner, list[str]]) -> None:
    edge, downs = runner
    engine: Any = Engine("theirs")
    edge.site.engine = engine
    assert await edge.take_down("shop") and not downs
    assert [each.partition("?")[0] for each in engine.sent] == [
        "POST /containers/dockworthy-edge/stop", "DELETE /containers/dockworthy-edge",
    ]  # fmt: skip


async def test_an_edge_with_routes_is_not_touched(runner: tuple[EdgeRunner, list[str]]) -> None:
    edge, downs = runner
    edge.site.engine = engine = Engine("blog")  # type: ignore[assignment]
    await EdgeStateDir(edge.site).write_routes("blog", ROUTES)
    assert not await edge.take_down("shop") and not downs and not engine.sent


@pytest.mark.engine
def test_a_first_deploy_that_fails_leaves_no_open_port(here: EdgeHere, shop: Shop) -> None:
    """The container that somebody started runs on; the edge is there again with the deploy that goes well."""
    shop.image, shop.state = here.image, Path(here.state)
    here.clean()
    for left in (Path(here.state) / "edge" / "routes").glob("*.json"):  # another test's project would need the edge
        left.unlink()
    route = {"host": HOST, "service": "web", "port": 8000, "health": "/health"}
    settings: dict[str, Any] = {
        "observe": "0s", "healthy_within": within(20), "routes": [route],
        "edge": {"http": here.http, "https": here.https, "tls": "internal"},
    }  # fmt: skip
    shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": settings})
    web = shop.service(*COMMAND, environment={"NAME": "v1"}, init=False, healthcheck={"disable": True})
    shop.compose({"web": web})
    shop.docker_compose("up", "--detach")
    before = shop.containers()
    shop.compose({"web": web, "worker": {**shop.service("false"), "depends_on": ["web"]}})
    try:
        done = shop.deploy(status=18)
        assert "is taken down again" in " ".join(done.stderr.split())
        assert shop.containers() == before, "it was let join, and runs on"
        for port in (here.http, here.https):
            with pytest.raises(OSError), socket.create_connection(("127.0.0.1", port), 5):
                pass
        listed = here.engine.docker("network", "ls", "--format", "{{.Name}}").stdout.decode().split()
        assert not {"dockworthy-edge", "dockworthy-edge-front"} & {*listed}
        shop.compose({"web": web})
        settings["edge"]["tls"] = "off"
        shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": settings})
        shop.deploy()
        assert asyncio.run(ask(here.http, HOST)).body.startswith(b"v1")
        assert shop.containers() == before
    finally:
        here.do(lambda edge, _: edge.remove(shop.name))
