"""Where an edge that is not ours answers: found without a word, by plain HTTP or by TLS where that sends there."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
from msgspec import structs

from dockworthy.deploy.edge.external_proxy import Theirs, find_theirs, leaving_of, what_is_lost
from dockworthy.deploy.observing.probe import ProbeConnection, ProbeFailed
from dockworthy.engine.site import Site
from dockworthy.errors import UsageError
from dockworthy.model.deploy_settings import DeploySettings, ExistingEdge, Route, TargetKind
from dockworthy.model.rollout import Leaving

ROUTES = (Route("shop.example.com", "web", 8000),)
TO_TLS = b"HTTP/1.1 308 Go\r\nLocation: https://shop.example.com/\r\nContent-Length: 0\r\n\r\n"
WELL = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Here:
    """A site on which the ports of the test stand for the usual ones."""

    name = "the test"

    def __init__(self, **ports: int) -> None:
        self.ports = {int(port.removeprefix("p")): real for port, real in ports.items()}

    async def tcp(self, address: str, port: int) -> tuple[str, int]:
        return (address, self.ports.get(port, 9))


async def find(settings: ExistingEdge, **ports: int) -> Theirs:
    asked = DeploySettings(edge="existing", existing_edge=settings, routes=ROUTES)
    return await find_theirs(cast(Site, Here(**ports)), asked)


@asynccontextmanager
async def answering(answer: bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls) as server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
def certificate(tmp_path: Path) -> ssl.SSLContext:
    """Nobody trusts it."""
    files = ("-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "crt"))
    made = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=x")
    subprocess.run(["openssl", *made, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "crt", tmp_path / "key")
    return context


async def test_plain_http_is_asked_where_it_answers_itself() -> None:
    async with answering(WELL) as port:
        found = await find(ExistingEdge(), p80=port)
        assert (found.tls, found.says, found.at) == (False, "http://127.0.0.1:80", ("127.0.0.1", port))


async def test_what_sends_to_tls_is_asked_by_tls_whatever_its_certificate(certificate: ssl.SSLContext) -> None:
    async with answering(TO_TLS) as plain, answering(WELL, certificate) as secure:
        found = await find(ExistingEdge(), p80=plain, p443=secure)
        assert (found.tls, found.says) == (True, "https://127.0.0.1:443")
        assert await ProbeConnection(found.at, tls=True).get("shop.example.com", "/", keep=False) == 200
        with pytest.raises(ProbeFailed):
            await ProbeConnection(("127.0.0.1", secure)).get("shop.example.com", "/", keep=False)
        assert (await find(ExistingEdge(), p443=secure)).tls
        assert not (await find(ExistingEdge(), p80=plain)).tls, "the only one that there is"


async def test_an_address_is_taken_as_it_is_written(certificate: ssl.SSLContext) -> None:
    async with answering(WELL, certificate) as secure:
        assert (await find(ExistingEdge(address=f"https://127.0.0.1:{secure}"), **{f"p{secure}": secure})).tls


@pytest.mark.parametrize("address", ["", "http://127.0.0.1:8", "https://127.0.0.1:8"])
async def test_where_nobody_answers_it_is_said_how_to_say_where(address: str) -> None:
    with pytest.raises(UsageError, match="nobody answers at") as refused:
        await find(ExistingEdge(address=address))
    assert "deploy.existing_edge" in refused.value.hint


async def test_what_is_not_http_is_no_edge() -> None:
    async with answering(b"SSH-2.0-x\r\n") as port:
        with pytest.raises(UsageError):
            await find(ExistingEdge(), p80=port)


def test_who_leaves_how() -> None:
    settings = DeploySettings(edge="existing", existing_edge=ExistingEdge(settle="1s", drain="SIGUSR1"), routes=ROUTES)
    assert leaving_of(settings) == {"web": Leaving(1.0, "SIGUSR1")}
    assert leaving_of(DeploySettings(routes=ROUTES)) == {} == leaving_of(DeploySettings(edge="existing"))


def test_what_is_lost_is_said() -> None:
    at = Theirs(("127.0.0.1", 80), tls=False, says="http://127.0.0.1:80")
    settings = DeploySettings(edge="existing", routes=ROUTES)
    settles, cut = what_is_lost(at, settings)
    assert "it gets 2s to notice" in settles and "may be cut" in cut
    (alone,) = what_is_lost(at, structs.replace(settings, existing_edge=ExistingEdge(drain="SIGUSR1")))
    assert "may be cut" not in alone
    (swarm,) = what_is_lost(at, structs.replace(settings, target=TargetKind.SWARM))
    assert "by its own order" in swarm and "to notice" not in swarm
