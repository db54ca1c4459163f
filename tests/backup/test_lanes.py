"""As many things at once as there are lanes; where one fails, no other begins."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dockworthy.backup.lanes import Lanes
from dockworthy.errors import HostError
from dockworthy.interruption import all_to_their_end


def lanes(count: int) -> Lanes:
    unused: Any = None
    return Lanes([(unused, unused)] * count)


def test_no_more_at_once_than_there_are_and_who_waits_longest_is_next() -> None:
    begun: list[int] = []
    most = now = 0

    async def one(number: int, of: Lanes) -> None:
        nonlocal most, now
        async with of.one():
            begun.append(number)
            now += 1
            most = max(most, now)
            await asyncio.sleep(0)
            now -= 1

    async def run() -> None:
        of = lanes(2)
        await all_to_their_end(one(number, of) for number in range(7))

    asyncio.run(run())
    assert (begun, most) == ([*range(7)], 2)


def test_where_one_fails_what_is_under_way_ends_and_nothing_else_begins() -> None:
    did: list[str] = []

    async def run() -> None:
        of = lanes(2)
        goes_on = asyncio.Event()

        async def fails() -> None:
            async with of.one():
                await asyncio.sleep(0)
                raise HostError("its disk is full")

        async def under_way() -> None:
            async with of.one():
                await goes_on.wait()
                did.append("ended")

        async def another() -> None:
            try:
                async with of.one():
                    did.append("began")
            finally:
                goes_on.set()

        await all_to_their_end([fails(), under_way(), another()])

    with pytest.raises(HostError, match="its disk is full"):
        asyncio.run(run())
    assert did == ["ended"]


def test_a_mistake_of_ours_is_not_hidden_by_what_fails_elsewhere() -> None:
    async def fails(error: Exception) -> None:
        raise error

    with pytest.raises(AssertionError):
        asyncio.run(all_to_their_end([fails(HostError("its disk is full")), fails(AssertionError())]))
