"""An edge that was there before stays as it is: releases are shipped, observed and taken back through it."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from deploy.edge.clients import Load
from deploy.edge.conftest import free_port
from deploy.edge.shop_app import COMMAND, make_app_image
from deploy.edge.their_edge import make_their_image
from deploy.shops import Shop
from deploy.test_deploy_faults import until
from machines.engines import OwnEngine
from patience import within

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]

HOST = "shop.example.com"
_CHECK = (
    "import _socket as s; c = s.socket(); c.connect(('127.0.0.1', 8000)); "
    "c.send(b'GET /health HTTP/1.1\\r\\n\\r\\n'); assert b' 200 ' in c.recv(99)[:20]"
)
HEALTH = {
    "test": ["CMD", COMMAND[0], "-I", "-S", "-c", _CHECK],
    "interval": "1m",
    "retries": 2,
    "start_period": "5m",
    "start_interval": "500ms",
}
SICK = """
import http.server as s

class H(s.BaseHTTPRequestHandler):
    def do_GET(self): self.send_error(200 if self.path == "/health" else 500)

s.ThreadingHTTPServer(("", 8000), H).serve_forever()
"""


class Theirs:
    """A project with an edge of its own at a port of 127.0.0.1."""

    def __init__(self, shop: Shop, engine: OwnEngine) -> None:
        self.shop, self.port = shop, free_port()
        shop.image = make_app_image(engine)
        self.proxy = {
            "image": make_their_image(engine),
            "ports": [f"127.0.0.1:{self.port}:80"],
            "healthcheck": {**HEALTH, "test": ["CMD", "/usr/sbin/haproxy", "-v"]},
        }

    def settings(self, **more: str) -> None:
        existing = {"address": f"http://127.0.0.1:{self.port}", "settle": within(0.5), **more}
        routes = [{"host": HOST, "service": "web", "port": 8000, "health": "/health"}]
        deploy = {"observe": "2s", "edge": "existing", "existing_edge": existing, "routes": routes}
        self.shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": deploy})

    def version(self, name: str, *command: str) -> None:
        environment = {"NAME": name, "ON_TERM": "finish"}
        health = {**HEALTH, "interval": "500ms"}  # what is to leave is soon unhealthy
        web = self.shop.service(
            *(command or COMMAND), environment=environment, healthcheck=health, init=False, deploy={"replicas": 2}
        )
        self.shop.compose({"web": web, "proxy": self.proxy})


@pytest.fixture
def theirs(shop: Shop, own_engine: OwnEngine) -> Theirs:
    if shutil.which("haproxy", path="/usr/sbin:/usr/bin") is None:
        pytest.skip("haproxy is not installed (sudo ./test installs it)")
    return Theirs(shop, own_engine)


def test_releases_are_shipped_and_taken_back_through_an_edge_that_is_not_ours(theirs: Theirs) -> None:
    shop = theirs.shop
    theirs.version("v1")
    theirs.settings()
    told = " ".join(shop.deploy(status=2).stderr.split())
    assert f"nobody answers at http://127.0.0.1:{theirs.port}" in told and shop.containers() == {}
    shop.docker_compose("up", "--detach")
    proxy = shop.containers("proxy")
    until(lambda: "v1" in asyncio.run(_answers(theirs.port)))

    theirs.settings(drain="SIGUSR1")
    theirs.version("v2")
    failures, answers = asyncio.run(_under_load(theirs))
    assert failures == [] and {"v1", "v2"} <= answers
    assert shop.containers("proxy") == proxy, "it is as it was"
    kept = shop.releases()[-1]
    assert kept["state"] == "kept" and kept["observation"]["probes"] > 10 and kept["observation"]["requests"] is None

    theirs.settings()
    theirs.version("v3", COMMAND[0], "-I", "-c", SICK)
    done = shop.deploy(status=18)
    told = " ".join((done.stdout + done.stderr).split())
    assert "web failed" in told and "a probe: 500" in told and "is left as it is" in told and "may be cut" in told
    assert asyncio.run(_answers(theirs.port)) == {"v2"} and shop.containers("proxy") == proxy
    assert not list(Path(shop.state).glob("edge/*")), "no edge of ours was made"


async def _answers(port: int) -> set[str]:
    """Of a few requests."""
    async with Load(port, HOST, rate=50) as load:
        await load.answered(15)
    return set(+load.answers)


async def _under_load(theirs: Theirs) -> tuple[list[str], set[str]]:
    async with Load(theirs.port, HOST) as load:
        await asyncio.to_thread(theirs.shop.deploy)
        await load.answered(100)
    return load.failures, set(+load.answers)
