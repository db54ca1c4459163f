"""Whole deploys behind the edge: a release that answers 500 goes back, and few of its answers were ever seen; requests
for what can't stand beside its successor wait."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from deploy.edge.clients import Load, ask
from deploy.edge.conftest import EdgeHere
from deploy.edge.shop_app import COMMAND
from deploy.shops import Shop
from dockworthy.model.deploy_settings import Route
from patience import patience, within

pytestmark = pytest.mark.engine

HOST = "deployed.example.com"
SICK = """
import http.server as s

class H(s.BaseHTTPRequestHandler):
    def do_GET(self): self.send_error(200 if self.path == "/health" else 500)

s.ThreadingHTTPServer(("", 8000), H).serve_forever()
"""


def test_a_release_that_answers_500_goes_back(here: EdgeHere, shop: Shop) -> None:
    shop.image, shop.state = here.image, Path(here.state)
    routes = [{"host": HOST, "service": "web", "port": 8000, "health": "/health"}]
    edge = {"http": here.http, "https": here.https, "tls": "off"}
    settings = {"observe": "2s", "edge": edge, "routes": routes, "healthy_within": within(20)}
    shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": settings})
    healthy = {"environment": {"NAME": "v1"}, "init": False, "healthcheck": {"disable": True}}
    try:
        shop.compose({"web": shop.service(*COMMAND, **healthy)})
        shop.deploy()
        assert asyncio.run(ask(here.http, HOST)).body.startswith(b"v1")
        shop.compose({"web": shop.service(COMMAND[0], "-I", "-c", SICK, **healthy)})
        done = shop.deploy(status=18)
        told = " ".join(done.stdout.split())
        assert "web failed" in told and "a probe: 500 at" in told
        assert asyncio.run(ask(here.http, HOST)).body.startswith(b"v1")
        kept, back = shop.releases()
        assert kept["observation"]["probes"] > 10 and kept["observation"]["requests"] == 0
        assert back["state"] == "rolled_back" and back["observation"]["probes_failed"] > 0
    finally:
        here.do(lambda runner, _: runner.remove(shop.name))


def test_a_service_that_stops_first_fails_no_request(
    here: EdgeHere, shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.image, shop.state = here.image, Path(here.state)
    wait = round(patience(10))
    routes = [{"host": HOST, "service": "web", "port": 8000, "health": "/health", "wait": f"{wait}s"}]
    edge = {"http": here.http, "https": here.https, "tls": "off"}
    settings = {"observe": "0s", "edge": edge, "routes": routes, "healthy_within": within(20)}
    shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": settings})

    def version(name: str) -> None:
        more = {"container_name": "dockworthy-test-alone", "init": False, "healthcheck": {"disable": True}}
        shop.compose({"web": shop.service(*COMMAND, environment={"NAME": name, "ON_TERM": "finish"}, **more)})

    async def under_load() -> Load:
        async with Load(here.http, HOST, rate=100) as load:
            await asyncio.to_thread(shop.deploy)
            await load.answered(30)
        return load

    here.clean()  # so that there is an edge to start
    try:
        version("v1")
        first = shop.deploy()
        assert "note" in first.stderr and "workload/published-ports" in " ".join(first.stderr.split())
        assert "requests for web wait" not in first.stderr
        version("v2")
        assert f"requests for web wait at the edge meanwhile, {wait} s" in " ".join(
            shop.deploy("--dry-run").stdout.split()
        )
        load = asyncio.run(under_load())
    finally:
        here.do(lambda runner, _: runner.remove(shop.name))
    with capsys.disabled():
        print(f"\n{load.count} requests, {len(load.failures)} failed, the longest took {load.slowest:.2f} s")
    assert load.failures == [], here.log()
    assert set(load.answers) == {"v1", "v2"}


def test_a_path_of_another_projects_host_is_refused_by_the_owners_name(here: EdgeHere, shop: Shop) -> None:
    shop.image, shop.state = here.image, Path(here.state)
    edge = {"http": here.http, "https": here.https, "tls": "off"}
    routes = [{"host": HOST.upper(), "path": "/login", "service": "web", "port": 8000}]
    settings = {"observe": "0s", "edge": edge, "routes": routes}
    shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": settings})
    more = {"environment": {"NAME": "v1"}, "init": False, "healthcheck": {"disable": True}}
    shop.compose({"web": shop.service(*COMMAND, **more)})
    here.do(lambda runner, _: runner.ensure(here.routes("owner", Route(HOST, "web", 8000))))
    try:
        for options in ((), ("--dry-run",)):
            refused = " ".join(shop.deploy(*options, status=1).stdout.split())
            assert f"{HOST}/login is on a host that belongs to the project owner" in refused
            assert f"`share_with: [{shop.name}]`" in refused
        assert not shop.containers(every=True) and shop.releases() == []
        consent = Route(HOST, "web", 8000, share_with=(shop.name,))
        here.do(lambda runner, _: runner.ensure(here.routes("owner", consent)))
        shop.deploy()
    finally:
        here.do(lambda runner, _: runner.remove(shop.name))
        here.do(lambda runner, _: runner.remove("owner"))


def test_a_consent_that_was_dropped_does_not_come_back_by_a_rollback(here: EdgeHere, shop: Shop) -> None:
    shop.image, shop.state = here.image, Path(here.state)
    edge = {"http": here.http, "https": here.https, "tls": "off"}
    route = {"host": HOST, "service": "web", "port": 8000}
    more = {"init": False, "healthcheck": {"disable": True}}

    def version(name: str, *guests: str) -> None:
        routes = [{**route, **({"share_with": list(guests)} if guests else {})}]
        settings = {"observe": "0s", "edge": edge, "routes": routes}
        shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": settings})
        shop.compose({"web": shop.service(*COMMAND, environment={"NAME": name}, **more)})

    def shared() -> tuple[str, ...]:
        routes = here.do(lambda runner, _: runner.routes_of(shop.name))
        return tuple(name for served in routes.routes for name in served.route.share_with)

    try:
        version("v1", "guest")
        shop.deploy()
        version("v2")
        shop.deploy()
        assert shared() == ()
        for options in (("--dry-run",), ("--yes",)):
            said = shop.dockworthy("rollback", *options)
            assert said.returncode == 0, said.stderr
            assert "is not shared with guest again" in " ".join((said.stdout + said.stderr).split())
        assert asyncio.run(ask(here.http, HOST)).body.startswith(b"v1") and shared() == ()
    finally:
        here.do(lambda runner, _: runner.remove(shop.name))
