"""A release is watched through a real HAProxy, before a service that turns sick in one way or another."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from unittest.mock import ANY

import pytest
from msgspec import structs

from dockworthy.deploy.observing import ASKED, ProbeTarget, ReleaseWatch, Watched
from dockworthy.deploy.observing.edge_stats import Counts, EdgeCounter
from dockworthy.errors import EngineUnreachable
from dockworthy.model.deploy_settings import Objectives
from dockworthy.model.release import Observation, ShippedService
from dockworthy.model.rollout import EDGE_NETWORK, Health, Task, TaskState
from patience import patience

from .backends import Backend, HaProxy, backend_here, haproxy_before, until

pytestmark = pytest.mark.slow

WEB = ShippedService(reference="shop:2", image="sha256:b", image_id="sha256:b", spec_hash="f00")
HEALTHY = Task(
    id="1",
    name="shop-web-1",
    service="web",
    spec_hash="f00",
    image_id="sha256:b",
    state=TaskState.RUNNING,
    health=Health.HEALTHY,
)
OLD = structs.replace(HEALTHY, id="0", name="shop-web-0", image_id="sha256:a", state=TaskState.EXITED, exit_code=137)

DB = structs.replace(WEB, image_id="sha256:d")
SICK = structs.replace(HEALTHY, id="2", name="shop-db-1", service="db", image_id="sha256:d", health=Health.UNHEALTHY)


class Engine:
    """Tells of one new container, of the old one that is kept for the way back, and of a database that was sick before
    and is left alone."""

    def __init__(self) -> None:
        self.new: Task | None = HEALTHY
        self.asked = 0
        self.away = 0

    async def tasks(self) -> Mapping[str, Sequence[Task]]:
        self.asked += 1
        if self.away:
            self.away -= 1
            raise EngineUnreachable("nobody answers")
        return {"web": [OLD, *([self.new] if self.new else [])], "db": [SICK], "migrate": [OLD]}


def watched(
    observe: float, target: ProbeTarget | None = None, healthy_within: float = 9.0, **objectives: object
) -> Watched:
    return Watched(
        project="shop",
        services={"web": WEB, "db": DB},
        objectives=Objectives(**objectives),  # type: ignore[arg-type]
        observe=observe,
        healthy_within=healthy_within,
        touched=["web"],
        targets=[target] if target else [],
    )


def seen_through(
    proxy: HaProxy, engine: Engine, observe: float = 30.0, logged: str = "", **objectives: object
) -> ReleaseWatch:
    async def log(_: float) -> str:
        return logged

    target = ProbeTarget("web", "shop.example", "/", proxy.probe)
    asked = watched(observe, target, **objectives)
    return ReleaseWatch(asked, engine.tasks, say=print, stats=lambda: proxy.ask(ASKED), log=log)


_SICK = "2026-11-26T19:00:00.123456789Z 198.51.100.7 GET shop.example/ 500 90 20 ms shop:web/s1 172.18.0.5 ----"


async def observed(watching: ReleaseWatch, backend: Backend, engine: Engine, turn: str) -> Observation:
    """What was observed of a service that turned sick."""
    async with watching:
        task = asyncio.create_task(watching.observed())
        await until(lambda: backend.requests >= 5)
        backend.does = turn
        async with asyncio.timeout(patience(20)):
            return await task


@pytest.mark.program
@pytest.mark.parametrize(
    ("turn", "says"),
    [("error", "a probe: 500 at"), ("cut", "a probe: 200, cut off in the middle at"), ("silence", "a probe: 502 at")],
)
async def test_errors_are_seen_by_the_first_probes(tmp_path: Path, turn: str, says: str) -> None:
    engine = Engine()
    async with backend_here() as backend, haproxy_before(backend, tmp_path) as proxy:
        found = await observed(seen_through(proxy, engine), backend, engine, turn)
    (broken,) = found.broken
    assert broken.startswith("web failed ") and says in broken and broken.endswith("allowed: 0")
    assert found.probes_failed in (1, 2) and found.requests == 0


@pytest.mark.program
@pytest.mark.parametrize(("before", "logged"), [(Health.UNHEALTHY, ""), (Health.HEALTHY, ""), (Health.HEALTHY, _SICK)])
async def test_what_was_sick_before_may_fail_until_the_new_one_serves(
    tmp_path: Path, before: Health, logged: str
) -> None:
    """Else nobody could deploy what mends it: a service that comes and goes has answered well at times."""
    engine = Engine()
    engine.new = structs.replace(HEALTHY, health=before, addresses={EDGE_NETWORK: "172.18.0.5"})
    async with backend_here() as backend, haproxy_before(backend, tmp_path) as proxy:
        async with seen_through(proxy, engine, observe=0.5, logged=logged) as watching:
            await until(lambda: backend.requests >= 3)
            backend.does = "error"
            asked = backend.requests
            await until(lambda: backend.requests >= asked + 3)
            backend.does, engine.new = "ok", HEALTHY
            asked = backend.requests
            await until(lambda: backend.requests >= asked + 3)  # those that failed have been counted
            found = await watching.observed()
    assert bool(found.broken) is (before is Health.HEALTHY and not logged), found.broken
    assert found.probes > 0


@pytest.mark.program
async def test_a_client_s_errors_count_and_those_of_probes_once(tmp_path: Path) -> None:
    engine = Engine()
    async with backend_here() as backend, haproxy_before(backend, tmp_path) as proxy:
        async with seen_through(proxy, engine, observe=1.5, failed_requests=1000) as watching:
            task = asyncio.create_task(watching.observed())
            await until(lambda: backend.requests >= 3)
            for does, count in (("ok", 20), ("error", 5), ("ok", 1)):
                backend.does = does
                for _ in range(count):
                    await client(proxy)
            found = await task
    assert found.requests in (26, 27), "a probe may be on its way"
    assert found.requests_failed == 5 and found.probes >= 8


@pytest.mark.program
async def test_counts_survive_a_new_haproxy(tmp_path: Path) -> None:
    async with backend_here() as backend:
        counter: EdgeCounter | None = None
        asked, folders = 0, (tmp_path / "1", tmp_path / "2")
        here: list[HaProxy] = []
        async with AsyncExitStack() as stack:
            for folder, count in zip(folders, (30, 10), strict=True):
                folder.mkdir()
                async with haproxy_before(backend, folder) as proxy:
                    here[:] = [proxy]
                    counter = counter or await stack.enter_async_context(
                        EdgeCounter(lambda: here[0].ask(ASKED), "shop")
                    )
                    for _ in range(count):
                        await client(proxy)
                    asked += count
                    # HAProxy counts a request when its stream ends: after the client has read the answer.
                    async with asyncio.timeout(patience(10)):
                        while (counter.counted(["web"]) or {"web": Counts()})["web"].requests < asked:
                            await counter.look()
            assert counter is not None
            assert counter.counted(["web", "db"]) == {
                "web": structs.replace(Counts(requests=40), seconds=ANY),
                "db": Counts(),
            }
            counter.forget(["web"])
            assert counter.counted(["web"]) == {"web": Counts()}


async def client(proxy: HaProxy) -> None:
    reader, writer = await asyncio.open_unix_connection(proxy.probe)
    writer.write(b"GET /a HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n")
    await reader.read(-1)
    writer.close()


async def test_a_quiet_release_is_kept_after_its_time() -> None:
    engine, began = Engine(), time.monotonic()
    async with backend_here() as backend:
        target = ProbeTarget("web", "shop.example", "/", backend.address)
        async with ReleaseWatch(watched(1.2, target), engine.tasks, say=print) as watching:
            found = await watching.observed()
    assert found.broken == () and found.requests is None
    took = time.monotonic() - began
    assert 1 <= found.probes <= 30 * took and found.probes_failed == 0 and found.p95 is not None
    assert took >= 1.2 and engine.asked <= 2 + took


async def test_time_runs_from_the_last_task_s_health() -> None:
    engine = Engine()
    engine.new = structs.replace(HEALTHY, health=Health.STARTING)
    said: list[str] = []
    async with ReleaseWatch(watched(0.5, p95="1s"), engine.tasks, say=said.append) as watching:
        task = asyncio.create_task(watching.observed())
        await until(lambda: engine.asked >= 3)
        assert not task.done()
        engine.new, engine.away = HEALTHY, 1
        assert (await task).broken == ()
    assert [each[:19] for each in said] == ["p95 can't be told: "]


@pytest.mark.parametrize(
    ("new", "says"),
    [
        (structs.replace(HEALTHY, state=TaskState.EXITED, exit_code=3), "shop-web-1 ended with status 3"),
        (structs.replace(HEALTHY, health=Health.UNHEALTHY), "shop-web-1 became unhealthy"),
        (structs.replace(HEALTHY, restarts=1), "shop-web-1 restarted once; allowed: 0"),
        (None, "shop-web-1 was removed while the release was observed"),
    ],
)
async def test_a_task_that_fails_ends_it(new: Task | None, says: str) -> None:
    engine = Engine()
    async with ReleaseWatch(watched(30.0), engine.tasks, say=print) as watching:
        task = asyncio.create_task(watching.observed())
        await until(lambda: engine.asked == 2)
        engine.new = new
        async with asyncio.timeout(patience(5)):
            assert (await task).broken == (says,)


async def test_one_that_never_serves_is_not_waited_for_for_ever() -> None:
    engine = Engine()
    engine.new = structs.replace(HEALTHY, health=Health.STARTING)
    async with ReleaseWatch(watched(0.1, healthy_within=0.3), engine.tasks, say=print) as watching:
        (broken,) = (await watching.observed()).broken
    assert broken == "not all of it was healthy in time: shop-web-1 is starting"
    engine.new = None
    async with ReleaseWatch(watched(0.1, healthy_within=0.3), engine.tasks, say=print) as watching:
        (broken,) = (await watching.observed()).broken
    assert broken == "not all of it was healthy in time: web has 0 of 1 containers"
