"""A service whose only container goes before the new one comes: its requests wait, and none fails."""

from __future__ import annotations

import asyncio
import time

import pytest

from deploy.edge.clients import Load, ask, until_status
from deploy.edge.conftest import EdgeHere
from dockworthy.deploy.edge.routes import ServedRoute
from dockworthy.deploy.edge.running import EdgeRunner
from dockworthy.engine.site import Site
from dockworthy.model.deploy_settings import Route
from patience import patience, until

pytestmark = pytest.mark.engine

HOST = "single.example.com"


def test_requests_wait_while_the_only_container_is_replaced(here: EdgeHere, capsys: pytest.CaptureFixture[str]) -> None:
    """It exits at once."""
    wait = patience(5)

    async def work(edge: EdgeRunner, _: Site) -> Load:
        await edge.ensure(here.routes("single", ServedRoute(Route(HOST, "web", 8000, health="/health"), wait=wait)))
        here.app("w1", "web.single", ON_TERM="exit")
        await until_status(here.http, HOST)
        async with Load(here.http, HOST, rate=100) as load:
            await load.answered(50)
            await asyncio.to_thread(here.remove, "w1")
            await asyncio.to_thread(here.app, "w2", "web.single", DELAY="1")
            posted = await ask(here.http, HOST, method="POST", body=b"once")
            assert posted.status == 200 and posted.body.startswith(b"w2") and posted.body.endswith(b"once")
            while not load.answers["w2"]:
                await asyncio.sleep(0.05)
            await load.answered(50)
        return load

    try:
        load = here.do(work)
    finally:
        for name in ("w1", "w2"):
            here.remove(name, seconds=0)
    with capsys.disabled():
        print(f"\n{load.count} requests over a gap, {len(load.failures)} failed, the longest took {load.slowest:.2f} s")
    assert load.failures == [], here.log()
    assert 1.0 < load.slowest < wait


def test_they_do_not_wait_for_what_does_not_come_back(here: EdgeHere) -> None:
    async def work(edge: EdgeRunner, _: Site) -> tuple[float, float]:
        route = Route(HOST, "web", 8000, basic_auth="", rate="5/10s", path="/in", strip_path=True)
        await edge.ensure(here.routes("single", ServedRoute(route, wait=2.0)))
        waited = []
        for _ in range(2):
            begun = time.monotonic()
            assert (await ask(here.http, HOST, "/in/x")).status == 503
            waited.append(time.monotonic() - begun)
        here.app("w3", "web.single")
        await asyncio.to_thread(here.listens, "w3")
        asked, found = 2, 503
        while found == 503:  # who waits is counted once, and finds the path as the first time
            await until(lambda: edge.admin.servers_up("single:web"), "the edge finds it")
            answer = await ask(here.http, HOST, "/in/x")
            asked, found = asked + 1, answer.status
            await asyncio.sleep(0.3)
        assert asked < 6 and (found, b"\nGET /x HTTP" in answer.body) == (200, True)
        return waited[0], waited[1]

    try:
        first, second = here.do(work)
    finally:
        here.remove("w3", seconds=0)
        here.do(lambda edge, _: edge.remove("single"))
    assert 1.9 < first and second < first / 2
