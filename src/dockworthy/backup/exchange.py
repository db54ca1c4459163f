"""Data sets on their way back: loaded beside what is there, compared, exchanged by renaming, and kept or taken back."""

from __future__ import annotations

import posixpath
import secrets
from abc import ABC, abstractmethod

from msgspec import Struct

from ..engine.site import Site
from ..errors import HostError
from ..host_scripts import HostScript
from ..model.backup import DataSet, SavedData
from ..model.saying import Say
from .files import COPYING
from .folders import fill_folder
from .log_reach import Recovery
from .repository import Repository

_FILES = HostScript(__package__, "restored_files.sh")


class PlannedRestore(Struct, frozen=True, kw_only=True):
    """`saved` takes the place of `target`. `server`: id of the container whose database takes the dump, "" for
    files. `server_stays_up`: does that container go on while the data is exchanged?"""

    saved: SavedData
    target: DataSet
    server: str = ""
    server_stays_up: bool = False
    recovery: Recovery | None = None
    """To a moment, by a copy of the whole server and its log."""


class Exchange(ABC):
    """Of one data set. Its methods are called in this order; `take_back` in place of `keep` where something failed,
    `forget` at the end whatever happened. They raise HostError, EngineError."""

    name: str

    @abstractmethod
    async def load(self) -> tuple[str, ...]:
        """Loads it beside what is there, which goes on. Returns what is not as it was saved, as sentences."""

    @abstractmethod
    def exchange_script(self) -> str:
        """A script for the host (POSIX sh), by which what was loaded takes the place of what is there.

        It runs while the containers that use the data stand still, as one with those of the other data sets: whoever
        kills this program meanwhile does not get the data of two moments."""

    async def prove(self) -> str:
        """When the containers run again: what their database did not take of it, as a sentence; "" for nothing."""
        return ""

    @abstractmethod
    async def take_back(self) -> None:
        """What was there before takes its place again; nothing where that is where it was."""

    @abstractmethod
    async def keep(self) -> None:
        """Removes what was there before."""

    @abstractmethod
    async def forget(self) -> None:
        """Removes what was loaded and not exchanged."""


def what_is_left(name: str) -> str:
    """Of what a restore put aside that was killed before it removed it."""
    return f"what was there before an earlier restore, which was killed, is still there: {name}; remove it by hand"


class FolderExchange(Exchange):
    """A folder of the host, or a single file. A subclass may fill it otherwise."""

    def __init__(self, site: Site, repository: Repository, planned: PlannedRestore, say: Say) -> None:
        self.name = planned.saved.name
        self._say = say
        self._site = site
        self._saved = planned.saved
        self._repository = repository
        self._path = self._place_of(planned)
        self._data = planned.target.path
        self._new = self._aside = ""

    def _place_of(self, planned: PlannedRestore) -> str:
        """Of what is exchanged, on the host."""
        return planned.target.path

    async def load(self) -> tuple[str, ...]:
        self._new = (await self._run("beside", self._path, self._data)).strip()
        self._aside = posixpath.join(posixpath.dirname(self._new), f".dockworthy-restore.before-{secrets.token_hex(4)}")
        for left in (await self._run("aside", self._new)).splitlines():
            self._say(f"{self.name}: {what_is_left(left)}")
        wrong = await self._fill(self._new)
        if self._saved.single:
            await self._run("single", self._new, posixpath.join(self._new, posixpath.basename(self._saved.path)))
        return wrong

    async def _fill(self, folder: str) -> tuple[str, ...]:
        """Loads into `folder`, which is empty: a subclass otherwise than the files of a snapshot. Returns what is not
        as it was saved, as sentences."""
        return await fill_folder(self._site, self._repository, self._saved, folder)

    def exchange_script(self) -> str:
        return _FILES.with_arguments("exchange", self._path, self._new, self._aside, self._data)

    async def take_back(self) -> None:
        await self._run("back", self._path, self._aside, self._new, self._data)

    async def keep(self) -> None:
        await self._run("remove", self._aside)

    async def forget(self) -> None:
        if self._new:
            await self._run("remove", self._new)

    async def _run(self, *words: str) -> str:
        done = await self._site.shell.run(_FILES.with_arguments(*words), seconds=COPYING)
        if done.status:
            raise HostError(f"{self._site.name}: {self.name} can't be restored: {done.words or 'no reason given'}")
        return done.output
