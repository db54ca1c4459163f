"""Valkey and Redis on their way back: the dump is put where the server finds it when it starts next."""

from __future__ import annotations

from msgspec import structs

from ..engine.site import Site
from ..errors import UsageError
from ..model.dump_place import DumpPlace
from ..model.saying import Say
from .exchange import FolderExchange, PlannedRestore
from .key_values import KeyValueServer, NoClient, NoDump, fill_place, has_loaded, place_of, saved_place, server_in
from .repository import Repository


class KeyValueExchange(FolderExchange):
    """A folder with a dump. The server stops while it is exchanged: one that runs writes what it has over it."""

    def __init__(self, site: Site, repository: Repository, planned: PlannedRestore, say: Say) -> None:
        super().__init__(site, repository, planned, say)
        self._target = planned.target

    async def _fill(self, folder: str) -> tuple[str, ...]:
        return await fill_place(self._site, self._repository, self._saved, folder, await self._place())

    async def _place(self) -> DumpPlace:
        """Where the server looks for its data now, if it runs and tells; else as it did when it was saved."""
        try:
            kind, writer = server_in(self._target)
            server = KeyValueServer(self._site, writer.id, self.name, kind)
            told = await server.find_login()
            place = await place_of(self._site, server, told, self._target, writer)
        except NoDump as why:
            self._say(f"{why.says}; so its data comes back as it was kept when it was saved")
            return saved_place(self._saved)
        if told.get("role") != "master":
            raise UsageError(
                f"{self.name}: its server follows {told.get('master_host')}, whose data would take this place",
                hint="restore that one; or let this one follow nobody: REPLICAOF NO ONE, and in its settings",
            )
        return structs.replace(place, owner=saved_place(self._saved).owner, mode=saved_place(self._saved).mode)

    async def prove(self) -> str:
        try:
            _, writer = server_in(self._target)
        except NoDump:
            self._say(f"{self.name}: its server does not run: see what it loads when it is started")
            return ""
        try:
            return await has_loaded(self._site, self._saved, writer.id, say=self._say)
        except NoClient as error:
            return error.says.removeprefix(f"{self.name}: ")
