"""The address on several hosts: plans change nothing, dropped hosts lose it, runs that were killed are gone on with."""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from deploy.composed import composed
from deploy.local_sites import site_of
from dockworthy import release
from dockworthy.deploy.edge import address_keeper, edges
from dockworthy.deploy.edge.address import CONTAINER, FILE, AddressPlace
from dockworthy.deploy.edge.address_keeper import AddressKeeper, MovingAddress, placed_in
from dockworthy.deploy.edge.edges import Edges, EdgeSites, edge_sites, goes_elsewhere
from dockworthy.deploy.edge.planned_change import EdgeChange
from dockworthy.deploy.edge.project_edge import ProjectEdge
from dockworthy.deploy.edge.reserved import refuse_reserved
from dockworthy.deploy.edge.routes import ProjectRoutes, ServedRoute
from dockworthy.deploy.edge.state_dir import EdgeState, EdgeStateDir
from dockworthy.deploy.removing import Remover
from dockworthy.engine.host_shell import HostShell, shell_here
from dockworthy.engine.site import Site
from dockworthy.errors import HostError, Refused, UsageError
from dockworthy.model.compose_project import ComposeProject
from dockworthy.model.deploy_settings import DeploySettings, Edge, Route, TargetKind

ADDRESS = "192.0.2.100/24"
AT = {
    "shop1": AddressPlace("eth0", "192.0.2.7"),
    "shop2": AddressPlace("eth0", "192.0.2.8"),
    "shop3": AddressPlace("eth0", "192.0.2.9"),
}


def routes(*hosts: str, address: str = ADDRESS) -> ProjectRoutes:
    route = ServedRoute(Route(host="shop.example.com", service="web", port=8000))
    return ProjectRoutes("shop", Edge(hosts=hosts, address=address), (route,))


class FakeKeeper:
    """keepalived of one host; `did`: what all hosts were told, in order."""

    def __init__(self, name: str, did: list[str], has: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.did = did
        self.has = dict(has or {})
        self.lost = False

    async def place(self, wanted: str, name: str) -> AddressPlace:
        return AT[self.name]

    async def is_so(self, files: Mapping[str, str]) -> bool:
        if self.lost:
            raise HostError(f"{self.name} was lost")
        return self.has == dict(files)

    async def ensure(self, files: Mapping[str, str]) -> bool:
        if await self.is_so(files):
            return False
        self.has = dict(files)
        self.did.append(f"{self.name} is told")
        return True

    async def remove(self) -> None:
        self.has = {}
        self.did.append(f"{self.name} has none")

    async def holds(self, wanted: str) -> bool:
        return True


class Hosts:
    """shop1, shop2 and shop3, each with a folder of its own and keepalived."""

    def __init__(self, shell: HostShell, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.did: list[str] = []
        self.sites = {name: site_of(shell, folder / name) for name in AT}
        self.keepers = {name: FakeKeeper(name, self.did, {FILE: "of before"}) for name in AT}
        known = {id(self.sites[name]): keeper for name, keeper in self.keepers.items()}
        monkeypatch.setattr(address_keeper, "AddressKeeper", lambda site, environ: known[id(site)])
        self.folder = folder

    async def keeps(self, wanted: ProjectRoutes, places: Mapping[str, AddressPlace] = AT) -> None:
        keeper = EdgeStateDir(self.sites["shop1"])
        await keeper.write("places.json", msgspec.json.encode(dict(places)).decode())
        await keeper.write_routes("shop", wanted)

    def moving(self, *others: str, unreached: Mapping[str, str] = {}) -> MovingAddress:
        reached = {name: self.sites[name] for name in others}
        return MovingAddress("shop1", self.sites["shop1"], reached, {}, unreached=unreached, nodes={})

    def placed(self, host: str = "shop1") -> dict[str, AddressPlace]:
        file = self.folder / host / "edge" / "places.json"
        return placed_in(file.read_text() if file.exists() else None)


@pytest.fixture
async def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hosts]:
    async with shell_here(command="deploy") as shell:
        yield Hosts(shell, tmp_path, monkeypatch)


async def test_a_plan_writes_nothing(hosts: Hosts) -> None:
    change = await hosts.moving("shop2").would_change("shop", routes("shop1", "shop2"))
    assert len(change.elsewhere) == 2 and not change.address_goes
    assert not [*hosts.folder.rglob("*")]


async def test_a_host_that_is_dropped_loses_the_address_before_the_others_are_told(hosts: Hosts) -> None:
    """Its keepalived would hear nobody any more, and take the address beside the one that has it."""
    await hosts.keeps(routes("shop1", "shop2"))
    moving = hosts.moving("shop2", "shop3")
    steps = (await moving.would_change("shop", routes("shop1", "shop2"))).elsewhere
    assert "remove keepalived on shop3" in steps
    assert not await moving.ensure()
    assert hosts.did == ["shop3 has none", "shop1 is told", "shop2 is told"]
    assert "192.0.2.9" not in hosts.keepers["shop1"].has[FILE]
    assert {*hosts.placed()} == {*hosts.placed("shop2")} == {"shop1", "shop2"}
    steps = (await hosts.moving("shop2").would_change("shop", routes("shop1", "shop2"))).elsewhere
    assert not steps, "it is done"


async def test_a_dropped_host_that_is_lost_hears_the_others_until_it_is_reached(hosts: Hosts) -> None:
    await hosts.keeps(routes("shop1", "shop2"))
    moving = hosts.moving("shop2", unreached={"shop3": "the swarm sees it down"})
    for notes in ((await moving.would_change("shop", routes("shop1", "shop2"))).notes, await moving.ensure()):
        assert any("shop3" in note and "the swarm sees it down" in note for note in notes), notes
    assert "192.0.2.9" in hosts.keepers["shop1"].has[FILE] and "shop3" in hosts.placed()


async def test_without_an_address_it_goes_from_all_and_who_is_lost_is_not_forgotten(hosts: Hosts) -> None:
    await hosts.keeps(routes("shop1", address=""))
    hosts.keepers["shop3"].lost = True
    notes = await hosts.moving("shop2", "shop3").ensure()
    assert hosts.did == ["shop1 has none", "shop2 has none"] and "shop3" in notes[0]
    assert {*hosts.placed()} == {"shop3"}


@pytest.mark.parametrize("wanted", [routes(address=""), None])
async def test_a_plan_by_which_the_address_goes_says_so(hosts: Hosts, wanted: ProjectRoutes | None) -> None:
    await hosts.keeps(routes("shop1", "shop2"))
    change = await hosts.moving("shop2", "shop3").would_change("shop", wanted)
    assert change.elsewhere == tuple(f"remove keepalived on {name}" for name in AT) and change.address_goes == ADDRESS
    assert any(f"{ADDRESS} is on no host any more once this release is kept" in note for note in change.notes)
    other = ProjectRoutes("blog", Edge(hosts=("shop1", "shop2"), address=ADDRESS), ())
    await EdgeStateDir(hosts.sites["shop1"]).write_routes("blog", other)
    change = await hosts.moving("shop2").would_change("shop", wanted)
    assert not change.address_goes and not [each for each in change.elsewhere if "remove" in each], "blog needs it"


class Runner:
    """The edge of the host that is asked: of a swarm, or of Compose."""

    def __init__(self, site: Site, *, carries: bool) -> None:
        self.site, self.admin, self.carries = site, None, carries

    async def is_there(self) -> bool:
        return True

    async def know(self, _: object) -> None: ...

    async def ensure(self, wanted: ProjectRoutes, **_: object) -> EdgeChange:
        await EdgeStateDir(self.site).write_routes("shop", wanted)
        return EdgeChange()

    async def would_change(self, _: ProjectRoutes) -> EdgeChange:
        return EdgeChange()

    async def routes_of(self, _: str) -> ProjectRoutes | None:
        return (await EdgeStateDir(self.site).read()).projects.get("shop")

    async def remove(self, _: str) -> EdgeChange:
        await EdgeStateDir(self.site).write_routes("shop", None)
        return EdgeChange()


@pytest.mark.parametrize("wanted", [routes(address=""), None])
@pytest.mark.parametrize("target", ["swarm", "compose"])
@pytest.mark.parametrize("ends", ["kept", "rolled back"])
async def test_an_address_goes_when_the_release_stays_and_is_there_again_when_not(
    hosts: Hosts, wanted: ProjectRoutes | None, target: str, ends: str
) -> None:
    """Off a swarm it leaves the other hosts first, whose edges reach no container of Compose."""
    await hosts.keeps(routes("shop1", "shop2"), {name: AT[name] for name in ("shop1", "shop2")})
    hosts.keepers["shop3"].has = {}
    other = {"shop2": hosts.sites["shop2"]}
    sites = EdgeSites("shop1", leaving=other, placed=True, nodes={})
    every = Edges(Runner(hosts.sites["shop1"], carries=target == "swarm"), sites, {})  # type: ignore[arg-type]
    edge = ProjectEdge(every, "shop", wanted)
    step = await edge.step()
    assert step is not None and (step.subject, step.gap) == (ADDRESS, None)
    assert step.says.endswith("remove keepalived on shop1; remove keepalived on shop2")
    said: list[str] = []
    await edge.open(said.append)
    assert hosts.did == ([] if target == "swarm" else ["shop2 has none"])
    before = {name: dict(keeper.has) for name, keeper in hosts.keepers.items()}
    hosts.did.clear()
    if ends == "kept":
        await edge.settle({})
        assert hosts.did == (["shop1 has none"] if target == "compose" else ["shop1 has none", "shop2 has none"])
        assert hosts.placed() == hosts.placed("shop2") == {} and "until the next deploy" not in str(said)
        hosts.did.clear()
        await edge.settle({})
        assert not hosts.did and await edge.step() is None
    else:
        await edge.take_back(said.append)
        assert before["shop1"] and hosts.keepers["shop2"].has and {*hosts.placed()} == {"shop1", "shop2"}


def one_of_a_swarm(name: str, *, manager: bool = True) -> Any:
    async def get(path: str) -> Any:
        if path == "/info":
            return {"Swarm": {"NodeID": name, "ControlAvailable": manager}}
        return [
            {
                "ID": node,
                "Description": {"Hostname": node},
                "Spec": {},
                "Status": {"State": "ready", "Addr": at.address},
            }
            for node, at in AT.items()
        ]

    return SimpleNamespace(get=get)


@pytest.mark.parametrize("manager", [True, False])
async def test_after_a_move_to_compose_keepalived_is_looked_for_where_it_is_written_down(
    hosts: Hosts, manager: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = hosts.sites["shop1"]
    async with edges.placed_sites(asked, {}, command="deploy", sudo=False) as found:
        assert found == EdgeSites(), "the host never had any"
    await hosts.keeps(routes("shop1", "shop2"), {**AT, "shop4": AddressPlace("eth0", "192.0.2.10")})

    @asynccontextmanager
    async def reach(endpoint: str, **_: object) -> AsyncIterator[Site]:
        if endpoint == "ssh://shop3":
            raise HostError("shop3 does not answer")
        yield hosts.sites[endpoint.removeprefix("ssh://")]

    monkeypatch.setattr(edges, "reach", reach)
    monkeypatch.setattr(edges, "interfaces_in", lambda _: [("eth0", ipaddress.IPv4Interface("192.0.2.7/24"))])
    asked.engine = one_of_a_swarm("shop1", manager=manager)
    ways = {name: f"ssh://{name}" for name in ("shop2", "shop3")}
    async with edges.placed_sites(asked, ways, command="deploy", sudo=False) as found:
        assert (found.first, {*found.leaving}, found.placed) == ("shop1", {"shop2"}, True)
        assert found.nodes == ({name: at.address for name, at in AT.items()} if manager else None)
        assert found.left == {
            "shop3": "shop3 does not answer",
            "shop4": "`hosts:` of dockworthy.yaml names no way to it",
        }


@pytest.mark.parametrize("wanted", [("shop1", "shop2"), ()])
async def test_a_dropped_host_is_looked_for(
    hosts: Hosts, wanted: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    await hosts.keeps(routes("shop1", "shop2", "shop3"))

    for name, site in hosts.sites.items():
        site.engine = one_of_a_swarm(name)

    @asynccontextmanager
    async def reach(endpoint: str, **_: object) -> AsyncIterator[Site]:
        if endpoint == "ssh://shop3" and wanted:
            raise HostError("shop3 does not answer")
        yield hosts.sites[endpoint.removeprefix("ssh://")]

    monkeypatch.setattr(edges, "reach", reach)
    ways = {name: f"ssh://{name}" for name in AT}
    async with edge_sites(hosts.sites["shop1"], wanted, ways, project="shop", command="deploy", sudo=False) as found:
        assert found.first == "shop1" and not found.lost
        if wanted:
            assert {*found.others} == {"shop2"} and found.left == {"shop3": "shop3 does not answer"}
        else:
            assert not found.others and {*found.leaving} == {"shop2", "shop3"}


async def test_the_edge_by_which_others_are_known_goes_last(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    """A removal that is killed in between is ended by the next: the first edge's routes name the others."""
    await hosts.keeps(routes("shop1", "shop2"))

    class Forgets:
        def __init__(self, site: Site, *_: object, **__: object) -> None:
            self.site, self.admin, self.carries = site, None, True

        async def forget(self, project: str, names: object) -> tuple[str, ...]:
            hosts.did.append(f"{Path(self.site.state).name} forgets")
            return ()

    monkeypatch.setattr(edges, "EdgeRunner", Forgets)
    sites = EdgeSites("shop1", {"shop2": hosts.sites["shop2"]})
    assert not await Edges(Forgets(hosts.sites["shop1"]), sites, {}).forget("shop", ())  # type: ignore[arg-type]
    assert hosts.did == ["shop1 has none", "shop2 has none", "shop2 forgets", "shop1 forgets"]


class Engine:
    """With keepalived, and a container of somebody else that has its label."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.fails = False
        self.state = "running"

    async def get(self, path: str) -> Any:
        running = {"Id": "k1", "State": self.state, "Names": [f"/{CONTAINER}"]}
        return [{"Id": "x", "State": "running", "Names": ["/other"]}, *([running] if "DELETE" not in self.said else [])]

    @property
    def said(self) -> str:
        return " ".join(self.sent)

    async def send(self, method: str, path: str, *_: object, **__: object) -> None:
        if self.fails:
            raise HostError("killed")
        self.sent.append(f"{method} {path}")


@pytest.fixture
async def keeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[AddressKeeper, Engine]]:
    async def spec(self: AddressKeeper) -> ComposeProject:
        return composed()

    monkeypatch.setattr(AddressKeeper, "_spec", spec)
    async with shell_here(command="deploy") as shell:
        site, engine = site_of(shell, tmp_path), Engine()
        site.engine = engine  # type: ignore[assignment]
        yield AddressKeeper(site, {}), engine


async def test_who_is_killed_before_keepalived_was_told_is_followed_by_one_that_tells_it(
    keeper: tuple[AddressKeeper, Engine], tmp_path: Path
) -> None:
    address, engine = keeper
    (tmp_path / "edge").mkdir()
    (tmp_path / "edge/address.json").write_text("{}")
    files = {FILE: "new", "edge-answers": "#!/bin/sh"}
    engine.fails = True
    with pytest.raises(HostError):
        await address.ensure(files)
    engine.fails = False
    assert not await address.is_so(files)
    assert await address.ensure(files) and await address.is_so(files)
    assert engine.sent == ["POST /containers/k1/kill?signal=SIGHUP"], "the one of that name"
    assert not await address.ensure(files)


async def test_keepalived_that_does_not_run_is_named_though_another_host_has_the_address(
    keeper: tuple[AddressKeeper, Engine],
) -> None:
    address, engine = keeper
    assert not await address.trouble()
    engine.state = "restarting"
    assert "keepalived is restarting" in await address.trouble()
    engine.sent.append("DELETE")
    assert "keepalived is not there" in await address.trouble()


async def test_one_that_was_started_and_not_written_down_is_taken_away(keeper: tuple[AddressKeeper, Engine]) -> None:
    address, engine = keeper
    await address.remove()
    assert engine.sent == ["POST /containers/k1/stop?t=10", "DELETE /containers/k1?force=true"]


async def test_an_address_without_a_swarm_is_refused_and_not_passed_over() -> None:
    to = SimpleNamespace(kind=TargetKind.COMPOSE)
    asked = SimpleNamespace(settings=DeploySettings(edge=Edge(address=ADDRESS)))
    with pytest.raises(UsageError, match=r"deploy\.edge\.address: only a swarm"):
        async with release._edges(to, asked, "deploy"):  # type: ignore[arg-type]
            pass


@pytest.mark.parametrize("project", ["dockworthy-edge", "dockworthy-address"])
def test_what_is_of_the_edge_is_no_project_that_is_removed_or_shipped(project: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=project):
        Remover(SimpleNamespace(), project, volumes=False)  # type: ignore[arg-type]
    with pytest.raises(Refused, match=project):
        refuse_reserved(SimpleNamespace(project=project), (), ())  # type: ignore[arg-type]


def test_a_removal_says_what_goes_on_other_hosts() -> None:
    shop = routes("shop1", "shop2")
    assert goes_elsewhere(EdgeState({"shop": shop}), "shop") == (
        "the edge is taken down on each host of the edge (shop1, shop2), with the address 192.0.2.100/24"
    )
    both = EdgeState({"shop": shop, "blog": ProjectRoutes("blog", Edge(), ())})
    assert (
        goes_elsewhere(both, "blog")
        == "routes and certificates of blog are removed on each host of the edge (shop1, shop2)"
    )
    assert not goes_elsewhere(both, "other")
    assert not goes_elsewhere(EdgeState({"blog": both.projects["blog"]}), "blog")
