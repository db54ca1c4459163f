"""Paths of the host that do not answer hold up only who asks for them: a real file system that nobody serves."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dockworthy.guard import path_lookups
from dockworthy.guard.decision import Decision
from dockworthy.guard.engine_world import EngineWorld
from dockworthy.guard.judges import judge
from dockworthy.guard.path_lookups import LookedUpFiles
from dockworthy.guard.policy_in_force import PolicyInForce
from dockworthy.model.guard_policy import GuardPolicy
from dockworthy.readers.engine_context import EngineContext
from guard.guarded import Guarded, start_guarded
from guard.test_bounds import asked
from guard.test_replaceable_binds import Host, listed
from guard.worlds import EmptyWorld
from machines import hung_folder
from machines.hung_folder import FUSE, HungFolder
from machines.images import BUSYBOX
from machines.own_host import start_host
from patience import meanwhile, patience, until

pytestmark = pytest.mark.slow

needs_fuse = pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists(FUSE), reason="a file system is mounted")
A, B = "a" * 64, "b" * 64


class World(EngineWorld):
    """A real one as far as the host's files go; its engine has `containers`."""

    def __init__(self, *containers: dict[str, Any], services: tuple[Any, ...] = ()) -> None:
        super().__init__("unix:///nowhere")
        self.containers, self.services = containers, services

    async def _get(self, path: str) -> Any:
        if path == "/services":
            return list(self.services)
        if path == "/volumes":
            return {"Volumes": []}
        return list(self.containers)

    async def context(self) -> EngineContext:
        return await EmptyWorld().context()

    async def container(self, reference: str) -> Any:
        return next((Host.inspected(each) for each in self.containers if each["Id"] == reference), None)

    async def volume(self, name: str) -> Any:
        return None

    async def image(self, reference: str) -> Any:
        return None


@pytest.fixture
def shop() -> Iterator[Path]:
    """A folder that only root can change and enter, with `good`, `hung` and `link`, which leads into `hung`."""
    made = Path(tempfile.mkdtemp(dir="/var/lib", prefix="dockworthy-test-"))
    (made / "good").mkdir()
    (made / "hung").mkdir()
    (made / "link").symlink_to(made / "hung")
    yield made
    shutil.rmtree(made)


@pytest.fixture
def hung(shop: Path) -> Iterator[HungFolder]:
    with HungFolder(shop / "hung") as folder:
        yield folder


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(path_lookups, "LIMIT", patience(1.0))


def policy(*binds: str) -> PolicyInForce:
    return PolicyInForce(guard=GuardPolicy(binds=binds))


async def create(world: EngineWorld, shop: Path, *binds: str, large: bool = False) -> Decision:
    labels = {f"l{each}": "x" for each in range(300)} if large else {}
    body = {"Image": "x", "Labels": labels, "HostConfig": {"Binds": list(binds)}}
    exact = [f"{shop}/link:ro", f"{shop}/good", f"{shop}/hung"]
    return await judge(asked(body), world, policy(*exact))


async def warm(world: World, shop: Path) -> World:
    """All that judging needs is loaded."""
    await create(world, shop)
    await world.looked_at()
    return world


async def longest_pause(during: asyncio.Future[Any]) -> float:
    """Of the loop, in seconds."""
    longest, before = 0.0, time.perf_counter()
    while not during.done():
        await asyncio.sleep(0.005)
        longest, before = max(longest, time.perf_counter() - before), time.perf_counter()
    return longest


async def soon(make: Callable[[], Coroutine[Any, Any, Decision]]) -> Decision:
    """The answer, which comes long before anybody stops waiting for a path."""
    async with asyncio.timeout(patience(0.1)):
        return await make()


def rules(decision: Decision) -> set[str]:
    return {refusal.rule for refusal in decision.refusals}


@needs_fuse
@pytest.mark.parametrize(
    "bind",
    ["{}/hung:/x", "{}/hung/a/b:/x:ro", "{}/link:/x:ro"],
)
@pytest.mark.parametrize("large", [False, True], ids=["", "large"])
async def test_a_path_that_hangs_is_refused_in_time_and_holds_up_nobody(
    shop: Path, hung: HungFolder, bind: str, large: bool
) -> None:
    world = await warm(World(), shop)
    refused = asyncio.ensure_future(create(world, shop, bind.format(shop), large=large))
    pausing = asyncio.ensure_future(longest_pause(refused))
    await meanwhile(0.2)
    assert (await soon(lambda: create(world, shop, f"{shop}/good:/x"))).allowed
    assert (await soon(lambda: create(world, shop))).allowed
    assert not refused.done()
    decision = await refused
    assert "guard/hung-path" in rules(decision), decision.message()
    assert f"{shop}/hung does not answer" in decision.message() and "findmnt" in decision.message()
    assert await pausing < patience(0.3)
    known = await soon(lambda: create(world, shop, f"{shop}/hung/other:/x"))
    assert "guard/hung-path" in rules(known)


@needs_fuse
async def test_what_the_policy_does_not_list_is_not_looked_at(shop: Path, hung: HungFolder) -> None:
    world = await warm(World(), shop)
    options = {"type": "none", "o": "bind", "device": f"{shop}/hung"}
    volume = {
        "Type": "volume",
        "Target": "/x",
        "VolumeOptions": {"DriverConfig": {"Name": "local", "Options": options}},
    }
    bodies = (
        ("/containers/create", {"Image": "x", "HostConfig": {"Binds": [f"{shop}/hung:/x"]}}),
        ("/containers/create", {"Image": "x", "HostConfig": {"Binds": [f"{shop}/good/../hung:/x"]}}),
        ("/containers/create", {"Image": "x", "HostConfig": {"Mounts": [volume]}}),
        ("/volumes/create", {"Name": "v", "DriverOpts": options}),
        ("/services/create", {"Name": "s", "TaskTemplate": {"ContainerSpec": {"Image": "x", "Mounts": [volume]}}}),
    )
    for target, body in bodies:
        decision = await soon(partial(judge, asked(body, target), world, policy(f"{shop}/good")))
        assert "guard/binds" in rules(decision) and "guard/hung-path" not in rules(decision), decision.message()


@needs_fuse
async def test_many_paths_that_hang_use_up_no_threads(shop: Path, hung: HungFolder) -> None:
    world, before = await warm(World(), shop), threading.active_count()
    many = [asyncio.ensure_future(create(world, shop, f"{shop}/hung/{each}:/x")) for each in range(200)]
    await meanwhile(0.4)
    assert (await soon(lambda: create(world, shop, f"{shop}/good:/x"))).allowed
    assert all("guard/hung-path" in rules(each) for each in await asyncio.gather(*many))
    assert threading.active_count() - before <= 5
    hung.let_go()
    await until(lambda: threading.active_count() <= before, "the threads end")


@needs_fuse
@pytest.mark.parametrize("mend", [HungFolder.let_go, HungFolder.detach])
async def test_it_is_looked_at_again_when_it_answers(
    shop: Path, hung: HungFolder, mend: Callable[[HungFolder], None]
) -> None:
    """Also where somebody took it away, and the thread is held for ever."""
    world = World()
    assert "guard/hung-path" in rules(await create(world, shop, f"{shop}/hung:/x"))
    mend(hung)

    async def answers() -> bool:
        return "guard/hung-path" not in rules(await create(world, shop, f"{shop}/hung:/x"))

    await until(answers, "it is looked at again")


@needs_fuse
@pytest.mark.parametrize("line", ["exec", "start"])
async def test_what_a_container_mounts_hangs(shop: Path, hung: HungFolder, line: str) -> None:
    world = await warm(World(listed(A, f"{shop}/hung/x"), listed(B, f"{shop}/good")), shop)
    body: Any = {"Cmd": ["sh"]} if line == "exec" else {}
    refused = asyncio.ensure_future(judge(asked(body, f"/containers/{A}/{line}"), world, policy()))
    assert await longest_pause(refused) < patience(0.3)
    assert "guard/hung-path" in rules(await refused)


@needs_fuse
async def test_a_command_in_a_container_that_only_reads_it(shop: Path, hung: HungFolder) -> None:
    """It can change nothing there."""
    world = await warm(World(listed(A, f"{shop}/hung/x:ro")), shop)
    decision = await soon(lambda: judge(asked({"Cmd": ["sh"]}, f"/containers/{A}/exec"), world, policy()))
    assert "guard/hung-path" not in rules(decision)


@needs_fuse
async def test_others_that_mount_what_hangs(shop: Path) -> None:
    """As long as it is known where that led; what nobody knows could be anything."""
    world = World(listed(A, f"{shop}/link"))
    assert (await create(world, shop, f"{shop}/good:/x")).allowed
    with HungFolder(shop / "hung"):
        assert (await create(world, shop, f"{shop}/good:/x")).allowed
        assert (await soon(lambda: create(world, shop, f"{shop}/good:/x"))).allowed
        fresh = World(listed(A, f"{shop}/link"))
        assert "guard/hung-path" in rules(await create(fresh, shop, f"{shop}/good:/x"))
        assert (await create(fresh, shop)).allowed


@needs_fuse
def test_a_guard_ends_while_a_path_hangs(shop: Path, hung: HungFolder) -> None:
    script = (
        "import asyncio, sys\n"
        "from dockworthy.guard import path_lookups\n"
        "from dockworthy.guard.engine_world import EngineWorld\n"
        "path_lookups.LIMIT = 0.5\n"
        "async def main():\n"
        "    await EngineWorld('unix:///nowhere').looked_at([sys.argv[1]])\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, f"{shop}/hung"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=patience(20),
    )
    assert b"PathHangs" in done.stderr


@pytest.fixture
def guarded(engines_folder: Path) -> Iterator[Guarded]:
    host = start_host(engines_folder / "guard-hung-paths")
    try:
        host.write("/etc/guard.yaml", "guard: {binds: [/run/shop]}")
        host.run("mkdir", "-p", "/run/shop/good", "/run/shop/hung")
        yield start_guarded(host, "--policy", "/etc/guard.yaml")
    finally:
        host.stop()


@needs_fuse
@pytest.mark.engine
def test_an_engine_answers_everybody_else(guarded: Guarded) -> None:
    run = ("run", "--rm", "-v")
    guarded.docker(*run, "/run/shop/good:/x", BUSYBOX, "true")
    script = str(Path(hung_folder.__file__))
    command = [*guarded.host.inside, sys.executable, script, "/run/shop/hung"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as serving:
        assert serving.stdout is not None and serving.stdout.readline() == b"hung\n"
        asking = threading.Thread(
            target=lambda: guarded.docker(*run, "/run/shop/hung/a:/x", BUSYBOX, "true", check=False)
        )
        asking.start()
        served = 0
        while asking.is_alive():
            assert guarded.ask("GET", "/containers/json").status == 200
            served += asking.is_alive()
        assert served, "it was refused only after a while"
        guarded.docker(*run, "/run/shop/good:/x", BUSYBOX, "true")
        refused = guarded.docker(*run, "/run/shop/hung/b:/x", BUSYBOX, "true", check=False)
        assert b"guard/hung-path" in refused.stderr and b"/run/shop/hung does not answer" in refused.stderr
        serving.communicate()


def test_links_lead_where_they_lead(shop: Path) -> None:
    (shop / "round").symlink_to("round")
    (shop / "up").symlink_to("good/../link/./x")
    for path in ("link/a", "link/../good", "up/y", "round/x", "no/../good", "good//./x", "no/no/../../link"):
        assert LookedUpFiles().real(f"{shop}/{path}") == os.path.realpath(f"{shop}/{path}"), path
