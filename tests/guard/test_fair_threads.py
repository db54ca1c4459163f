"""One person with slow images or volumes does not make everybody wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from dockworthy.guard import engine_world, volume_nodes
from dockworthy.guard.engine_world import EngineWorld
from dockworthy.guard.fair_threads import ASKER, FairThreads
from dockworthy.guard.large_requests import aside
from dockworthy.guard.plugin import serving
from dockworthy.guard.plugin.moved_images import PendingCreates
from dockworthy.guard.policy_in_force import PolicyInForce
from dockworthy.guard.request import GuardRequest
from dockworthy.guard.volume_nodes import VolumeNodes
from dockworthy.model.guard_policy import Role
from guard.test_socket_again import Host
from patience import patience


class Slow:
    """Work that ends when it is told to; `began` counts."""

    def __init__(self) -> None:
        self.end = threading.Event()
        self.began = 0

    def __call__(self, *_: object) -> str:
        self.began += 1
        self.end.wait(patience(60))
        return ""


@pytest.fixture
async def slow() -> AsyncIterator[Slow]:
    slow = Slow()
    yield slow
    slow.end.set()


async def asked_by(who: str, work: Callable[[], Any]) -> Any:
    ASKER.set(who)
    return await work()


def begin(who: str, work: Callable[[], Any]) -> asyncio.Task[Any]:
    return asyncio.get_running_loop().create_task(asked_by(who, work))


async def in_time(waited: asyncio.Future[Any]) -> Any:
    return await asyncio.wait_for(waited, patience(30))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(patience(30)):
        while not condition():
            await asyncio.sleep(0.01)


def image(folder: str) -> dict[str, Any]:
    return {"RootFS": {}, "GraphDriver": {"Data": {"UpperDir": folder}}}


async def test_many_slow_images_of_one_person(monkeypatch: pytest.MonkeyPatch, slow: Slow) -> None:
    monkeypatch.setattr(
        engine_world, "node_in_layers", lambda folders: slow() if "slow" in folders[0] else "/dev/x of an image"
    )
    world = EngineWorld("unix:///none")
    held = [begin("user ann", lambda n=n: world.device_node(image(f"/slow{n}"))) for n in range(12)]
    await until(lambda: slow.began > 0)
    assert await in_time(begin("user ben", lambda: world.device_node(image("/quick")))) == "/dev/x of an image"
    slow.end.set()
    assert await in_time(asyncio.gather(*held)) == [""] * 12


async def test_many_slow_volumes_of_one_person(monkeypatch: pytest.MonkeyPatch, slow: Slow) -> None:
    monkeypatch.setattr(volume_nodes, "node_below", lambda top: slow() if "slow" in top else "/x of a volume")
    nodes = VolumeNodes()
    held = [begin("user ann", lambda n=n: nodes.first(f"/slow{n}")) for n in range(12)]
    await until(lambda: slow.began > 0)
    assert await in_time(begin("user ben", lambda: nodes.first("/quick"))) == "/x of a volume"
    slow.end.set()
    assert await in_time(asyncio.gather(*held)) == [""] * 12


async def test_who_comes_later_is_next() -> None:
    order: list[str] = []
    threads, slow = FairThreads("test", threads=1), Slow()
    first = begin("user ann", lambda: threads.run(slow))
    await until(lambda: slow.began == 1)
    rest = [begin("user ann", lambda: threads.run(lambda: order.append("ann"))) for _ in range(3)]
    await asyncio.sleep(0)
    rest.append(begin("user ben", lambda: threads.run(lambda: order.append("ben"))))
    await asyncio.sleep(0)
    slow.end.set()
    await in_time(asyncio.gather(first, *rest))
    assert order.index("ben") < 2 and len(order) == 4, order


async def test_who_gave_up_waits_no_more_and_holds_a_thread_until_its_work_ends(slow: Slow) -> None:
    threads = FairThreads("test", threads=1)
    gave_up = begin("user ann", lambda: threads.run(slow))
    await until(lambda: slow.began == 1)
    waits = begin("user ben", lambda: threads.run(lambda: "ben"))
    never = begin("user cid", lambda: threads.run(lambda: pytest.fail("it was cancelled")))
    await asyncio.sleep(0)
    gave_up.cancel()
    never.cancel()
    await asyncio.wait([gave_up, never])
    assert not waits.done()
    slow.end.set()
    assert await in_time(waits) == "ben"
    assert await in_time(begin("user dan", lambda: threads.run(lambda: "dan"))) == "dan"


async def test_it_is_known_who_asks_wherever_a_request_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a socket, as plugin, and in a thread of its own."""
    seen: list[str] = []

    class World:
        async def look(self) -> None:
            seen.append(ASKER.get())

    async def judged(*_: object) -> Any:
        seen.append(ASKER.get())
        raise RuntimeError("seen")

    await asked_by("user ann", lambda: aside(lambda there: there.look(), World()))
    host = Host(Role.DEPLOYER)
    monkeypatch.setattr(host.client._gate, "_decided", judged)
    await host.ask()
    monkeypatch.setattr(serving, "judge_call", judged)
    with pytest.raises(RuntimeError):
        asked = GuardRequest(method="GET", target="/", user="user cid")
        await serving._looked_into(asked, None, PolicyInForce(), World(), PendingCreates(), lambda _, it: it)  # type: ignore[arg-type]
    assert seen == ["user ann", "user ann", "user cid"]
