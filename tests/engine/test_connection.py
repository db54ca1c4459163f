"""The door to an engine: what it asks, and what it says when nobody, or something odd, answers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from dockworthy.engine.connection import NEWEST_API, Connection, EngineSocket
from dockworthy.engine.endpoint import context_of
from dockworthy.engine.faults import NoSuchObject, WrongState
from dockworthy.engine.opening import tls_for
from dockworthy.errors import EngineError, EngineRefused, EngineTimeout, EngineUnreachable, HostAway
from dockworthy.model.dialect import Version
from engine.fake import CUT, HANG, HANG_UP, VERSION, FakeEngine, Raw, Status, fake_engine
from engine.test_endpoint import make_context
from patience import Limit, meanwhile, patience


async def test_one_question_proves_the_engine_and_negotiates(tmp_path: Path) -> None:
    async with fake_engine(tmp_path) as fake, Connection(fake.endpoint) as connection:
        assert fake.calls == ["/version"]
        assert connection.api == Version(1, 45)
        assert (await connection.get("/info"))["ID"] == "fake"
        assert fake.calls == ["/version", "/v1.45/info"]
        assert connection.calls == 2


@pytest.mark.parametrize(
    ("newest", "oldest", "spoken"),
    [("1.40", "1.12", Version(1, 40)), ("1.99", "1.44", NEWEST_API), ("1.99", "1.90", Version(1, 90))],
)
async def test_the_newest_version_that_both_know(tmp_path: Path, newest: str, oldest: str, spoken: Version) -> None:
    version = {**VERSION, "ApiVersion": newest, "MinAPIVersion": oldest}
    async with fake_engine(tmp_path, {"/version": version}) as fake, Connection(fake.endpoint) as connection:
        assert connection.api == spoken


async def enter(endpoint: str, **options: Any) -> None:
    async with Connection(endpoint, **options):
        pass


async def test_no_socket(tmp_path: Path) -> None:
    with pytest.raises(EngineUnreachable, match="does not exist") as error:
        await enter(f"unix://{tmp_path}/none.sock")
    assert "installed" in error.value.hint


@pytest.fixture
def dead_socket(tmp_path: Path) -> Iterator[str]:
    """A socket file that nobody listens at: what a killed engine leaves behind."""
    path = tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
        yield f"unix://{path}"


async def test_nobody_listens(dead_socket: str) -> None:
    with pytest.raises(EngineUnreachable, match="not running") as error:
        await enter(dead_socket)
    assert error.value.hint == "start Docker Engine"


@pytest.mark.parametrize("left", [True, False], ids=["its socket is left", "its socket is gone too"])
async def test_an_ssh_connection_that_has_ended_says_nothing_of_the_engine(dead_socket: str, left: bool) -> None:
    way = EngineSocket(Path(dead_socket.removeprefix("unix://") + ("" if left else ".gone")))
    with pytest.raises(HostAway) as raised:
        await enter("ssh://root@shop2", way=way)
    assert raised.value.says.startswith("there is no way to shop2 from here") and raised.value.exit_status == 15
    assert "engine" not in raised.value.says and "Docker" not in raised.value.hint


@pytest.mark.parametrize("ended", [True, False])
async def test_who_hangs_up_is_the_engine_only_where_the_ssh_connection_stands(tmp_path: Path, ended: bool) -> None:
    async with fake_engine(tmp_path, {"/version": HANG_UP}) as fake:
        way = EngineSocket(Path(fake.endpoint.removeprefix("unix://")), has_ended=lambda: ended)
        with pytest.raises(HostAway if ended else EngineUnreachable) as raised:
            await enter("ssh://root@shop2", way=way)
    assert ("hung up" in raised.value.says) != ended


async def test_nobody_listens_at_a_port() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # held, so that nobody else gets it; never listening
        with pytest.raises(EngineUnreachable, match="nobody listens"):
            await enter(f"tcp://127.0.0.1:{held.getsockname()[1]}")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
async def test_not_allowed_to_open_the_socket(open_folder: Path) -> None:
    async with fake_engine(open_folder) as fake:
        (open_folder / "engine.sock").chmod(0o600)
        await _warm_up(fake.endpoint)
        os.seteuid(65534)
        try:
            with pytest.raises(EngineRefused, match="may not open the engine's socket") as error:
                await enter(fake.endpoint)
        finally:
            os.seteuid(0)
    assert "run as root" in error.value.hint


async def _warm_up(endpoint: str) -> None:
    """Imports what a connection needs while we still may read it."""
    await enter(endpoint)


async def test_a_hung_engine_costs_the_deadline_and_no_more(tmp_path: Path) -> None:
    async with fake_engine(tmp_path, {"/version": HANG}) as fake:
        within = Limit(2)
        with pytest.raises(EngineTimeout, match=r"did not answer GET /version within 0\.2 s"):
            await enter(fake.endpoint, deadline=0.2)
        assert within.left > 0


async def test_one_hung_call_has_a_deadline_of_its_own(tmp_path: Path) -> None:
    async with fake_engine(tmp_path, {"/info": HANG}) as fake:
        async with Connection(fake.endpoint, per_call=patience(0.05)) as connection:
            with pytest.raises(EngineTimeout, match="GET /info"):
                await connection.get("/info")
            assert await connection.get("/networks") == []


async def test_a_call_after_the_deadline_is_not_sent(tmp_path: Path) -> None:
    async with fake_engine(tmp_path) as fake, Connection(fake.endpoint) as connection:
        with pytest.raises(EngineTimeout):
            await connection.get("/info", until=asyncio.get_running_loop().time() - 1)
        assert fake.calls == ["/version"]


@pytest.mark.parametrize("fault", [HANG_UP, CUT])
async def test_hangs_up_in_the_middle(tmp_path: Path, fault: Raw) -> None:
    async with fake_engine(tmp_path, {"/info": fault}) as fake, Connection(fake.endpoint) as connection:
        with pytest.raises(EngineUnreachable, match="hung up during GET /info"):
            await connection.get("/info")


@pytest.mark.parametrize(
    "content",
    [b"SSH-2.0-OpenSSH_9.2\r\n", b"\x00\x01\x02", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"],
)
async def test_something_else_listens(tmp_path: Path, content: bytes) -> None:
    async with fake_engine(tmp_path, {"/version": Raw(content)}) as fake:
        with pytest.raises(EngineError, match="does not speak as a Docker Engine does"):
            await enter(fake.endpoint)


@pytest.mark.parametrize("answer", [[], {}, None, {"ApiVersion": 1.45}, {"ApiVersion": "new"}])
async def test_a_server_that_is_no_engine(tmp_path: Path, answer: Any) -> None:
    async with fake_engine(tmp_path, {"/version": answer}) as fake:
        with pytest.raises(EngineError, match="not a Docker Engine"):
            await enter(fake.endpoint)


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"<html>", b"[" * 100_000, b""])
async def test_broken_json(tmp_path: Path, body: bytes) -> None:
    answers = {"/info": Status(200, body)}
    async with fake_engine(tmp_path, answers) as fake, Connection(fake.endpoint) as connection:
        with pytest.raises(EngineError, match="broken JSON"):
            await connection.get("/info")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(403, EngineRefused), (401, EngineRefused), (404, NoSuchObject), (503, WrongState), (500, EngineError)],
)
async def test_the_engine_says_no_in_its_own_words(tmp_path: Path, status: int, kind: type[EngineError]) -> None:
    answers = {"/info": Status(status, {"message": "authorization denied by plugin x: no"})}
    async with fake_engine(tmp_path, answers) as fake, Connection(fake.endpoint) as connection:
        with pytest.raises(kind, match="authorization denied by plugin x: no") as error:
            await connection.get("/info")
        assert type(error.value) is kind


async def test_a_refusal_that_is_not_json(tmp_path: Path) -> None:
    answers = {"/info": Status(502, b"<html>\n bad   gateway\xff")}
    async with fake_engine(tmp_path, answers) as fake, Connection(fake.endpoint) as connection:
        with pytest.raises(EngineError, match="status 502: <html> bad gateway"):
            await connection.get("/info")


async def test_requests_at_once_are_bounded(tmp_path: Path) -> None:
    under_way = most = 0

    async def counted(path: str) -> Any:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await meanwhile(0.05)
        under_way -= 1
        return {}

    async with fake_engine(tmp_path, {"/info": counted}) as fake:
        async with Connection(fake.endpoint) as connection:
            await asyncio.gather(*(connection.get("/info") for _ in range(50)))
    assert most == 16


async def test_waiting_for_ones_turn_costs_no_time_of_ones_own(tmp_path: Path) -> None:
    """Slow is not hung: a hundred calls of 100 ms, sixteen at a time, each with 500 ms."""

    async def slow(path: str) -> Any:
        await meanwhile(0.1)
        return {"ID": "slow"}

    async with fake_engine(tmp_path, {"/info": slow}) as fake:
        async with Connection(fake.endpoint, per_call=patience(0.25)) as connection:
            answers = await asyncio.gather(*(connection.get("/info") for _ in range(100)))
    assert len(answers) == 100


def test_no_tls_for_a_socket() -> None:
    assert tls_for("unix:///x", {"DOCKER_TLS_VERIFY": "1"}) is None
    assert tls_for("tcp://127.0.0.1:2375", {"HOME": "/nonexistent"}) is None


def test_certificates_that_are_missing(tmp_path: Path) -> None:
    environ = {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(tmp_path)}
    with pytest.raises(EngineRefused, match="can't be used") as error:
        tls_for("tcp://127.0.0.1:2376", environ)
    assert "ca.pem" in error.value.hint


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One self-signed certificate that is its own authority, the server's and the client's."""
    folder = tmp_path_factory.mktemp("certificates")
    key, certificate = folder / "key.pem", folder / "cert.pem"
    subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    command = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject)
    subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    (folder / "ca.pem").write_bytes(certificate.read_bytes())
    return folder


@contextlib.asynccontextmanager
async def engine_with_tls(folder: Path, tmp_path: Path) -> AsyncIterator[str]:
    """An engine's endpoint at a port, which lets in whoever shows a certificate of `folder`'s authority."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(folder / "ca.pem"))
    tls.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    tls.verify_mode = ssl.CERT_REQUIRED
    server = await asyncio.start_server(FakeEngine({}, tmp_path).serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def test_tls_with_the_certificates_of_docker_cert_path(certificates: Path, tmp_path: Path) -> None:
    environ = {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(certificates)}
    async with engine_with_tls(certificates, tmp_path) as endpoint:
        async with Connection(endpoint, environ=environ) as connection:
            assert (await connection.get("/info"))["ID"] == "fake"


async def test_tls_with_the_certificates_of_the_context(certificates: Path, tmp_path: Path) -> None:
    async with engine_with_tls(certificates, tmp_path) as endpoint:
        environ = make_context(tmp_path, "far", endpoint)
        context = context_of(endpoint, environ)
        assert context is not None
        shutil.copytree(certificates, context.certificates)
        async with Connection(endpoint, environ=environ) as connection:
            assert (await connection.get("/info"))["ID"] == "fake"


async def test_a_server_that_another_authority_vouches_for(certificates: Path, tmp_path: Path) -> None:
    async with engine_with_tls(certificates, tmp_path) as endpoint:
        with pytest.raises(EngineRefused, match="do not trust each other"):
            await enter(endpoint.replace("tcp://", "https://"), environ={"HOME": str(tmp_path)})


async def test_plain_talk_to_a_port_with_tls(certificates: Path, tmp_path: Path) -> None:
    async with engine_with_tls(certificates, tmp_path) as endpoint:
        with pytest.raises(EngineError):
            await enter(endpoint, environ={"HOME": str(tmp_path)})


def test_importing_the_door_does_not_import_aiohttp() -> None:
    code = "import dockworthy.facts.reading, sys; sys.exit('aiohttp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.engine
async def test_a_real_engine(engine: str) -> None:
    async with Connection(engine) as connection:
        assert connection.version["ApiVersion"]
        assert (await connection.get("/info"))["ID"]
        with pytest.raises(NoSuchObject):
            await connection.get("/containers/no-such-container/json")
        with pytest.raises(WrongState, match="not a swarm manager"):
            await connection.get("/swarm")
