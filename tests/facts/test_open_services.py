"""Services are asked one harmless question, by their own programs where this machine has them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from dockworthy.facts.open_services import MOST, SECONDS, ask_services, read_open_services
from dockworthy.facts.open_services.candidates import Candidate, candidates_of
from dockworthy.facts.open_services.mongo import LIST_DATABASES
from dockworthy.model.field import Set, Source, Unknown
from dockworthy.model.host import Host, Listener
from dockworthy.model.services import Answered, ServiceAnswer
from dockworthy.model.snapshot import ContainerFacts, EngineFacts
from machines.reachable import let_others_reach

HERE = Source("test")
Start = Callable[..., int]


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a server on a free port (`{port}` in its arguments) and waits until it takes connections."""
    running: list[subprocess.Popen[bytes]] = []

    def begin(*command: str) -> int:
        port = free_port()
        argv = [part.replace("{port}", str(port)).replace("{folder}", str(tmp_path)) for part in command]
        with (tmp_path / "server.log").open("wb") as log:
            running.append(subprocess.Popen(argv, cwd=tmp_path, stdout=log, stderr=log))
        until = time.monotonic() + 15
        while time.monotonic() < until:
            assert running[-1].poll() is None, (tmp_path / "server.log").read_text()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                return port
            time.sleep(0.02)
        raise AssertionError("the server does not listen")

    yield begin
    for process in running:
        process.kill()
        process.wait()


async def ask(service: str, port: int) -> ServiceAnswer:
    field = await ask_services([Candidate(service, "127.0.0.1", port, "0.0.0.0")])
    assert isinstance(field, Set)
    (answer,) = field.value
    return answer


REDIS = ("redis-server", "--port", "{port}", "--bind", "127.0.0.1", "--save", "", "--dir", "{folder}")


@pytest.mark.program
@needs("redis-server")
async def test_redis_without_a_password(start: Start) -> None:
    answer = await ask("Redis", start(*REDIS))
    assert (answer.answered, answer.says, answer.asked) == (Answered.OPEN, "+PONG", "PING")


@pytest.mark.program
@needs("redis-server")
async def test_redis_with_a_password(start: Start) -> None:
    answer = await ask("Redis", start(*REDIS, "--requirepass", "swordfish"))
    assert answer.answered is Answered.PASSWORD
    assert answer.says.startswith("-NOAUTH")


@pytest.mark.program
@needs("memcached")
async def test_memcached(start: Start) -> None:
    answer = await ask("memcached", start("memcached", "-l", "127.0.0.1", "-p", "{port}", "-u", "nobody"))
    assert answer.answered is Answered.OPEN
    assert answer.says.startswith("VERSION ")


@pytest.mark.program
@needs("memcached")
async def test_memcached_that_asks_who_it_is(start: Start, tmp_path: Path) -> None:
    (tmp_path / "users").write_text("ann:swordfish\n")
    (tmp_path / "users").chmod(0o644)
    tmp_path.chmod(0o755)
    port = start("memcached", "-l", "127.0.0.1", "-p", "{port}", "-u", "root", "-Y", str(tmp_path / "users"))
    assert (await ask("memcached", port)).answered is Answered.PASSWORD


@pytest.mark.program
@needs("etcd")
async def test_etcd_before_and_after_users_are_switched_on(start: Start) -> None:
    urls = ("--listen-client-urls", "http://127.0.0.1:{port}", "--advertise-client-urls", "http://127.0.0.1:{port}")
    peers = f"http://127.0.0.1:{free_port()}"
    port = start(
        *("etcd", "--data-dir", "{folder}/etcd", *urls, "--listen-peer-urls", peers),
        *("--initial-advertise-peer-urls", peers, "--initial-cluster", f"default={peers}"),
    )
    assert (await _when_ready("etcd", port)).answered is Answered.OPEN
    if shutil.which("etcdctl") is None:
        pytest.skip("etcdctl is not installed")
    for words in (("user", "add", "root:swordfish"), ("user", "grant-role", "root", "root"), ("auth", "enable")):
        subprocess.run(["etcdctl", "--endpoints", f"127.0.0.1:{port}", *words], check=True, capture_output=True)
    assert (await ask("etcd", port)).answered is Answered.PASSWORD


@pytest.mark.program
@needs("initdb")
@needs("postgres")
@pytest.mark.parametrize(("method", "expected"), [("trust", Answered.OPEN), ("scram-sha-256", Answered.PASSWORD)])
async def test_postgresql(start: Start, tmp_path: Path, method: str, expected: Answered) -> None:
    as_nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups") if os.geteuid() == 0 else ()
    data = tmp_path / "pg"
    let_others_reach(tmp_path)
    tmp_path.chmod(0o777)
    (tmp_path / "secret").write_text("swordfish")
    made = ("initdb", "-D", str(data), "-U", "postgres", f"--auth={method}", f"--pwfile={tmp_path}/secret", "-N")
    subprocess.run([*as_nobody, *made], check=True, capture_output=True, cwd=tmp_path)
    port = start(*as_nobody, "postgres", "-D", str(data), "-p", "{port}", "-k", str(tmp_path), "-h", "127.0.0.1")
    assert (await _when_ready("PostgreSQL", port)).answered is expected


async def _when_ready(service: str, port: int) -> ServiceAnswer:
    """A member that just started has no leader yet: ask until it says something."""
    until = time.monotonic() + 15
    while (answer := await ask(service, port)).answered in (Answered.SILENT, Answered.OTHER):
        if time.monotonic() > until:
            break
        await asyncio.sleep(0.05)
    return answer


Reply = Callable[[bytes], bytes]


@contextlib.asynccontextmanager
async def fake(reply: Reply, *, silent: bool = False) -> AsyncIterator[int]:
    """A server that answers each request by `reply` of it; a `silent` one takes it and says nothing till the end."""
    over, talks = asyncio.Event(), set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        talks.add(talk)
        with contextlib.suppress(OSError):
            request = await reader.read(4096)
            if silent:
                await over.wait()
            else:
                writer.write(reply(request))
                await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        over.set()
        server.close()
        await server.wait_closed()
        await asyncio.gather(*talks)


def http(status: str, body: str, head: str = "") -> Reply:
    return lambda _: f"HTTP/1.1 {status}\r\n{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def mongo(document: bytes) -> Reply:
    body = struct.pack("<i", len(document) + 5) + document + b"\0"
    return lambda _: struct.pack("<iiiiI", 21 + len(body), 7, 1, 2013, 0) + b"\0" + body


def postgres(kind: bytes, body: bytes) -> Reply:
    return lambda _: kind + struct.pack(">i", len(body) + 4) + body


OK, NOT_OK = b"\x01ok\0" + struct.pack("<d", 1.0), b"\x01ok\0" + struct.pack("<d", 0.0)


def code(number: int) -> bytes:
    return b"\x10code\0" + struct.pack("<i", number)


@pytest.mark.parametrize(
    ("service", "reply", "expected"),
    [
        ("Elasticsearch", http("200 OK", '{"name":"a","cluster_name":"c"}'), Answered.OPEN),
        ("Elasticsearch", http("401 Unauthorized", "{}"), Answered.PASSWORD),
        ("Elasticsearch", http("200 OK", "<html>It works!</html>"), Answered.OTHER),
        ("Elasticsearch", http("400 Bad Request", "plain HTTP to HTTPS"), Answered.OTHER),
        ("Docker API", http("200 OK", "OK", "Api-Version: 1.52\r\n"), Answered.OPEN),
        ("Docker API", http("403 Forbidden", "no"), Answered.PASSWORD),
        ("RabbitMQ management", http("401 Unauthorized", "{}"), Answered.PASSWORD),
        ("Prometheus", http("200 OK", '{"data":{"goVersion":"go1"}}'), Answered.OPEN),
        ("registry", http("200 OK", '{"repositories":["shop"]}'), Answered.OPEN),
        ("registry", http("401 Unauthorized", ""), Answered.PASSWORD),
        ("CouchDB", http("200 OK", '["_users"]'), Answered.OPEN),
        ("MongoDB", mongo(OK), Answered.OPEN),
        ("MongoDB", mongo(NOT_OK + code(13)), Answered.PASSWORD),
        ("MongoDB", mongo(NOT_OK + code(59)), Answered.OTHER),
        ("MongoDB", lambda _: b"It looks like you are trying to access MongoDB over HTTP", Answered.OTHER),
        ("PostgreSQL", postgres(b"R", struct.pack(">i", 0)), Answered.OPEN),
        ("PostgreSQL", postgres(b"R", struct.pack(">i", 10) + b"SCRAM-SHA-256\0\0"), Answered.PASSWORD),
        ("PostgreSQL", postgres(b"E", b"SFATAL\0C28000\0Mno pg_hba.conf entry for host\0\0"), Answered.PASSWORD),
        ("PostgreSQL", postgres(b"E", b'SFATAL\0C28000\0Mrole "postgres" does not exist\0\0'), Answered.OTHER),
        ("Redis", lambda _: b"-DENIED Redis is running in protected mode\r\n", Answered.PASSWORD),
        ("Redis", lambda _: b"\x15\x03\x01\x00\x02\x02\x16", Answered.OTHER),
        ("Redis", lambda _: b"", Answered.SILENT),
        ("memcached", lambda _: b"CLIENT_ERROR unauthenticated\r\n", Answered.PASSWORD),
    ],
)
async def test_what_an_answer_means(service: str, reply: Reply, expected: Answered) -> None:
    async with fake(reply) as port:
        assert (await ask(service, port)).answered is expected


async def test_mongo_is_asked_for_a_list_in_its_own_protocol() -> None:
    seen: list[bytes] = []

    def keep(request: bytes) -> bytes:
        seen.append(request)
        return mongo(OK)(request)

    async with fake(keep) as port:
        await ask("MongoDB", port)
    assert seen == [LIST_DATABASES]
    length, _, _, opcode = struct.unpack_from("<iiii", LIST_DATABASES)
    assert (length, opcode) == (len(LIST_DATABASES), 2013)
    assert struct.unpack_from("<i", LIST_DATABASES, 21) == (len(LIST_DATABASES) - 21,)


async def test_a_silent_port_and_a_closed_one_take_half_a_second_at_most() -> None:
    async with fake(lambda _: b"", silent=True) as slow:
        began = time.monotonic()
        answer = await ask("Redis", slow)
        assert time.monotonic() - began < 0.9
    assert answer.answered is Answered.SILENT
    assert (await ask("Redis", free_port())).answered is Answered.SILENT


async def test_no_more_than_the_most_are_asked_and_all_together_in_time() -> None:
    async with fake(lambda _: b"", silent=True) as slow:
        began = time.monotonic()
        field = await ask_services([Candidate("Redis", "127.0.0.1", slow, "0.0.0.0")] * (MOST + 10))
        assert time.monotonic() - began < SECONDS + 0.3
    assert isinstance(field, Set)
    assert len(field.value) == MOST


def listener(program: str, port: int, address: str = "0.0.0.0", protocol: str = "tcp") -> Listener:
    return Listener(protocol, address, port, 7, program)


def host(*listeners: Listener) -> Host:
    return Host(listeners=Set(listeners, HERE))


def engine(image: str, ports: dict[str, object], *, running: bool = True) -> EngineFacts:
    inspect = {"Config": {"Image": image}, "State": {"Running": running}, "NetworkSettings": {"Ports": ports}}
    container = ContainerFacts(id="a", name="box", inspect=Set(inspect, HERE))
    return EngineFacts(containers=Set((container,), HERE))


OWN = "192.0.2.7"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (listener("redis-server", 6380), ("Redis", OWN, 6380)),
        (listener("redis-server", 6379, "127.0.0.1"), None),
        (listener("redis-server", 6379, "::1", "tcp6"), None),
        (listener("redis-server", 6379, "192.0.2.9"), ("Redis", "192.0.2.9", 6379)),
        (listener("memcached", 11211, "0.0.0.0", "udp"), None),
        (listener("java", 9200, "::", "tcp6"), ("Elasticsearch", OWN, 9200)),
        (listener("java", 8080), None),
        (listener("", 5432), ("PostgreSQL", OWN, 5432)),
        (listener("sshd", 6379), None),
        (listener("etcd", 2380), None),
        (listener("dockerd", 2375), ("Docker API", OWN, 2375)),
        (listener("dockerd", 2376), None),
        (listener("docker-proxy", 6379), None),
    ],
)
def test_which_listeners_are_asked(given: Listener, expected: tuple[str, str, int] | None) -> None:
    found = [(each.service, each.address, each.port) for each in candidates_of(host(given), EngineFacts(), OWN)]
    assert found == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("image", "ports", "expected"),
    [
        ("redis:7", {"6379/tcp": [{"HostIp": "0.0.0.0", "HostPort": "16379"}]}, [("Redis", OWN, 16379)]),
        ("redis:7", {"6379/tcp": [{"HostIp": "127.0.0.1", "HostPort": "6379"}]}, []),
        ("redis:7", {"6379/tcp": None}, []),
        ("registry:2", {"5000/tcp": [{"HostIp": "", "HostPort": "5000"}]}, [("registry", OWN, 5000)]),
        ("shop:1", {"5000/tcp": [{"HostIp": "", "HostPort": "5000"}]}, []),
        ("shop:1", {"9200/tcp": [{"HostIp": "", "HostPort": "x"}, "odd"]}, []),
        (
            "mongo:7",
            {"27017/tcp": [{"HostIp": "0.0.0.0", "HostPort": "27017"}, {"HostIp": "::", "HostPort": "27017"}]},
            [("MongoDB", OWN, 27017)],
        ),
    ],
)
def test_which_published_ports_are_asked(
    image: str, ports: dict[str, object], expected: list[tuple[str, str, int]]
) -> None:
    found = candidates_of(Host(), engine(image, ports), OWN)
    assert [(each.service, each.address, each.port) for each in found] == expected
    assert candidates_of(Host(), engine(image, ports, running=False), OWN) == []


def test_a_host_without_an_address_is_reached_by_nobody() -> None:
    assert candidates_of(host(listener("redis-server", 6379)), EngineFacts(), "") == []


async def test_another_machine_is_not_asked() -> None:
    field = await read_open_services(host(listener("redis-server", 6379)), EngineFacts(), here=False)
    assert isinstance(field, Unknown) and "another machine" in field.reason
    field = await read_open_services(Host(), EngineFacts(), here=True, wanted=False)
    assert isinstance(field, Unknown) and "switched off" in field.reason


IN_ITS_OWN_NETWORK = """
import asyncio, subprocess, sys, time
from pathlib import Path
from dockworthy.facts.open_services import read_open_services
from dockworthy.facts.open_services.candidates import own_address
from dockworthy.facts.host import read_host
from dockworthy.model.snapshot import EngineFacts

def run(words): subprocess.run(words.split(), check=True)

run("ip link set lo up")
assert own_address() == "", own_address()
run("ip link add v0 type veth peer name v1"); run("ip addr add 10.77.0.1/24 dev v0")
run("ip link set v0 up"); run("ip link set v1 up")
assert own_address() == "10.77.0.1", own_address()
server = subprocess.Popen(["redis-server", "--port", "6379", "--bind", "0.0.0.0", "--save", "", *sys.argv[1:]],
                          stdout=subprocess.DEVNULL)
try:
    until = time.monotonic() + 15
    while True:
        host = read_host(Path("/"), socket="")
        answers = asyncio.run(read_open_services(host, EngineFacts(), here=True)).value
        if (answers and answers[0].says) or time.monotonic() > until:
            break
    for answer in answers:
        print(answer.service, answer.address, answer.port, answer.bound, answer.answered.value)
finally:
    server.kill(); server.wait()
"""


@pytest.mark.program
@needs("redis-server")
@needs("ip")
@needs("unshare")
@pytest.mark.skipif(os.geteuid() != 0, reason="a network of its own needs root")
@pytest.mark.parametrize(("mode", "expected"), [("no", "open"), ("yes", "password")])
def test_a_real_host_is_asked_where_others_reach_it(mode: str, expected: str, tmp_path: Path) -> None:
    """Redis' protected mode lets in whoever comes from 127.0.0.1: asked there, it would look open to everybody."""
    script = [sys.executable, "-c", IN_ITS_OWN_NETWORK, "--protected-mode", mode, "--dir", str(tmp_path)]
    command = ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", *script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == [f"Redis 10.77.0.1 6379 0.0.0.0 {expected}"], done.stderr
