"""Containers of a service are replaced, and routes change, under load: no request fails, no connection is cut."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from deploy.edge.clients import Answer, Load, ask
from deploy.edge.conftest import EdgeHere
from dockworthy.deploy.edge.running import EdgeRunner
from dockworthy.engine.site import Site
from dockworthy.model.deploy_settings import Route
from patience import Limit, patience

pytestmark = pytest.mark.engine

HOST = "shop.example.com"
SHOP = Route(host=HOST, service="web", port=8000, health="/health")


async def _until_up(edge: EdgeRunner, here: EdgeHere, *names: str) -> None:
    found = [here.engine.inspect(f"dockworthy-test-edge-{name}")["NetworkSettings"]["Networks"] for name in names]
    wanted = {networks["dockworthy-edge"]["IPAddress"] for networks in found}
    limit = Limit(30)
    while not wanted <= await edge.admin.servers_up("shop:web"):
        assert limit.left > 0, f"{wanted} are not up: {await edge.admin.servers('shop:web')}"
        await asyncio.sleep(0.1)


# What is replaced first exits at once on SIGTERM, what is replaced then ignores it.
async def _replace(edge: EdgeRunner, here: EdgeHere, old: tuple[str, ...], new: tuple[str, ...], on_term: str) -> None:
    for name in new:
        await asyncio.to_thread(here.app, name, "web.shop", ON_TERM=on_term, DELAY="1")
    await _until_up(edge, here, *new)
    for name in old:
        await asyncio.to_thread(here.remove, name)


def test_containers_are_replaced_and_routes_changed_under_load(
    here: EdgeHere, capsys: pytest.CaptureFixture[str]
) -> None:
    async def work(edge: EdgeRunner, site: Site) -> Load:
        await edge.ensure(here.routes("shop", SHOP))
        for name in ("a1", "a2"):
            here.app(name, "web.shop")
        await _until_up(edge, here, "a1", "a2")
        async with Load(here.http, HOST) as load:
            await _replace(edge, here, ("a1", "a2"), ("b1", "b2"), "ignore")
            for path in ("/", "/more"):  # what runs is now in the slots behind, and then in the first ones again
                blog = Route(host="blog.example.com", service="web", port=8000, path=path)
                assert (await edge.ensure(here.routes("blog", blog))).reloaded
            await _replace(edge, here, ("b1", "b2"), ("c1", "c2"), "exit")
        return load

    load = here.do(work)
    for name in ("c1", "c2"):
        here.remove(name, seconds=0)
    with capsys.disabled():
        print(f"\n{load.count} requests, {len(load.failures)} failed, the slowest {load.slowest:.2f} s: {load.answers}")
    assert load.failures == [], here.log()
    assert set(load.answers) == {"a1", "a2", "b1", "b2", "c1", "c2"}


def test_a_request_outlives_two_containers_that_end_at_the_same_moment(here: EdgeHere) -> None:
    """As old ones do that exit at once on SIGTERM, while the new one, which is well, gets next to nothing yet."""

    async def work(edge: EdgeRunner, _: Site) -> Answer:
        await edge.ensure(here.routes("shop", SHOP))
        ids = [here.app(name, "web.shop") for name in ("d1", "d2")]
        await _until_up(edge, here, "d1", "d2")
        here.app("d3", "web.shop")
        await _until_up(edge, here, "d3")
        address = here.engine.inspect("dockworthy-test-edge-d3")["NetworkSettings"]["Networks"]["dockworthy-edge"]
        rows = (await edge.admin.servers_state()).splitlines()
        (slot,) = (row.split()[3] for row in rows if "shop:web " in row and f" {address['IPAddress']} " in row)
        await edge.admin.ask(f"set server shop:web/{slot} weight 1")
        pids = [here.engine.inspect(each)["State"]["Pid"] for each in ids]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        return await ask(here.http, HOST)

    try:
        answer = here.do(work)
        assert (answer.status, answer.body[:2]) == (200, b"d3"), here.log()
    finally:
        for name in ("d1", "d2", "d3"):
            here.remove(name, seconds=0)


def test_a_new_route_of_a_service_that_runs_is_answered_from_the_first_moment_on(here: EdgeHere) -> None:
    """It does not wait for the engine's DNS."""

    async def work(edge: EdgeRunner, _: Site) -> None:
        first, more = (Route(f"{name}.example.com", "web", 8000, health="/health") for name in ("first", "more"))
        await edge.ensure(here.routes("added", first))
        here.app("e1", "web.added")
        async with asyncio.timeout(patience(20)):
            while not await edge.admin.servers_up("added:web"):
                await asyncio.sleep(0.05)
            assert (await edge.ensure(here.routes("added", first, more))).reloaded
            assert (await ask(here.http, more.host)).status == 200
        await edge.remove("added")

    try:
        here.do(work)
        assert "added:web/s1: IP changed" in here.log() and "added:web:2/s1: IP changed" not in here.log()
    finally:
        here.remove("e1", seconds=0)
