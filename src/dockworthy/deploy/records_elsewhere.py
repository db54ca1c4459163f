"""Releases of the same project by the other target: numbers go on after them, and their records come along."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from ..model.release import Release
from .release_history import in_force
from .store import ReleaseStore


class RecordsElsewhere:
    """`other` is None where the other target keeps none here."""

    def __init__(self, own: ReleaseStore, other: ReleaseStore | None) -> None:
        self._own = own
        self._other = other

    @contextlib.asynccontextmanager
    async def locked(self, *, who: str, doing: str, take_over: bool) -> AsyncIterator[None]:
        """Nobody ships it there meanwhile. Raises what the store's lock raises."""
        if self._other is None:
            yield
            return
        async with self._other.lock(who=who, doing=doing, take_over=take_over):
            yield

    async def next_number(self) -> int:
        """A number says which release is meant, whoever runs it."""
        numbers = [await store.next_number() for store in (self._own, self._other) if store is not None]
        return max(numbers)

    async def in_force(self) -> Release | None:
        """What the other target ships."""
        return in_force(await self._other.releases(skip_damaged=True)) if self._other is not None else None

    async def bring(self) -> None:
        """Copies the other's records, which may go with it, as far as their numbers are free: a second time nothing."""
        if self._other is None:
            return
        first_free = await self._own.next_number()
        for release in await self._other.releases(skip_damaged=True):
            if release.number >= first_free:
                await self._own.write(release)
