"""An exchange of containers in the edge's rotation that was killed in the middle: the next run mends it, under load."""

from __future__ import annotations

import asyncio

import pytest

from deploy.edge.clients import Load
from deploy.edge.conftest import EdgeHere
from dockworthy.deploy.edge.project_edge import ProjectEdge
from dockworthy.deploy.edge.rotation import exchanging, slots_in
from dockworthy.deploy.edge.running import EdgeRunner
from dockworthy.engine.site import Site
from dockworthy.model.deploy_settings import Route
from patience import Limit

pytestmark = pytest.mark.engine

HOST = "broken.example.com"


def test_who_lost_its_place_gets_requests_again(here: EdgeHere) -> None:
    async def work(edge: EdgeRunner, site: Site) -> Load:
        wanted = here.routes("broken", Route(host=HOST, service="web", port=8000, health="/health"))
        (backend,) = wanted.backends
        await edge.ensure(wanted)
        addresses = []

        async def until_up(*all_of_them: str) -> None:
            limit = Limit(20)
            while not set(all_of_them) <= await edge.admin.servers_up(backend):
                assert limit.left > 0, await edge.admin.servers(backend)
                await asyncio.sleep(0.05)

        async def one_more(name: str) -> None:
            id = await asyncio.to_thread(here.app, name, "web.broken")
            addresses.append(here.engine.inspect(id)["NetworkSettings"]["Networks"]["dockworthy-edge"]["IPAddress"])

        for name in ("x1", "x2"):
            await one_more(name)
        await until_up(*addresses)
        old = addresses[:]
        async with Load(here.http, HOST, rate=50) as load:
            await one_more("x3")
            await until_up(*addresses)
            slots = [slot for slot in slots_in(await edge.admin.servers_state()) if slot.backend == backend]
            words, _ = exchanging([slot for slot in slots if slot.address != addresses[2]], old[:1], addresses[2:])
            await edge.admin.ask("; ".join(words))  # and here it was killed
            rotation = ProjectEdge(edge, "broken", wanted).rotation(site)
            await rotation.restore()
            await rotation.mend()
            await until_up(*addresses)
            await rotation.mend()  # nothing is left to mend
        return load

    load = here.do(work)
    for name in ("x1", "x2", "x3"):
        here.remove(name, seconds=0)
    here.do(lambda runner, _: runner.remove("broken"))
    assert load.failures == [], here.log()
