"""An object about which the engine says nothing holds up only who asks for it."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dockworthy.errors import EngineTimeout
from dockworthy.guard import engine_questions
from dockworthy.guard.engine_world import EngineWorld
from dockworthy.guard.judges import judge
from dockworthy.guard.policy_in_force import PolicyInForce
from dockworthy.guard.request import GuardRequest
from dockworthy.model.guard_policy import GuardPolicy, Role
from engine.fake import HANG, FakeEngine, fake_engine
from guard.guarded import Guarded, start_guarded
from guard.test_socket_again import Host
from machines.images import BUSYBOX
from machines.own_host import start_host
from patience import meanwhile, patience, until

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_questions, "ANSWERS_WITHIN", patience(0.5))


@contextlib.asynccontextmanager
async def asking(folder: Path, **answers: Any) -> AsyncIterator[tuple[EngineWorld, FakeEngine]]:
    """`answers` by the names of containers; all called other… answer."""
    shown = {f"/containers/{name}/json": answer for name, answer in answers.items()}
    others = {f"/containers/other{number}/json": {"Id": str(number)} for number in range(30)}
    async with fake_engine(folder, {**others, **shown}) as engine:
        world = EngineWorld(engine.endpoint)
        await world.container("other0")
        try:
            yield world, engine
        finally:
            await world.close()


async def others_are_answered(world: EngineWorld) -> None:
    for number in range(30):
        async with asyncio.timeout(patience(0.4)):  # less than the time after which one that waited would be answered
            assert await world.container(f"other{number}") == {"Id": str(number)}


@pytest.mark.parametrize("objects", [1, 12])
async def test_who_asks_for_others_does_not_wait(tmp_path: Path, objects: int) -> None:
    hung = [f"hung{number}" for number in range(objects)]
    async with asking(tmp_path, **dict.fromkeys(hung, HANG)) as (world, engine):
        asked = [asyncio.create_task(world.container(name)) for name in hung for _ in range(60 // objects)]
        await until(lambda: any("hung" in call for call in engine.calls), "the engine was asked")
        await others_are_answered(world)
        async with asyncio.timeout(patience(1.5)):
            answers = await asyncio.gather(*asked, return_exceptions=True)
        assert {type(answer) for answer in answers} == {engine_questions.DoesNotAnswer}
        for name in hung:
            sent = sum(name + "/" in call for call in engine.calls)
            assert 0 < sent <= 2 * engine_questions._OF_ONE, "an engine that is stuck is not filled with questions"


async def test_lists_that_hang_hold_up_nobody_else(tmp_path: Path) -> None:
    async with asking(tmp_path) as (world, engine):
        engine.answers |= {"/volumes": HANG, "/services": []}
        asked = [asyncio.create_task(world.mounted()) for _ in range(40)]
        await until(lambda: any("volumes" in call for call in engine.calls), "the engine was asked")
        await others_are_answered(world)
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(answer, EngineTimeout) and "GET /volumes" in answer.says for answer in answers)


async def test_who_waits_is_answered_when_the_object_is_free_again(tmp_path: Path) -> None:
    free = asyncio.Event()

    async def locked() -> Any:
        await free.wait()
        return {"Id": "x"}

    async with asking(tmp_path, locked=lambda path: locked()) as (world, engine):
        asked = [asyncio.create_task(world.container("locked")) for _ in range(20)]
        await until(lambda: any("locked" in call for call in engine.calls), "the engine was asked")
        free.set()
        assert await asyncio.gather(*asked) == [{"Id": "x"}] * 20
        assert not world._questions._about, "nothing is kept of what nobody asks for"


async def test_many_questions_about_a_slow_object_are_all_answered(tmp_path: Path) -> None:
    under_way, most = 0, 0

    async def slow() -> Any:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await meanwhile(engine_questions.ANSWERS_WITHIN / 5)
        under_way -= 1
        return {"Id": "x"}

    async with asking(tmp_path, slow=lambda path: slow()) as (world, _):
        assert await asyncio.gather(*(world.container("slow") for _ in range(32))) == [{"Id": "x"}] * 32
    assert most <= engine_questions._OF_ONE


async def test_the_refusal_says_what_does_not_answer_and_what_to_do(tmp_path: Path) -> None:
    async with asking(tmp_path, hung=HANG) as (world, _):
        start = GuardRequest(method="POST", target="/v1.45/containers/hung/start", headers={"content-length": "0"})
        decision = await judge(start, world, PolicyInForce(guard=GuardPolicy()))
    assert [each.rule for each in decision.refusals] == ["guard/unknown"]
    says = decision.message()
    assert "what container hung is" in says
    assert "`docker container inspect hung`" in says and "journalctl -u docker" in says


async def test_at_the_socket_it_is_a_refusal_with_the_same_words(tmp_path: Path) -> None:
    async with asking(tmp_path, hung=HANG) as (world, _):
        host = Host(Role.OPERATOR, projects=("shop",))

        async def found(kind: str, reference: str) -> Any:
            return await world.container(reference)

        host.client._gate._world.found = found
        await host.ask(b"POST /v1.45/containers/hung/start HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\n\r\n")
        await until(lambda: host.wire.said, "it is answered")
        assert host.wire.said.startswith(b"HTTP/1.1 403") and b"what container hung is" in host.wire.said


_DRIVER = """
import http.server, json, os, socketserver, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/VolumeDriver.Mount":
            while not os.path.exists("/run/let-go"):
                time.sleep(0.1)
        volume = {"Name": "held", "Mountpoint": "/tmp"}
        said = {"/Plugin.Activate": {"Implements": ["VolumeDriver"]}, "/VolumeDriver.Get": {"Volume": volume},
                "/VolumeDriver.List": {"Volumes": [volume]}}.get(self.path, {"Mountpoint": "/tmp", "Err": ""})
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def address_string(self):
        return "engine"
class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
os.makedirs("/run/docker/plugins", exist_ok=True)
Server("/run/docker/plugins/hanging.sock", Handler).serve_forever()
"""


@pytest.fixture(scope="module")
def guarded(engines_folder: Path) -> Iterator[Guarded]:
    host = start_host(engines_folder / "guard-silent")
    try:
        host.write("/etc/dockworthy.yaml", "guard: {volume_drivers: [hanging]}\n")
        driver = subprocess.Popen([*host.inside, "/usr/bin/python3", "-c", _DRIVER], stdin=subprocess.DEVNULL)
        host.started.append(driver)
        host.wait(lambda: host.run("test", "-S", "/run/docker/plugins/hanging.sock", check=False).returncode == 0,
                  "the volume driver is there")  # fmt: skip
        yield start_guarded(host, "--policy", "/etc/dockworthy.yaml")
    finally:
        host.stop()


@pytest.mark.engine
async def test_a_container_that_a_real_engine_keeps_locked(guarded: Guarded) -> None:
    """Its start waits for a volume driver that does not answer."""
    guarded.docker("run", "-d", "--name", "other", BUSYBOX, "sleep", "3600")
    guarded.docker("volume", "create", "-d", "hanging", "held")
    guarded.docker("create", "--name", "locked", "-v", "held:/data", BUSYBOX, "true")
    in_thread: Callable[..., Any] = asyncio.to_thread
    starts = [asyncio.create_task(in_thread(guarded.ask, "POST", "/containers/locked/start"))]
    await until(lambda: guarded.host.run("timeout", "1", "docker", "inspect", "locked", check=False).returncode, "held")
    starts += [asyncio.create_task(in_thread(guarded.ask, "POST", "/containers/locked/start")) for _ in range(3)]
    try:
        for _ in range(3):
            async with asyncio.timeout(patience(3.0)):
                answer = await in_thread(guarded.ask, "POST", "/containers/other/restart?t=0")
                assert answer.status == 204, answer
        refused = await asyncio.gather(*starts[1:])
        assert all(each.refused and b"what container locked is" in each.body for each in refused), refused
    finally:
        guarded.host.write("/run/let-go", "")
        first = await starts[0]
    assert first.status == 204, first
    assert guarded.ask("POST", "/containers/locked/start").status in (204, 304)
