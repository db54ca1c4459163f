"""A connection that was made goes on, whatever is changed at the edge meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from deploy.edge.clients import leave, until_status
from deploy.edge.conftest import EdgeHere
from dockworthy.deploy.edge.running import EdgeRunner
from dockworthy.engine.site import Site
from dockworthy.model.deploy_settings import Route
from patience import patience

pytestmark = pytest.mark.engine

HOST = "talk.example.com"


def test_a_websocket_goes_on_over_changes_of_routes(here: EdgeHere) -> None:
    async def talk(edge: EdgeRunner, _: Site) -> None:
        await edge.ensure(here.routes("talk", Route(HOST, "web", 8000)))
        here.app("k1", "web.talk")
        await until_status(here.http, HOST)
        reader, writer = await asyncio.open_connection("127.0.0.1", here.http)
        lines = ["GET / HTTP/1.1", f"Host: {HOST}", "Connection: Upgrade", "Upgrade: websocket"]
        lines += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        assert b"101" in await reader.readuntil(b"\r\n\r\n")
        for number in range(2):
            changed = await edge.ensure(here.routes("talk", Route(HOST, "web", 8000), Route(f"n{number}", "web", 8000)))
            assert changed.reloaded
            writer.write(b"are you there?")
            assert await asyncio.wait_for(reader.readexactly(14), patience(5)) == b"are you there?"
        await leave(writer)

    here.do(talk)
    here.remove("k1", seconds=0)
    here.do(lambda edge, _: edge.remove("talk"))
