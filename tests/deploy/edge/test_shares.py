"""No client and no project takes the edge from the others: HAProxy runs with our configuration on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from deploy.edge.clients import Load, read_answer
from deploy.edge.conftest import EdgeHere, free_port
from dockworthy.deploy.edge.haproxy import shares
from dockworthy.deploy.edge.haproxy.configuration import edge_files
from dockworthy.deploy.edge.routes import ProjectRoutes, ServedRoute
from dockworthy.model.deploy_settings import Edge, Route, Tls
from patience import patience

pytestmark = pytest.mark.slow

needs_haproxy = pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed")

PLAIN = Edge(tls=Tls.OFF)
BLOG = ProjectRoutes("blog", PLAIN, (ServedRoute(Route("blog.x", "web", 80)), ServedRoute(Route("a.x", "api", 80))))
SHOP = ProjectRoutes("shop", PLAIN, (ServedRoute(Route("shop.x", "web", 80)),))
ENGINE, ONE, OTHER = "127.0.0.1", "127.0.1.1", "127.0.2.1"
"""HAProxy listens at the first: who comes from beside it is the engine's proxy."""


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers, and keeps a WebSocket for as long as its client does."""
    with contextlib.suppress(OSError, EOFError):
        while head := await reader.readuntil(b"\r\n\r\n"):
            if b"websocket" in head.lower():
                writer.write(b"HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
                writer.write(b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")  # RFC 6455's example
                await reader.read()
                break
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            await writer.drain()
    writer.close()


class Clients:
    """Clients of it, each at an address of its own."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.open: list[asyncio.StreamWriter] = []

    async def ask(self, host: str, address: str, *headers: str) -> int:
        """The status; 0 where the connection is closed without an answer."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(address, 0))
            self.open.append(writer)
            writer.write("\r\n".join(["GET / HTTP/1.1", f"Host: {host}", *headers, "", ""]).encode())
            return (await asyncio.wait_for(read_answer(reader), patience(10))).status
        except (OSError, EOFError):
            return 0

    async def sockets(self, host: str, address: str, count: int) -> list[int]:
        key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
        upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", key)
        return [await self.ask(host, address, *upgrade) for _ in range(count)]

    async def leave(self) -> None:
        for writer in self.open:
            writer.transport.abort()
        self.open.clear()


async def _is_open(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.transport.abort()
    return True


@contextlib.asynccontextmanager
async def _edge(folder: Path, *projects: ProjectRoutes) -> AsyncIterator[Clients]:
    port, app = free_port(), await asyncio.start_server(_serve, "127.0.0.1", 0, backlog=1000)
    at = app.sockets[0].getsockname()[1]
    for name, text in edge_files(projects, {}).files.items():
        text = text.replace("/run/edge", str(folder)).replace("bind :8080", f"bind 127.0.0.1:{port}")
        text = text.replace("bind 127.0.0.1:8404", f"bind 127.0.0.1:{free_port()}")
        text = re.sub(r"server-template .*", f"server app 127.0.0.1:{at}", text)
        (folder / name).write_text(text)
    process = await asyncio.create_subprocess_exec("haproxy", "-db", "-q", "-f", str(folder / "haproxy.cfg"))
    clients = Clients(port)
    try:
        async with asyncio.timeout(patience(10)):
            while not await _is_open(port):
                await asyncio.sleep(0.02)
        yield clients
    finally:
        await clients.leave()
        process.kill()
        await process.wait()
        app.close()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """With a hundredth of the connections, so that the shares are 10, 50 and 40."""
    monkeypatch.setattr(shares, "CONNECTIONS", 100)

    def do(work: Callable[[Clients], Awaitable[None]], *projects: ProjectRoutes) -> None:
        async def inner() -> None:
            async with _edge(tmp_path, *projects) as edge:
                await work(edge)

        asyncio.run(inner())

    return do


async def _settled(edge: Clients, host: str, address: str) -> int:
    """HAProxy sees a connection's end a moment later."""
    async with asyncio.timeout(patience(10)):
        while (status := await edge.ask(host, address, "Connection: close")) != 200:
            await asyncio.sleep(0.05)
    return status


@needs_haproxy
def test_one_address_has_a_tenth_and_leaves_the_others_room(run: Callable[..., None]) -> None:
    async def work(edge: Clients) -> None:
        assert await edge.sockets("blog.x", ONE, 12) == [101] * 10 + [0, 0]
        assert await edge.ask("shop.x", ONE) == 0
        assert [await edge.ask(host, OTHER) for host in ("blog.x", "shop.x")] == [200, 200]
        await edge.leave()
        assert await _settled(edge, "blog.x", ONE) == 200

    run(work, BLOG, SHOP)


@needs_haproxy
def test_what_comes_by_the_engines_proxy_is_many_clients_and_leaves_room_for_other_projects(
    run: Callable[..., None],
) -> None:
    async def work(edge: Clients) -> None:
        assert await edge.sockets("blog.x", ENGINE, 25) == [101] * 25
        assert (await edge.sockets("a.x", ENGINE, 20))[:16] == [101] * 15 + [503], "all routes of a project together"
        assert await edge.ask("shop.x", OTHER) == 200

    run(work, BLOG, SHOP)


@needs_haproxy
def test_who_comes_by_the_engines_proxy_too_reaches_the_other_project(run: Callable[..., None]) -> None:
    async def work(edge: Clients) -> None:
        assert await edge.sockets("blog.x", ENGINE, 41) == [101] * 40 + [503]
        assert await edge.ask("shop.x", ENGINE) == 200

    run(work, BLOG, SHOP)


@needs_haproxy
def test_idle_connections_count_and_not_for_others(run: Callable[..., None]) -> None:
    async def work(edge: Clients) -> None:
        async def idle() -> None:
            with contextlib.suppress(OSError):
                edge.open.append((await asyncio.open_connection("127.0.0.1", edge.port, local_addr=(ONE, 0)))[1])

        for _ in range(20):
            await idle()
        # Each of HAProxy's threads counts by itself, and one that is being refused counts, too: it may keep fewer than
        # ten of many that come at once.
        async with asyncio.timeout(patience(5)):
            while await edge.ask("shop.x", ONE, "Connection: close") != 0:
                await idle()
        assert await edge.ask("shop.x", OTHER) == 200

    run(work, BLOG, SHOP)


@needs_haproxy
def test_a_project_that_is_alone_has_all(run: Callable[..., None]) -> None:
    async def work(edge: Clients) -> None:
        assert await edge.sockets("blog.x", ENGINE, 49) == [101] * 49

    run(work, BLOG)


@needs_haproxy
def test_a_steady_load_of_one_address_is_not_hurt(tmp_path: Path) -> None:
    """As many requests as in the measurements of deploys, with the limits as they are."""

    async def inner() -> Load:
        async with _edge(tmp_path, BLOG, SHOP) as edge, Load(edge.port, "shop.x", rate=200) as load:
            await load.answered(400)
        return load

    load = asyncio.run(inner())
    assert load.failures == [] and load.count >= 400


@pytest.mark.engine
def test_the_engines_proxy_is_known_on_a_real_edge(here: EdgeHere) -> None:
    """Else all clients by IPv6 together would have what one address may have."""
    here.do(lambda edge, _: edge.ensure(here.routes("shares", Route("shares.x", "web", 8000))))

    async def inner() -> list[int]:
        clients = Clients(here.http)
        found = [await clients.ask("nobody.x", ENGINE) for _ in range(shares.CONNECTIONS // 10 + 50)]
        await clients.leave()
        return found

    try:
        assert {*asyncio.run(inner())} == {404}
    finally:
        here.do(lambda edge, _: edge.remove("shares"))
