"""From a swarm's services back to Compose's own containers: no request fails, data stays, and the swarm can be left."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.edge.load_beside import load_beside
from deploy.edge.shop_app import COMMAND, make_app_image
from machines.engines import OwnEngine
from patience import within

from ..test_deploy_faults import until
from .stacks import Stack
from .test_at_the_edge import answer

pytestmark = pytest.mark.engine

HOST = "swarm.example.com"
ROUTES = [{"host": HOST, "service": "web", "port": 8000, "health": "/health"}]


def target(shop: Stack, kind: str) -> None:
    settings = {"target": kind, "observe": "1s", "edge": {"http": 80, "tls": "off"}, "routes": ROUTES}
    shop.write(
        "dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": {**settings, "healthy_within": within(30)}}
    )


@pytest.fixture
def routed(shop: Stack, swarm: OwnEngine) -> Iterator[Stack]:
    """Two of a web service behind the edge, and one that writes to a volume and reads a secret; by the swarm."""
    (shop.folder / "pw").write_text("hunter2")
    app = {"image": make_app_image(swarm), "init": False, "healthcheck": {"disable": True}}
    services: dict[str, Any] = {
        "web": shop.service(*COMMAND, environment={"NAME": "web"}, deploy={"replicas": 2}, **app),
        "db": shop.service(volumes=["data:/data"], secrets=["pw"]),
    }
    shop.compose(services, volumes={"data": {}}, secrets={"pw": {"file": "./pw"}})
    target(shop, "swarm")
    try:
        shop.deploy()
        yield shop
    finally:
        edge = swarm.docker("ps", "--all", "--quiet", "--filter", "label=com.docker.compose.project=dockworthy-edge")
        for container in edge.stdout.decode().split():
            swarm.docker("rm", "--force", container)
        for network in ("dockworthy-edge-front", "dockworthy-edge"):  # the engine's own would be in a later edge's way
            swarm.docker("network", "rm", network, check=False)


@pytest.mark.timeout(240)
@pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed (sudo ./test installs it)")
def test_taken_over_under_load_also_when_killed_and_out_of_the_swarm(routed: Stack, swarm: OwnEngine) -> None:
    (db,) = routed.containers("db")
    swarm.docker("exec", db, "sh", "-c", "echo precious >/data/rows")
    target(routed, "compose")
    with load_beside(swarm, HOST) as load:
        killed = routed.begin("deploy", "--yes")
        until(lambda: bool(routed.composed("db")) and not routed.containers("db"))
        killed.kill()
        told = " ".join((killed.communicate()[0]).decode().split())
        assert "takes over from swarm" in told and "take web over from swarm: new beside old" in told, told
        assert "take db over from swarm: the swarm's first" in told and "is written to" in told
        done = routed.deploy()
    assert load["failures"] == [] and load["count"] > 300, load
    assert "docker swarm leave --force`, and at once" in " ".join(done.stderr.split())
    assert routed.containers() == {} and len(routed.composed()) == 3
    assert swarm.docker("service", "ls", "--quiet").stdout == b""
    assert _rows(routed) == b"precious\n"

    swarm.docker("swarm", "leave", "--force")
    try:
        assert "is gone" in routed.deploy().stderr
        assert answer(swarm).startswith("web") and _rows(routed) == b"precious\n"
        found = [(each["number"], each["target"], each["state"]) for each in routed.releases()]
        assert found == [(1, "swarm", "kept"), (2, "compose", "failed"), *((n, "compose", "kept") for n in (3, 4))]
        assert "nothing to do" in routed.deploy("--dry-run").stdout
    finally:
        routed.remove_composed()
        swarm.docker("swarm", "init", "--advertise-addr", "127.0.0.1")


def test_one_that_was_killed_is_given_up(shop: Stack) -> None:
    shop.compose({"db": shop.service(volumes=["data:/data"])}, volumes={"data": {}})
    shop.deploy()
    shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": {"target": "compose", "observe": "1m"}})
    refused = shop.dockworthy("rollback", "--yes")
    assert refused.returncode == 2 and "a rollback does not change the target" in " ".join(refused.stderr.split())
    killed = shop.begin("deploy", "--yes")
    until(lambda: bool(shop.composed()) and not shop.containers())
    killed.kill()
    killed.communicate()
    done = shop.dockworthy("rollback", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(shop.containers()) == 1 and shop.composed(every=True) == {}
    assert [each["state"] for each in shop.releases()] == ["kept", "rolled_back"]


def _rows(shop: Stack) -> bytes:
    (db,) = shop.composed("db")
    return shop.engine.docker("exec", db, "cat", "/data/rows").stdout
