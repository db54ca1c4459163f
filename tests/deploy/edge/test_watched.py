"""A release is watched through the edge itself: what its containers' change costs is nothing, what is sick is seen."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from deploy.edge.clients import leave
from deploy.edge.conftest import EdgeHere
from dockworthy.deploy.edge.haproxy.frontends import PROBE
from dockworthy.deploy.edge.running import EdgeRunner
from dockworthy.deploy.observing import ASKED, ReleaseWatch, Watched, probe_targets
from dockworthy.engine.site import Site
from dockworthy.model.deploy_settings import Objectives, Route
from dockworthy.model.release import Observation
from dockworthy.model.rollout import Task
from patience import Limit

pytestmark = pytest.mark.engine

SHOP = Route(host="watched.example.com", service="web", port=8000, health="/health")


async def no_tasks() -> Mapping[str, Sequence[Task]]:
    return {}


async def _watch(edge: EdgeRunner) -> ReleaseWatch:
    watched = Watched(
        project="watched",
        services={},
        objectives=Objectives(),
        observe=2.0,
        healthy_within=9.0,
        touched=["web"],
        targets=probe_targets(SHOP, await edge.admin.way(PROBE)),
    )
    return ReleaseWatch(watched, no_tasks, say=print, stats=lambda: edge.admin.ask(ASKED), log=edge.log)


async def _until_up(edge: EdgeRunner, count: int) -> None:
    limit = Limit(30)
    while len(await edge.admin.servers_up("watched:web")) != count:
        assert limit.left > 0, await edge.admin.servers("watched:web")
        await asyncio.sleep(0.1)


async def _websocket(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = ["GET / HTTP/1.1", f"Host: {SHOP.host}", "Connection: Upgrade", "Upgrade: websocket"]
    lines += ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13", "", ""]
    writer.write("\r\n".join(lines).encode())
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
    return reader, writer


def test_a_change_of_containers_and_one_that_takes_all_of_them(here: EdgeHere) -> None:
    async def work(edge: EdgeRunner, site: Site) -> tuple[Observation, Observation]:
        await edge.ensure(here.routes("watched", SHOP))
        here.app("w1", "web.watched")
        await _until_up(edge, 1)
        async with await _watch(edge) as watch:
            reader, writer = await _websocket(here.http)
            await asyncio.to_thread(here.app, "w2", "web.watched")
            await _until_up(edge, 2)
            await asyncio.to_thread(here.remove, "w1")
            await reader.read()  # its container went, and with it the connection
            await leave(writer)
            well = await watch.observed()
        async with await _watch(edge) as watch:
            task = asyncio.create_task(watch.observed())
            await asyncio.to_thread(here.engine.docker, "kill", "dockworthy-test-edge-w2")
            return well, await task

    try:
        well, sick = here.do(work)
    finally:
        for name in ("w1", "w2"):
            here.remove(name)
        here.do(lambda edge, _: edge.remove("watched"))
    assert well.broken == () and well.probes > 10 and (well.requests_failed, well.probes_failed) == (0, 0)
    assert "web failed" in sick.broken[0]
    assert f"at the edge: GET {SHOP.host}/" in sick.broken[-1] and "got 503 after" in sick.broken[-1]
