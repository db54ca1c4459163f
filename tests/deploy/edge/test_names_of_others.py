"""Another container on the edge's network gets no request of a service, whatever it is called; and an edge of an older
version, which found containers by names that anybody can take, moves on without a failed request."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from deploy.edge.clients import Load, ask
from deploy.edge.conftest import EdgeHere
from deploy.edge.shop_app import COMMAND
from deploy.shops import Shop
from dockworthy.model.deploy_settings import Route
from patience import patience, within

pytestmark = pytest.mark.engine

HOST = "names.example.com"


class Named:
    def __init__(self, here: EdgeHere, shop: Shop) -> None:
        shop.image, shop.state = here.image, Path(here.state)
        self.here, self.shop = here, shop
        self.others: list[str] = []
        settings = {
            "observe": "0s",
            "healthy_within": within(20),
            "edge": {"http": here.http, "https": here.https, "tls": "off"},
            "routes": [{"host": HOST, "service": "web", "port": 8000, "health": "/health"}],
        }
        shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": settings})
        self.write("v1")

    def write(self, version: str, health: Mapping[str, Any] = {"disable": True}) -> None:
        more = {"init": False, "healthcheck": dict(health), "deploy": {"replicas": 2}}
        environment = {"NAME": version, "ON_TERM": "finish"}
        self.shop.compose({"web": self.shop.service(*COMMAND, environment=environment, **more)})

    def stranger(self, name: str, *options: str) -> None:
        """A container on the edge's network that answers as `other`."""
        self.others.append(name)
        run = ("run", "-d", "--name", name, "--network", "dockworthy-edge", "-e", "NAME=other", *options)
        self.here.engine.docker(*run, self.here.image, *COMMAND)

    def answers(self) -> set[str]:
        """Of requests by new connections for so long that HAProxy asks the DNS three times."""
        began, found = time.monotonic(), []
        while not (time.monotonic() - began > 1.5 and len(found) >= 30):
            found.append(asyncio.run(ask(self.here.http, HOST)).body.split()[0].decode())
        return set(found)

    def aliases(self) -> dict[str, str]:
        kept = json.loads((self.here.state / "edge" / "routes" / f"{self.shop.name}.json").read_text())
        return dict(kept.get("aliases") or {})

    def configuration(self) -> str:
        return (self.here.state / "edge" / "settings" / "current" / "haproxy.cfg").read_text()

    def lookup(self, container: str, name: str) -> str:
        """What the engine's DNS answers to a container."""
        code = f"import socket; print(socket.gethostbyaddr({name!r}))"
        return self.here.engine.docker("exec", container, COMMAND[0], "-I", "-c", code, check=False).stdout.decode()


@pytest.fixture
def placed(here: EdgeHere, shop: Shop) -> Iterator[Named]:
    made = Named(here, shop)
    yield made
    for name in made.others:
        here.engine.docker("rm", "-f", name, check=False)
    here.do(lambda runner, _: runner.remove(shop.name))


def test_no_name_of_another_container_gets_a_services_requests(placed: Named) -> None:
    placed.shop.deploy()
    name = f"web.{placed.shop.name}"
    first = next(iter(placed.shop.containers("web")))
    claims = [
        word for each in (name, "web", first, f"{first}.dockworthy-edge", "proxy") for word in ("--network-alias", each)
    ]
    placed.stranger("dockworthy-test-edge-x1", *claims, "--hostname", name)
    placed.stranger(name, "--hostname", "web")
    assert placed.answers() == {"v1"}
    placed.write("v2")
    placed.shop.deploy()
    assert placed.answers() == {"v2"}
    done = placed.shop.dockworthy("edge", "status", "--format", "json")
    status = json.loads(done.stdout)
    assert done.returncode == 1
    assert status["strangers"] == [f"the container {each} on dockworthy-edge" for each in sorted(placed.others)]
    assert any(f"{name} on dockworthy-edge: no release put it there" in each for each in status["cares"])
    (alias,) = placed.aliases().values()
    seen = placed.lookup("dockworthy-test-edge-x1", "10.255.255.254")
    for container in placed.shop.containers("web").values():
        address = placed.here.engine.inspect(container)["NetworkSettings"]["Networks"]["dockworthy-edge"]["IPAddress"]
        found = placed.lookup("dockworthy-test-edge-x1", address)
        assert address in found, "the engine's DNS tells a name for an address"
        seen += found
    seen += placed.here.engine.docker("network", "inspect", "--verbose", "dockworthy-edge").stdout.decode()
    seen += "".join(each.read_text() for each in (placed.here.state / "releases" / placed.shop.name).glob("*.json"))
    seen += done.stdout + placed.shop.dockworthy("releases", "--format", "json").stdout
    assert alias not in seen
    assert (placed.here.state / "edge").stat().st_mode & 0o077 == 0


def test_a_service_that_lost_its_route_comes_back_under_another_name(placed: Named) -> None:
    health = {"test": ["CMD", COMMAND[0], "-c", ""], "interval": "1s"}
    placed.write("v1", health)
    placed.shop.deploy()
    before = placed.aliases()
    placed.write("v2", health)
    placed.shop.deploy()
    assert placed.aliases() == before
    with_route = (placed.shop.folder / "dockworthy.yaml").read_text()
    placed.shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": {"observe": "0s"}})
    placed.shop.deploy()
    (placed.shop.folder / "dockworthy.yaml").write_text(with_route)
    placed.shop.deploy()
    assert set(placed.aliases()) == set(before) and placed.aliases() != before
    assert placed.answers() == {"v2"}


def test_an_edge_that_lost_what_it_knew_finds_its_services_again(placed: Named) -> None:
    placed.shop.deploy()
    before = placed.aliases(), placed.shop.containers("web")
    placed.here.do(lambda runner, _: runner.remove(placed.shop.name))
    placed.shop.deploy()
    assert (placed.aliases(), placed.shop.containers("web")) == before
    assert placed.answers() == {"v1"}


def test_an_edge_of_an_older_version_moves_on_without_a_failed_request(
    placed: Named, capsys: pytest.CaptureFixture[str]
) -> None:
    here, shop = placed.here, placed.shop
    here.do(lambda edge, _: edge.ensure(here.routes(shop.name, Route(HOST, "web", 8000, health="/health"))))
    shop.docker_compose("up", "--detach")
    old = shop.containers("web")
    for container in old.values():
        here.engine.docker("network", "connect", "--alias", f"web.{shop.name}", "dockworthy-edge", container)
    asyncio.run(_until(placed, "v1"))
    plan = " ".join(shop.deploy("--dry-run").stdout.split())
    assert "replace web" in plan and "it gets one that nobody can guess" in plan
    assert f"web.{shop.name}:8000" in placed.configuration() and placed.aliases() == {}

    async def under_load() -> Load:
        async with Load(here.http, HOST, rate=100) as load:
            await asyncio.to_thread(shop.deploy)
        return load

    load = asyncio.run(under_load())
    with capsys.disabled():
        print(f"\n{load.count} requests, {len(load.failures)} failed, the slowest took {load.slowest:.2f} s")
    assert load.failures == [], here.log()
    assert not set(old.values()) & set(shop.containers("web").values())
    (alias,) = placed.aliases().values()
    assert f"web.{shop.name}:8000" not in placed.configuration() and f"{alias}:8000" in placed.configuration()
    placed.stranger("dockworthy-test-edge-x2", "--network-alias", f"web.{shop.name}")
    assert placed.answers() == {"v1"}
    assert "nothing to do" in shop.deploy().stdout


async def _until(placed: Named, version: str) -> None:
    async with asyncio.timeout(patience(20)):
        while (await ask(placed.here.http, HOST)).body.split()[:1] != [version.encode()]:
            await asyncio.sleep(0.1)


def test_a_project_that_joins_the_edges_network_by_itself_is_refused(placed: Named) -> None:
    placed.shop.deploy()
    found = placed.here.engine.docker("network", "inspect", "-f", "{{.Id}}", "dockworthy-edge").stdout.decode().strip()
    for name in ("dockworthy-edge", found, found[:12]):
        networks = {"mine": {"name": name, "external": True}}
        service = placed.shop.service(
            *COMMAND, networks={"mine": {"aliases": ["web.other"]}}, environment={"NAME": "x"}
        )
        placed.shop.compose({"web": placed.shop.service(*COMMAND, environment={"NAME": "v1"}), "bad": service},
                            networks=networks)  # fmt: skip
        done = placed.shop.dockworthy("deploy", "--yes")
        assert done.returncode == 1, done.stdout + done.stderr
        assert "which is the edge's own" in " ".join(done.stdout.split())
    assert len(placed.shop.releases()) == 1
