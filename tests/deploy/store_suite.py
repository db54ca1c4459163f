"""What every store of releases must do. A store's own test file gives it the fixture `opens`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

import pytest
from msgspec import structs

from deploy.composed import composed
from dockworthy.deploy.store import ReleaseStore
from dockworthy.errors import Occupied, UsageError
from dockworthy.model.release import Observation, Release, ReleaseState, ShippedService

Opens = Callable[[], AbstractAsyncContextManager[ReleaseStore]]
"""Each call comes to the same store as somebody else: on a connection of its own."""


def release(number: int, state: ReleaseState = ReleaseState.KEPT, **more: Any) -> Release:
    web = ShippedService(reference="shop:2", image="sha256:abc", image_id="sha256:abc", spec_hash="f00", replicas=2)
    given: dict[str, Any] = {"spec": {"services": {"web": {"image": "sha256:abc"}}}, "services": {"web": web}, **more}
    given["spec"] = composed(given["spec"])
    return Release(number=number, project="shop", target="compose", state=state, **given)


class StoreSuite:
    async def test_where_nothing_is_yet(self, opens: Opens) -> None:
        async with opens() as store:
            assert list(await store.releases()) == [] and await store.next_number() == 1
            await store.clean([])

    async def test_what_was_written_is_read(self, opens: Opens) -> None:
        seen = Observation(seconds=30.0, probes=300, probes_failed=1, p95=0.02, broken=("web « ä \x1e\n'$(id)'",))
        full = release(1, versions={"db": "0123456789ab"}, observation=seen, why="\\ \" ' ü", returns_to=None)
        async with opens() as store, opens() as other:
            await store.write(structs.replace(full, state=ReleaseState.PREPARED, observation=None, why=""))
            await store.write(full)
            await store.write(release(2))
            assert list(await other.releases()) == [full, release(2)]
            assert await other.next_number() == 3

    async def test_the_last_stay_and_what_they_need(self, opens: Opens) -> None:
        """1 is the newest that stayed, 2 is what 20 returns to; numbers go on although releases went."""
        async with opens() as store:
            for number in range(1, 26):
                state = ReleaseState.KEPT if number == 1 else ReleaseState.ROLLED_BACK
                await store.write(release(number, state, returns_to=2 if number == 20 else None))
            numbers = [found.number for found in await store.releases()]
            assert numbers == [1, 2, *range(6, 26)]
            assert await store.next_number() == 26
            with pytest.raises(UsageError, match="number 3 was that of a release"):
                await store.write(release(3))

    async def test_too_large_is_refused_by_name(self, opens: Opens) -> None:
        large = {
            "services": {"web": {"environment": {"A": "a" * 60_000, "B": "b" * 10_000}}, "db": {"x": "y" * 40_000}}
        }
        async with opens() as store:
            with pytest.raises(UsageError, match=r"111 kB, of at most 95 kB.* spec\.services\.web\.environment\.A"):
                await store.write(release(1, ReleaseState.PREPARED, spec=large))
            assert list(await store.releases()) == []

    async def test_an_outcome_has_room_whatever_it_is(self, opens: Opens) -> None:
        nearly = {"services": {"web": {"environment": {"A": "a" * 94_000}}}}
        seen = Observation(seconds=1.0, broken=("« \0" * 9_000, "x" * 9_000, "short"))
        async with opens() as store:
            await store.write(release(1, ReleaseState.PREPARED, spec=nearly))
            await store.write(release(1, ReleaseState.FAILED, spec=nearly, why="why \n" * 9_000, observation=seen))
            (found,) = await store.releases()
            assert found.state is ReleaseState.FAILED and found.why.startswith("why \n") and found.why.endswith("…")
            assert found.observation is not None and found.observation.broken[2] == "short"

    async def test_one_at_a_time(self, opens: Opens) -> None:
        async with opens() as store, opens() as other:
            async with store.lock(who="anna@laptop", doing="deploy of '$(id)'") as lock:
                await lock.check()
                with pytest.raises(
                    Occupied, match=r"anna@laptop, .*: deploy of '\$\(id\)', since 20..-..-..T..:..:..Z"
                ):
                    await other.lock(who="ben", doing="rollback").__aenter__()
            async with other.lock(who="ben", doing="rollback") as later:
                assert later.epoch > lock.epoch

    async def test_of_many_at_once_one_gets_it(self, opens: Opens) -> None:
        async with AsyncExitStack() as stack:
            stores = [await stack.enter_async_context(opens()) for _ in range(6)]

            async def take(number: int) -> bool:
                try:
                    await stack.enter_async_context(stores[number].lock(who=f"w{number}", doing="deploy"))
                except Occupied as refused:
                    assert "w" in refused.says and "deploy, since" in refused.says
                    return False
                return True

            assert sorted(await asyncio.gather(*(take(number) for number in range(6)))) == [False] * 5 + [True]

    async def test_who_was_taken_over_stops_before_the_next_step(self, opens: Opens) -> None:
        async with opens() as store, opens() as other:
            async with store.lock(who="anna", doing="deploy") as lock:
                await store.write(release(1, ReleaseState.ROLLING_OUT))
                async with other.lock(who="ben", doing="rollback", take_over=True) as later:
                    assert later.epoch > lock.epoch
                    with pytest.raises(Occupied, match=r"ben, .*: rollback"):
                        await lock.check()
                    for late in (
                        store.write(release(1, ReleaseState.KEPT)),
                        store.keep_version("db", b"x", mode=0o400, owner=None),
                        store.clean([]),
                    ):
                        with pytest.raises(Occupied):
                            await late
                    await later.check()
                    (found,) = await other.releases()
                    assert found.state is ReleaseState.ROLLING_OUT
            with pytest.raises(Occupied):
                await lock.check()
            async with store.lock(who="anna", doing="deploy"):
                await store.write(release(1, ReleaseState.KEPT))

    async def test_a_version_is_that_of_its_content(self, opens: Opens) -> None:
        async with opens() as store, opens() as other:
            foreseen = await other.foreseen_version("db", b"hunter2", mode=0o400, owner=None)
            version = await store.keep_version("db", b"hunter2", mode=0o400, owner=None)
            assert version == foreseen and len(version) == 12 and int(version, 16) >= 0
            assert await other.keep_version("db", b"hunter2", mode=0o400, owner=None) == version
            differ = [
                await store.keep_version("db", b"hunter3", mode=0o400, owner=None),
                await store.keep_version("db2", b"hunter2", mode=0o400, owner=None),
                await store.keep_version("db", b"hunter2", mode=0o444, owner=None),
            ]
            assert len({version, *differ}) == 4
            for name in ("../db", "", ".", "a/b", "a\nb", "-rf", "$(id)"):
                with pytest.raises(UsageError, match="can't be the name"):
                    await store.keep_version(name, b"", mode=0o400, owner=None)
