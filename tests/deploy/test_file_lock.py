"""Real deploys, as processes: killed, stopped and woken up, and killed in the middle of what they write."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dockworthy.errors import Occupied
from effort import examples
from patience import patience

from .holder import LARGE, SECRET
from .holders import Holder
from .local_sites import store_here

pytestmark = pytest.mark.slow

Starts = Callable[[], Holder]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Starts]:
    started: list[Holder] = []
    (tmp_path / "tmp").mkdir()

    def start() -> Holder:
        started.append(Holder(tmp_path / "state", tmp_path / "tmp"))
        return started[-1]

    yield start
    for holder in started:
        holder.end()


async def free_after(state: Path, seconds: float) -> float:
    """Seconds until the lock can be taken, without taking it over."""
    began = time.monotonic()
    async with store_here(state) as store:
        async with asyncio.timeout(seconds):
            while True:
                with contextlib.suppress(Occupied):
                    async with store.lock(who="next", doing="deploy"):
                        return time.monotonic() - began


@pytest.mark.parametrize("who", ["the deploy", "its shell", "both"])
async def test_what_a_killed_deploy_held_is_free(tmp_path: Path, start: Starts, who: str) -> None:
    holder = start()
    assert holder.ask("hold anna@laptop") == "ok 1"
    async with store_here(tmp_path / "state") as store:
        with pytest.raises(Occupied, match=f"anna@laptop, process {holder.pid}: deploy"):
            await store.lock(who="ben", doing="deploy").__aenter__()
    family = holder.family()
    holder.signal(signal.SIGKILL, {"the deploy": family[:1], "its shell": family[1:2], "both": family}[who])
    assert await free_after(tmp_path / "state", 10) < 5


@pytest.mark.parametrize("stopped", ["the deploy", "its shell, too"])
async def test_a_stopped_deploy_can_be_taken_over_and_then_stops(tmp_path: Path, start: Starts, stopped: str) -> None:
    holder = start()
    assert holder.ask("hold anna@laptop") == "ok 1" and holder.ask("write 1") == "ok"
    family = holder.family() if stopped == "its shell, too" else [holder.pid]
    holder.signal(signal.SIGSTOP, family)
    async with store_here(tmp_path / "state") as store:
        with pytest.raises(Occupied, match="anna@laptop"):
            await store.lock(who="ben", doing="deploy").__aenter__()
        async with store.lock(who="ben", doing="deploy", take_over=True) as lock:
            assert lock.epoch == 2
            holder.signal(signal.SIGCONT, family)
            assert "another one took over" in (said := holder.ask("check")) and "ben, process" in said
            assert "another one took over" in holder.ask("write 2")
            assert "ben, process" in holder.ask("hold anna@laptop")
            await lock.check()
        assert [found.number for found in await store.releases()] == [1]
    assert not await left_over(tmp_path)


async def test_stopped_in_the_middle_of_a_write_it_writes_nothing_more(tmp_path: Path, start: Starts) -> None:
    """Wherever it stood: what the next one found when it had the lock is there after the stopped one woke up."""
    chance, state = random.Random(), tmp_path / "state"
    for number in range(examples(8)):
        holder = start()
        assert holder.ask(f"hold w{number}").startswith("ok") and holder.ask("churn") == "ok"
        await asyncio.sleep(chance.uniform(0.0, 0.25))  # the moment is what is tried
        family = holder.family()
        holder.signal(signal.SIGSTOP, family)
        async with store_here(state) as store, store.lock(who="next", doing="deploy", take_over=True):
            found = contents(state / "releases")
            holder.signal(signal.SIGCONT, family)
            assert "took over" in holder.answer()
            assert contents(state / "releases") == found


def contents(state: Path) -> dict[Path, bytes]:
    """Of all that counts: what lies aside does not."""
    files = [file for file in state.rglob("*") if file.is_file() and not file.name.startswith(".new.")]
    return {file: file.read_bytes() for file in files}


@pytest.mark.timeout(240)
async def test_killed_at_any_moment_leaves_whole_records(tmp_path: Path, start: Starts) -> None:
    """The deploy alone, its shell alone, or all: each read finds whole records, and the next run clears up."""
    chance, state, seen, rounds = random.Random(), tmp_path / "state", 0, examples(15)
    latest = 0.25  # seconds; a busy machine needs longer until the first record is written
    for number in range(rounds):
        holder = start()
        assert holder.ask(f"hold w{number}").startswith("ok")
        assert holder.ask("churn") == "ok"
        await asyncio.sleep(chance.uniform(0.0, latest))  # the moment is what is tried
        if number == rounds - 1 and not seen:  # on a busy machine all others were too early
            ends = time.monotonic() + patience(60)
            while not [*state.rglob("[0-9]*.json")]:
                assert time.monotonic() < ends, "no record is ever written"
                await asyncio.sleep(0.05)
        family = holder.family()
        holder.signal(signal.SIGKILL, [family[:1], family[1:2], family][number % 3])
        async with store_here(state) as store:
            for found in await store.releases():
                text = found.spec.to_json()["x"]
                assert text.strip("y") == "" and len(text) in (1, 90_000)
                seen = max(seen, found.number)
        holder.end()
        latest *= 1.0 if seen else 1.4
    assert seen >= 1, "some of them came to write"
    assert await free_after(state, 20) < 10
    assert not await left_over(tmp_path)
    for version in (state / "releases/shop/versions/db").iterdir():
        assert version.read_bytes() in (SECRET, SECRET * LARGE)
    for file in (tmp_path / "tmp").rglob("*"):  # what a killed shell was given for its script
        assert not file.is_file() or SECRET not in file.read_bytes()


async def left_over(folder: Path) -> list[Path]:
    """Once another one had the lock: unfinished files, and locks but the one that counts epochs."""
    await free_after(folder / "state", 10)
    state = folder / "state"
    locks = sorted(state.rglob("lock.*"))
    return [*state.rglob(".new.*"), *locks[:-1]]
