"""The old version runs on, out of rotation: nothing but a rollback brings it back, and that does at once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.edge.clients import Load, ask, leave
from deploy.edge.conftest import EdgeHere
from deploy.edge.shop_app import COMMAND
from deploy.edge.test_deploy_at_the_edge import SICK
from deploy.holders import descendants
from deploy.shops import HEALTH, Shop
from deploy.test_deploy_faults import until
from dockworthy.model.deploy_settings import Route
from patience import patience, within

pytestmark = pytest.mark.engine

HOST = "standby.example.com"
_WELL = {**HEALTH, "test": ["CMD", COMMAND[0], "-I", "-S", "-c", "pass"]}
_UPGRADE = b"GET / HTTP/1.1\r\nHost: " + HOST.encode() + b"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"


class Kept:
    """A shop at the edge whose versions answer with their names."""

    def __init__(self, here: EdgeHere, shop: Shop) -> None:
        self.here, self.shop = here, shop
        shop.image, shop.state = here.image, Path(here.state)
        self.observed("0s")

    def observed(self, observe: str) -> None:
        edge = {"http": self.here.http, "https": self.here.https, "tls": "off"}
        routes = [{"host": HOST, "service": "web", "port": 8000, "health": "/health"}]
        settings = {"observe": observe, "edge": edge, "routes": routes, "healthy_within": within(20)}
        self.shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": settings})

    def version(self, name: str, **more: object) -> None:
        environment = {"NAME": name, "ON_TERM": "finish"}
        web = self.shop.service(*COMMAND, environment=environment, init=False, healthcheck=_WELL, **more)
        self.shop.compose({"web": web})

    def sick(self) -> None:
        self.shop.compose({"web": self.shop.service(COMMAND[0], "-I", "-c", SICK, init=False, healthcheck=_WELL)})

    def deploy(self, name: str, *arguments: str, **more: object) -> str:
        self.version(name, **more)
        return self.shop.deploy(*arguments).stderr

    def answers(self) -> set[str]:
        """Who answers ten requests."""
        asked = [asyncio.run(ask(self.here.http, HOST)) for _ in range(10)]
        return {each.body.partition(b"\n")[0].decode() if each.status == 200 else str(each.status) for each in asked}

    def networks(self, container: str) -> set[str]:
        return set(self.here.engine.inspect(container)["NetworkSettings"]["Networks"])

    def marks(self) -> list[Path]:
        return list((self.shop.state / "releases" / self.shop.name).glob("standby.*"))

    def drained(self) -> list[str]:
        state = self.here.do(lambda runner, _: runner.admin.servers_state())
        return [line for line in state.splitlines() if line[:1].isdigit() and " " in line and int(line.split()[6]) & 8]


@pytest.fixture
def kept(here: EdgeHere, shop: Shop) -> Iterator[Kept]:
    yield Kept(here, shop)
    here.do(lambda runner, _: runner.remove(shop.name))


def test_the_old_version_runs_on_and_comes_back(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    here, shop = kept.here, kept.shop
    kept.deploy("v1")
    (old,) = before = shop.containers()

    async def under_load() -> tuple[Load, float]:
        async with Load(here.http, HOST, rate=100) as load:
            plan = await asyncio.to_thread(kept.deploy, "v2", "--standby", "10m")
            assert "1 old of 2 containers take memory until 10m" in " ".join(plan.split())
            await asyncio.to_thread(_out_of_rotation, kept, old, before[old])
            began = time.monotonic()
            back = await asyncio.to_thread(shop.dockworthy, "rollback", "--yes")
            took = time.monotonic() - began
        assert back.returncode == 0 and "kept running: back in under 1 s" in back.stderr, back.stderr
        return load, took

    load, took = asyncio.run(under_load())
    with capsys.disabled():
        print(f"\n{load.count} requests, {len(load.failures)} failed; the rollback was done after {took:.1f} s")
    assert load.failures == [], here.log()
    assert kept.answers() == {"v1"} and shop.containers(every=True) == before
    assert kept.marks() == [] and kept.drained() == []
    assert "dockworthy-edge" in kept.networks(old)

    kept.observed("2s")
    kept.sick()
    done = shop.deploy("--standby", "10m", status=18)
    assert "web failed" in " ".join(done.stdout.split()), "taken back by itself"
    assert kept.answers() == {"v1"} and shop.containers(every=True) == before
    assert kept.marks() == [] and kept.drained() == []

    kept.observed("0s")
    kept.deploy("v3", "--standby", "1s")
    until(lambda: len(shop.containers(every=True)) == 1 and not kept.marks(), 30)
    assert kept.answers() == {"v3"}, "when its time is over it goes by itself"


def _out_of_rotation(kept: Kept, old: str, id: str) -> None:
    """Whatever else happens on the host."""
    here, shop = kept.here, kept.shop
    assert f"{old}-standby" in shop.containers() and shop.containers()[f"{old}-standby"] == id
    assert kept.networks(id) == {f"{shop.name}_default"}
    assert kept.answers() == {"v2"} and kept.drained() == []
    blog = Route(host="blog.example.com", service="web", port=8000)
    assert here.do(lambda runner, _: runner.ensure(here.routes("blog", blog))).reloaded
    assert "nothing to do" in shop.deploy().stdout and shop.containers()[f"{old}-standby"] == id
    status = shop.dockworthy("releases", "status")
    assert status.returncode == 0 and "1 old of it runs on, out of rotation" in " ".join(status.stdout.split())
    here.do(lambda runner, _: runner.remove("blog"))
    here.engine.docker("restart", "--time", "1", id)
    until(lambda: here.engine.inspect(id)["State"]["Health"]["Status"] == "healthy")
    assert kept.networks(id) == {f"{shop.name}_default"} and kept.answers() == {"v2"}


def test_a_first_release_that_is_sick_leaves_nothing(kept: Kept) -> None:
    kept.observed("2s")
    kept.sick()
    done = kept.shop.deploy("--standby", "10m", status=18)
    assert "web failed" in " ".join(done.stdout.split()) and kept.shop.containers(every=True) == {}


def _killed(process: subprocess.Popen[bytes]) -> None:
    """With all that it started, as a machine that dies takes it."""
    for pid in (process.pid, *descendants(process.pid)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=patience(30))


def test_killed_on_the_way_out_and_on_the_way_back_the_next_run_finishes(kept: Kept) -> None:
    here, shop = kept.here, kept.shop
    kept.deploy("v1", stop_grace_period="20s")
    first = shop.containers()

    async def out() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", here.http)
        writer.write(_UPGRADE)
        await reader.readuntil(b"\r\n\r\n")  # while this is open, v1 has something to finish
        kept.version("v2", stop_grace_period="2s")
        process = shop.begin("deploy", "--yes", "--standby", "10m")
        await asyncio.to_thread(until, lambda: bool(kept.drained()))
        await asyncio.to_thread(_killed, process)
        await leave(writer)

    asyncio.run(out())
    assert kept.answers() == {"v2"}, "who was told to get nothing gets nothing, and v2 serves"
    shop.deploy("--standby", "10m")
    assert kept.answers() == {"v2"} and kept.drained() == [] and kept.marks() == []
    (second,) = shop.containers(every=True).items()
    assert second[1] not in first.values()

    kept.deploy("v3", "--standby", "10m")
    process = shop.begin("rollback", "--yes")
    until(lambda: "dockworthy-edge" in kept.networks(second[1]))
    _killed(process)
    assert kept.answers() <= {"v2", "v3"}
    done = shop.dockworthy("rollback", "3", "--yes")
    assert done.returncode == 0, done.stderr
    assert kept.answers() == {"v2"} and shop.containers(every=True) == dict([second])
    assert kept.marks() == [] and kept.drained() == []
    assert [each["state"] for each in shop.releases()] == ["kept", "failed", "kept", "kept", "failed", "kept"]

    kept.deploy("v4", "--standby", "10m")
    (mark,) = kept.marks()
    mark.write_text(f"1000 {mark.read_text().split()[1]}\n")  # the machine was down when its time was over
    done = shop.deploy()
    assert "their time is over" in done.stderr and "nothing to do" in done.stdout
    assert len(shop.containers(every=True)) == 1 and kept.answers() == {"v4"} and kept.marks() == []
