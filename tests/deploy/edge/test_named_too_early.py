"""The engine's DNS names a container before it can be reached: what was sent to it by then is sent again."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from deploy.edge.clients import ask
from deploy.edge.conftest import EdgeHere
from dockworthy.deploy.edge.running import EdgeRunner
from dockworthy.deploy.edge.slots import sessions_in
from dockworthy.deploy.site import Site
from dockworthy.model.deploy_settings import Route

pytestmark = pytest.mark.engine

HOST = "early.example.com"


@contextmanager
def _unreachable(here: EdgeHere, address: str) -> Iterator[None]:
    """Nobody on the edge's network hears what is sent to that address."""
    pid = here.engine.inspect("dockworthy-edge-proxy-1")["State"]["Pid"]
    inside = ("nsenter", f"--net=/proc/{pid}/ns/net", "ip")
    way = subprocess.run([*inside, "route", "get", address], capture_output=True, text=True, check=True).stdout.split()
    at = (address, "dev", way[way.index("dev") + 1])
    subprocess.run([*inside, "neigh", "replace", *at, "lladdr", "02:00:00:00:00:99", "nud", "permanent"], check=True)
    try:
        yield
    finally:
        subprocess.run([*inside, "neigh", "del", *at], check=True)


def test_the_only_container_answers_late_and_goes_on_answering(here: EdgeHere) -> None:
    async def work(edge: EdgeRunner, site: Site) -> None:
        wanted = here.routes("early", Route(host=HOST, service="web", port=8000, health="/health"))
        (backend,) = wanted.backends
        await edge.ensure(wanted)
        id = here.app("early", "web.early")
        address = here.engine.inspect(id)["NetworkSettings"]["Networks"]["dockworthy-edge"]["IPAddress"]

        async def until(true: str) -> None:
            ends = time.monotonic() + 20
            while address not in await edge.admin.servers_up(backend) if true == "up" else not await at_work():
                assert time.monotonic() < ends, f"it did not come to that: {true}"
                await asyncio.sleep(0.02)

        async def at_work() -> bool:
            return any(count for name, count in sessions_in(await edge.admin.ask("show stat")).items() if "/s" in name)

        await until("up")
        with _unreachable(here, address):
            asked = asyncio.create_task(ask(here.http, HOST))
            await until("sent")
        answer = await asked
        others = [await ask(here.http, HOST) for _ in range(5)]
        assert [each.status for each in (answer, *others)] == [200] * 6, here.log()

    here.do(work)
    here.remove("early", seconds=0)
    here.do(lambda runner, _: runner.remove("early"))
