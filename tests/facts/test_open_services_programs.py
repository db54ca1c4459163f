"""Services are asked at their own programs, where this machine has these."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dockworthy.model.services import QuestionOutcome, ServiceAnswer
from facts.services_asked import ask, free_port
from patience import Limit, patience

Start = Callable[..., int]


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a server on a free port (`{port}` in its arguments) and waits until it takes connections."""
    running: list[subprocess.Popen[bytes]] = []

    def begin(*command: str) -> int:
        port = free_port()
        argv = [part.replace("{port}", str(port)).replace("{folder}", str(tmp_path)) for part in command]
        with (tmp_path / "server.log").open("wb") as log:
            running.append(subprocess.Popen(argv, cwd=tmp_path, stdout=log, stderr=log))
        limit = Limit(15)
        while limit.left > 0:
            assert running[-1].poll() is None, (tmp_path / "server.log").read_text()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                return port
            time.sleep(0.02)
        raise AssertionError("the server does not listen")

    yield begin
    for process in running:
        process.kill()
        process.wait()


REDIS = ("redis-server", "--port", "{port}", "--bind", "127.0.0.1", "--save", "", "--dir", "{folder}")


@pytest.mark.program
@needs("redis-server")
async def test_redis_without_a_password(start: Start) -> None:
    answer = await ask("Redis", start(*REDIS))
    assert (answer.answered, answer.says, answer.asked) == (QuestionOutcome.OPEN, "+PONG", "PING")


@pytest.mark.program
@needs("redis-server")
async def test_redis_with_a_password(start: Start) -> None:
    answer = await ask("Redis", start(*REDIS, "--requirepass", "swordfish"))
    assert answer.answered is QuestionOutcome.PASSWORD
    assert answer.says.startswith("-NOAUTH")


@pytest.mark.program
@needs("memcached")
async def test_memcached(start: Start) -> None:
    answer = await ask("memcached", start("memcached", "-l", "127.0.0.1", "-p", "{port}", "-u", "nobody"))
    assert answer.answered is QuestionOutcome.OPEN
    assert answer.says.startswith("VERSION ")


@pytest.mark.program
@needs("memcached")
async def test_memcached_that_asks_who_it_is(start: Start, tmp_path: Path) -> None:
    (tmp_path / "users").write_text("ann:swordfish\n")
    (tmp_path / "users").chmod(0o644)
    tmp_path.chmod(0o755)
    port = start("memcached", "-l", "127.0.0.1", "-p", "{port}", "-u", "root", "-Y", str(tmp_path / "users"))
    assert (await ask("memcached", port)).answered is QuestionOutcome.PASSWORD


@pytest.mark.program
@needs("etcd")
async def test_etcd_before_and_after_users_are_switched_on(start: Start) -> None:
    urls = ("--listen-client-urls", "http://127.0.0.1:{port}", "--advertise-client-urls", "http://127.0.0.1:{port}")
    peers = f"http://127.0.0.1:{free_port()}"
    port = start(
        *("etcd", "--data-dir", "{folder}/etcd", *urls, "--listen-peer-urls", peers),
        *("--initial-advertise-peer-urls", peers, "--initial-cluster", f"default={peers}"),
    )
    assert (await _when_ready("etcd", port)).answered is QuestionOutcome.OPEN
    if shutil.which("etcdctl") is None:
        pytest.skip("etcdctl is not installed")
    for words in (("user", "add", "root:swordfish"), ("user", "grant-role", "root", "root"), ("auth", "enable")):
        subprocess.run(["etcdctl", "--endpoints", f"127.0.0.1:{port}", *words], check=True, capture_output=True)
    assert (await ask("etcd", port)).answered is QuestionOutcome.PASSWORD


@pytest.mark.program
@needs("initdb")
@needs("postgres")
@pytest.mark.parametrize(
    ("method", "expected"), [("trust", QuestionOutcome.OPEN), ("scram-sha-256", QuestionOutcome.PASSWORD)]
)
async def test_postgresql(start: Start, open_folder: Path, method: str, expected: QuestionOutcome) -> None:
    as_nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups") if os.geteuid() == 0 else ()
    data = open_folder / "pg"
    open_folder.chmod(0o777)
    (open_folder / "secret").write_text("swordfish")
    made = ("initdb", "-D", str(data), "-U", "postgres", f"--auth={method}", f"--pwfile={open_folder}/secret", "-N")
    done = subprocess.run([*as_nobody, *made], capture_output=True, text=True, cwd=open_folder)
    assert done.returncode == 0, done.stdout + done.stderr
    port = start(*as_nobody, "postgres", "-D", str(data), "-p", "{port}", "-k", str(open_folder), "-h", "127.0.0.1")
    assert (await _when_ready("PostgreSQL", port)).answered is expected


async def _when_ready(service: str, port: int) -> ServiceAnswer:
    """A member that just started has no leader yet: ask until it says something."""
    limit = Limit(15)
    while (answer := await ask(service, port)).answered in (QuestionOutcome.SILENT, QuestionOutcome.OTHER):
        if limit.left <= 0:
            break
        await asyncio.sleep(0.05)
    return answer


IN_ITS_OWN_NETWORK = """
import asyncio, subprocess, sys
from pathlib import Path
from dockworthy.facts.open_services import read_open_services
from dockworthy.facts.open_services.candidates import own_address
from dockworthy.facts.host import read_host
from dockworthy.model.snapshot import EngineFacts
from patience import Limit

def run(words): subprocess.run(words.split(), check=True)

run("ip link set lo up")
assert own_address() == "", own_address()
run("ip link add v0 type veth peer name v1"); run("ip addr add 10.77.0.1/24 dev v0")
run("ip link set v0 up"); run("ip link set v1 up")
assert own_address() == "10.77.0.1", own_address()
server = subprocess.Popen(["redis-server", "--port", "6379", "--bind", "0.0.0.0", "--save", "", *sys.argv[1:]],
                          stdout=subprocess.DEVNULL)
try:
    limit = Limit(15)
    while True:
        host = read_host(Path("/"), socket="")
        answers = asyncio.run(read_open_services(host, EngineFacts(), here=True)).value
        if (answers and answers[0].says) or limit.left <= 0:
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
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(command, capture_output=True, text=True, timeout=patience(60), env=env)
    assert done.stdout.splitlines() == [f"Redis 10.77.0.1 6379 0.0.0.0 {expected}"], done.stderr
