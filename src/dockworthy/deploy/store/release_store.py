"""The interface of a store of releases, and of the question whether a project still belongs to who is at work on it.

That is asked in the middle of what takes long: a deploy that slept (a laptop that was shut) must not go on beside the
one that took over, nor take anything back there. Every store passes the same suite of tests.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from msgspec import Struct

from ...errors import EngineError, HostError
from ...model.compose_project import FileObject
from ...model.release import Release

_EVERY = 2.0
"""Seconds: who took over waits for nobody, and a look costs some milliseconds."""


class StillOurs:
    """`lock`: None where nothing is changed."""

    def __init__(self, lock: Lock | None = None) -> None:
        self._lock = lock
        self._looked = float("-inf")

    async def check(self) -> None:
        """For loops: looks where the last look is some time ago. Raises Occupied, and what the lock raises."""
        clock = asyncio.get_running_loop().time
        if self._lock is not None and clock() - self._looked >= _EVERY:
            await self._lock.check()
            self._looked = clock()

    async def before_cleaning_up(self) -> None:
        """Raises Occupied: what is there is another one's by now, and is left to it."""
        if self._lock is None:
            return
        with contextlib.suppress(HostError, EngineError):  # nobody tells: what was begun is taken back all the same
            await self._lock.check()


NO_LOCK = StillOurs()
"""Where no lock is held, and so nobody takes it over: always still ours."""


MOST_BYTES = 100_000
"""Of a release's record."""
KEPT = 20
"""Releases of a project; older ones go when a new one is written."""


class StoreContents(Struct, frozen=True):
    """`releases`: numbers, as text. `versions`: (name, version). `has_more`: also what an unfinished run left."""

    releases: tuple[str, ...] = ()
    versions: tuple[tuple[str, str], ...] = ()
    has_more: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.releases and not self.versions and not self.has_more


class Lock(Protocol):
    """Held by one deploy of a project. Ends with the block, and with the process or connection that held it."""

    epoch: int

    async def check(self) -> None:
        """Before each step: raises Occupied where somebody else has taken over meanwhile (we were paused)."""


class ReleaseStore(Protocol):
    """The releases of one project on one engine (or one swarm), oldest first."""

    def lock(self, *, who: str, doing: str, take_over: bool = False) -> AbstractAsyncContextManager[Lock]:
        """Raises Occupied, which names the holder, what it does and since when. One that is dead holds nothing."""

    async def releases(self, *, skip_damaged: bool = False) -> Sequence[Release]:
        """All that are kept. Raises UnreadableInput that names the record which is damaged, unless that is skipped."""

    async def not_by_admins(self, releases: Sequence[Release]) -> frozenset[int]:
        """Numbers of those among `releases`, as they were read, that somebody who is no admin may have written."""

    async def next_number(self) -> int:
        """Of the next release: larger than that of every one there ever was, also of those that are gone."""

    async def write(self, release: Release) -> None:
        """A new one, or what became of one that is there; whole or not at all, durable when this returns.

        Raises UsageError where it is larger than MOST_BYTES or its number was another's, HostError where it can't be
        written, Occupied where somebody took over the lock.
        """

    async def keep_version(self, name: str, content: bytes, *, mode: int, owner: tuple[int, int] | None) -> str:
        """Stores a secret's or config's content on the host and returns its version.

        It is the same for the same name, content, mode and owner: what a container mounts is never changed under it,
        not even who may read it. A version tells nothing of the content to who does not have the host's key.

        Raises UsageError for a name that can't be one, HostError, Occupied.
        """

    async def foreseen_version(
        self, name: str, content: bytes, *, mode: int, owner: tuple[int, int] | None, making_key: bool = True
    ) -> str:
        """What keep_version will say; nothing of it is stored yet. `making_key`: where the host has no key, it gets
        one; else the version is one that nothing has, and the host stays as it is."""

    def definition_of(self, name: str, version: str) -> FileObject:
        """How the Compose project names that version: by the host's file that holds it, or a swarm's object."""

    async def kept_version(self, name: str, version: str) -> str | None:
        """The content of a version; None where it is gone. Not for a secret of a swarm: nobody can read those."""

    async def clean(self, keep: Sequence[Release]) -> None:
        """Removes versions that no release in `keep` uses."""

    async def contents(self) -> StoreContents:
        """All that is kept of the project, damaged records among it."""

    async def erase(self) -> None:
        """Removes all of it; what was killed in the middle of that is ended by the next one. The holder of the lock
        writes nothing afterwards. Raises Occupied where somebody took over."""
