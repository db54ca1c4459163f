"""Data that is saved and brought back by commands of the person's own, in the container of its service: `dump` writes
to its standard output what `restore` reads from its standard input. What a restore must find again, only they know."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Mapping

from ..engine.site import Site
from ..errors import HostError
from ..host_scripts import HostScript
from ..model.backup import DataKind, PlannedData, SavedData
from ..model.saying import Say
from .exchange import Exchange, PlannedRestore, what_is_left
from .files import COPYING
from .repository import Repository

_LOAD = HostScript(__package__, "load_dump.sh")
_COUNT = HostScript(__package__, "count_output.sh")
_KEEP_OUTPUT = HostScript(__package__, "keep_output.sh")
_BEFORE = "before-restore-"
"""How files are called that hold what was there before."""


async def save_by_command(
    site: Site, repository: Repository, planned: PlannedData, *, tags: Mapping[str, str]
) -> SavedData:
    """Raises HostError where the command fails, or writes nothing."""
    data = planned.data
    script = _in_container(site, planned.container, planned.command)
    snapshot = await repository.save_output("dump", script, tags={**tags, "part": "dump"}, seconds=COPYING)
    return SavedData(
        name=data.name,
        project=data.project,
        kind=DataKind.COMMAND,
        method=planned.method,
        volume=data.volume,
        path=data.path,
        bytes=snapshot.total_bytes,
        snapshots={"dump": snapshot.id},
        service=next((each.service for each in data.writers if each.container == planned.container), ""),
        dump=planned.command,
        restore=planned.restore,
    )


async def load_by_command(site: Site, repository: Repository, saved: SavedData, container: str) -> None:
    """Its `restore` reads what was saved. Raises HostError with the last words of the command."""
    await _load(site, saved, container, repository.dump_command(saved.snapshots["dump"], "dump"))


async def dumped_bytes(site: Site, saved: SavedData, container: str) -> int:
    """How much its `dump` writes now. Raises HostError."""
    return await _bytes_of(site, _in_container(site, container, saved.dump), f"{saved.name}: its own command")


async def _bytes_of(site: Site, command: str, who: str) -> int:
    done = await site.shell.ask(_COUNT.with_arguments(command), seconds=COPYING)
    if done.status:
        raise HostError(f"{site.name}: {who} can't dump it: {done.words or 'no reason given'}")
    return int(done.output)


async def _load(site: Site, saved: SavedData, container: str, source: str) -> None:
    done = await site.shell.ask(_LOAD.with_arguments(source, _takes(site, saved, container)), seconds=COPYING)
    if done.status:
        why = done.words or "it ended with an error and said nothing"
        raise HostError(f"{site.name}: {saved.name}: its own command can't restore it: {why}")


def _takes(site: Site, saved: SavedData, container: str) -> str:
    return _in_container(site, container, saved.restore, keeps_input=True)


def _in_container(site: Site, container: str, command: str, *, keeps_input: bool = False) -> str:
    words = ("docker", "--host", f"unix://{site.socket}", "exec", *(("--interactive",) if keeps_input else ()))
    return shlex.join((*words, container, "sh", "-c", command))


class CommandExchange(Exchange):
    """The container goes on: its own command puts the saved data in the place of what is there, which is dumped before,
    so that it can come back. A file with that dump is there from then on until it is no longer needed."""

    def __init__(self, site: Site, repository: Repository, planned: PlannedRestore, say: Say) -> None:
        self.name = planned.saved.name
        self._site = site
        self._repository = repository
        self._saved = planned.saved
        self._container = planned.server
        self._before = f"{site.state}/backup/{_BEFORE}{secrets.token_hex(4)}"
        self._say = say

    async def load(self) -> tuple[str, ...]:
        """Nothing can be loaded beside what is there. The saved dump must be there whole."""
        for left in await self._left_by_others():
            self._say(f"{self.name}: {what_is_left(left)}")
        dump = self._repository.dump_command(self._saved.snapshots["dump"], "dump")
        found = await _bytes_of(self._site, dump, f"{self.name}: the repository")
        return () if found == self._saved.bytes else (f"its dump has {found:,} of {self._saved.bytes:,} bytes",)

    async def _left_by_others(self) -> list[str]:
        done = await self._site.shell.run(f"ls -d -- {shlex.quote(self._site.state)}/backup/{_BEFORE}* 2>/dev/null")
        return done.output.splitlines()

    def exchange_script(self) -> str:
        keeps = _KEEP_OUTPUT.with_arguments(_in_container(self._site, self._container, self._saved.dump), self._before)
        dump = self._repository.dump_command(self._saved.snapshots["dump"], "dump")
        loads = _LOAD.with_arguments(dump, _takes(self._site, self._saved, self._container))
        return "\n".join(("(", keeps, ") || exit", loads))

    async def take_back(self) -> None:
        there = await self._site.shell.run(f"[ -e {shlex.quote(self._before)} ]")
        if not there.status:
            await _load(self._site, self._saved, self._container, f"cat -- {shlex.quote(self._before)}")
            await self.keep()

    async def keep(self) -> None:
        await self._site.shell.run(f"rm -f -- {shlex.quote(self._before)}")

    async def forget(self) -> None:
        """Nothing was loaded beside what is there. Where that did not come back, its dump stays."""
