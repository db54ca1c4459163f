"""What the engine's host reaches is reached from here, through the one connection."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from deploy.edge.test_external_proxy_found import WELL, answering
from dockworthy.deploy.observing.probe import ProbeConnection
from dockworthy.engine.site import reach
from machines.ssh_fixtures import Servers

pytestmark = [pytest.mark.engine, pytest.mark.ssh]


def test_a_port_of_the_host_by_ssh_and_here(engine: str, serve: Servers) -> None:
    server = serve()

    async def work() -> None:
        async with answering(WELL) as port:
            for endpoint in (engine, server.address(path=engine.removeprefix("unix://"))):
                async with reach(endpoint, command="deploy") as site:
                    at = await site.tcp("127.0.0.1", port)
                    assert isinstance(at, Path) is (endpoint != engine)
                    assert await ProbeConnection(at).get("shop.example.com", "/", keep=False) == 200

    asyncio.run(work())
    assert server.log.count("Accepted publickey") == 1
