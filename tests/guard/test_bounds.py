"""What a request may ask for is bounded before anything is looked up, and who asks for little is answered meanwhile."""

from __future__ import annotations

import asyncio
import json
import statistics
import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest

from dockworthy.errors import EngineError
from dockworthy.guard.bounds import (
    MOST,
    MOST_BYTES,
    MOST_DEFAULT,
    MOST_ENTRIES,
    MOST_KEPT,
    MOST_KEPT_IN,
    check_bounds,
    check_kept,
)
from dockworthy.guard.decision import Decision
from dockworthy.guard.identity.identity import Identity
from dockworthy.guard.judges import judge
from dockworthy.guard.large_requests import aside, computed_aside
from dockworthy.guard.parallel import AT_A_TIME, look_up
from dockworthy.guard.policy_in_force import PolicyInForce
from dockworthy.guard.request import GuardRequest, TooMuch
from dockworthy.guard.rights.deciding import decide
from dockworthy.guard.routes import find_call
from dockworthy.model.guard_policy import Binding, Role
from dockworthy.readers.create_request.keys import REQUEST, KeyListOf, KeyMapOf, KeyPlain, Shape
from dockworthy.readers.service.keys import SERVICE
from guard.large_requests import counted, holding, largest, of_size, texts
from guard.worlds import EmptyWorld
from patience import Effort, meanwhile, patience


class Silent(EmptyWorld):
    """An engine that is not to be asked."""

    def __getattribute__(self, name: str) -> Any:
        if name in ("container", "volume", "network", "service", "found", "containers_beginning", "who_may_write"):
            raise AssertionError(f"{name} was asked")
        return super().__getattribute__(name)


def asked(body: Any, target: str = "/containers/create") -> GuardRequest:
    content = json.dumps(body, separators=(",", ":")).encode()
    return GuardRequest(method="POST", target=target, headers={"content-type": "application/json"}, body=content)


COUNTED = [
    *(("/containers/create", path, shape) for path, shape in counted(REQUEST)),
    *(("/services/create", path, shape) for path, shape in counted(SERVICE)),
]


@pytest.mark.parametrize(("target", "path", "shape"), COUNTED, ids=[".".join(path) for _, path, _ in COUNTED])
async def test_a_list_has_an_end_before_anything_is_looked_up(target: str, path: tuple[str, ...], shape: Shape) -> None:
    most = MOST.get(path[-1], MOST_DEFAULT)
    decision = await judge(asked(of_size(shape, path, most + 1), target), Silent(), PolicyInForce())
    assert [refusal.rule for refusal in decision.refusals] == ["guard/size"]
    assert f"{path[-1]} has {most + 1} entries" in decision.message() or most > 30_000
    check_bounds(of_size(shape, path, most))


@pytest.mark.parametrize(
    "body",
    [
        {"HostConfig": {"Binds": [f"/srv/{each}:/x{each}" for each in range(40_000)]}},
        {"HostConfig": {"Binds": [f"v{each}:/x{each}" for each in range(20_000)]}},
        {"HostConfig": {"Mounts": [{"Type": "bind", "Source": f"/{each}", "Target": "/x"} for each in range(20_000)]}},
        {"Frob": [[[{"a": 1}] * 100] * 100] * 100},
        {f"Frob{each}": 1 for each in range(2000)},
        {"Env": ["x" * 3_000_000]},
    ],
    ids=["bind mounts", "volume names", "mounts", "an unknown key's lists", "unknown keys", "one long text"],
)
async def test_what_stopped_the_engine_is_refused_at_once(body: Any) -> None:
    with Effort() as effort:
        decision = await judge(asked({"Image": "x", **body}), Silent(), PolicyInForce())
    assert "guard/size" in decision.message() or "guard/canonical" in decision.message()
    assert effort.seconds < 5.0


KEPT = [
    *(("/containers/create", path, shape) for path, shape in texts(REQUEST)),
    *(("/services/create", path, shape) for path, shape in texts(SERVICE)),
    ("/volumes/create", ("Labels",), KeyMapOf(KeyPlain.TEXT)),
    ("/networks/create", ("Labels",), KeyMapOf(KeyPlain.TEXT)),
    ("/networks/create", ("Name",), KeyPlain.TEXT),
    ("/secrets/create", ("Labels",), KeyMapOf(KeyPlain.TEXT)),
    ("/configs/create", ("Name",), KeyPlain.TEXT),
    ("/containers/shop/exec", ("Env",), KeyListOf(KeyPlain.TEXT)),
]


@pytest.mark.parametrize(("target", "path", "shape"), KEPT, ids=[".".join((each[0][1:], *each[1])) for each in KEPT])
async def test_whatever_the_engine_keeps_has_an_end(target: str, path: tuple[str, ...], shape: Shape) -> None:
    """A container that never starts costs the engine about twelve times the bytes of its labels, outside of limits."""
    text = "x" * (MOST_KEPT_IN.get(path[-1], MOST_KEPT) + 1)
    decision = await judge(asked(holding(shape, path, text), target), Silent(), PolicyInForce())
    assert [refusal.rule for refusal in decision.refusals] == ["guard/size"], decision.message()
    assert "KiB" in decision.message() or "a path in" in decision.message()


def test_names_count_and_letters_of_several_bytes_and_both_halves() -> None:
    half = {"Labels": {"ä" * 20_000: ""}}
    check_bounds(half)
    with pytest.raises(TooMuch, match="Labels has 80000 bytes, more than 64 KiB"):
        check_kept(half, half)
    with pytest.raises(TooMuch, match="140000 bytes, more than 128 KiB"):
        check_kept({"Env": ["x" * 69_997]}, {"Env": ["x" * 69_997]})


def test_payloads_are_the_engines_to_bound() -> None:
    check_bounds({"Name": "shop_key", "Data": "x" * 1_300_000})
    with pytest.raises(TooMuch):
        check_bounds({"Labels": {"Data": "x" * 1_300_000}})


async def test_rights_are_bounded_too() -> None:
    body = {"Image": "x", "HostConfig": {"VolumesFrom": [f"c{each}" for each in range(5000)]}}
    deployer = Binding(who="user:x", role=Role.DEPLOYER, projects=("shop",))
    with pytest.raises(TooMuch):
        await decide(find_call(asked(body)), Identity(name="user x"), [deployer], Silent())  # type: ignore[arg-type]


async def test_few_look_ups_are_under_way_at_a_time() -> None:
    under_way = most = 0

    async def ask(number: int) -> int:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return number

    assert await look_up(ask, range(100)) == list(range(100))
    assert 1 < most <= AT_A_TIME

    async def fail(number: int) -> int:
        raise EngineError("gone")

    with pytest.raises(EngineError, match="gone"):
        await look_up(fail, range(3))


class Slow(EmptyWorld):
    """Each look-up takes as long as an engine's."""

    async def volume(self, name: str) -> Mapping[str, Any] | None:
        await meanwhile(0.0005)
        return {"Name": name, "Driver": "local", "Options": {}}

    container = network = volume  # type: ignore[assignment]


async def timed(request: GuardRequest) -> tuple[float, Decision]:
    start = time.perf_counter()
    decision = await judge(request, Slow(), PolicyInForce())
    return time.perf_counter() - start, decision


async def test_what_is_judged_aside_does_not_wait_for_itself() -> None:
    """As many at a time as there are threads, and each has something computed aside."""
    all_begun = threading.Barrier(2)

    async def work(world: EmptyWorld) -> int:
        all_begun.wait(patience(10))
        return await computed_aside(lambda: 1)

    both = asyncio.gather(*(aside(work, EmptyWorld()) for _ in range(2)))
    assert await asyncio.wait_for(both, patience(10)) == [1, 1]


async def test_a_small_request_is_answered_while_the_largest_is_judged() -> None:
    small = asked({"Image": "x", "Env": ["A=b"], "HostConfig": {"Binds": ["data:/data"], "NetworkMode": "shop"}})
    body = largest()
    check_bounds(body)
    assert MOST_KEPT // 2 < len(asked(body).body) <= MOST_BYTES and MOST_ENTRIES > 0
    usual = statistics.median([(await timed(small))[0] for _ in range(200)])
    large = asyncio.ensure_future(timed(asked(body)))
    waits = []
    while not large.done():
        took, decision = await timed(small)
        assert decision.allowed, decision.message()
        waits.append(took)
        await asyncio.sleep(0)
    whole, decision = await large
    assert "guard/size" not in [refusal.rule for refusal in decision.refusals] and len(decision.refusals) > 100
    print(  # shown where it fails
        f"usual {usual * 1000:.2f} ms; meanwhile "
        f"{statistics.median(waits) * 1000:.2f} ms, at most {max(waits) * 1000:.0f} ms; "
        f"large {whole * 1000:.0f} ms, {len(waits)} small ones"
    )
    assert len(waits) > 10, "they were kept waiting"
    # Not the longest one: where the machine is busy, the kernel lets a program wait now and then, whatever it does.
    assert statistics.quantiles(waits, n=10)[-1] < whole / 5
    assert statistics.median(waits) < 20 * usual
