"""Data is brought back in place: beside what is there first, compared with what the backup says that it must hold, and
only then exchanged, while nobody writes. What was there stays aside until the containers run again; if they do not, it
comes back."""

from __future__ import annotations

import asyncio
import posixpath
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

from msgspec import Struct, structs

from ..engine.clock import now
from ..engine.site import Site, reach
from ..engine.who import who_runs
from ..errors import DockworthyError, HostError, Occupied, UsageError
from ..host_scripts import HostScript
from ..interruption import to_its_end
from ..model.backup import BackupRun, DataKind, DataSet, DataWriter, RestoredData, RestoreDone, RestorePlan, SavedData
from ..model.backup_settings import BackupSettings, Quiesce
from ..model.moments import days_between, read_moment
from ..model.saying import Say
from .discovery import find_data
from .postgresql import (
    ASIDE,
    LOADING,
    PostgresqlServer,
    differences,
    drop_database,
    exchange_databases,
    found_in,
    load_database,
    load_globals,
)
from .quiesce import free_quiesced, quiesced
from .reading import opened
from .repository import Repository
from .saving import runs_in, survey

_FILES = HostScript(__package__, "restored_files.sh")
_COPYING = 24 * 3600.0
_RUNS_AGAIN = 120.0
"""Seconds in which a container that was stopped must run, and be healthy where it has a health check."""
_LOOKS_EVERY = 0.5
_SHORTEST_ID = 4


class RestoreFailed(DockworthyError):
    """The containers do not run with the restored data: what was there before is back."""


class DoesNotMatch(DockworthyError):
    """What was restored is not what was saved: nothing was exchanged."""


class PlannedRestore(Struct, frozen=True, kw_only=True):
    """`saved` comes in the place of `target`. `container`: the database's, "" for files."""

    saved: SavedData
    target: DataSet
    container: str = ""


def planned_restores(run: BackupRun, there: Sequence[DataSet], wanted: Sequence[str]) -> tuple[PlannedRestore, ...]:
    """Of the data sets `wanted` (all: ()). Pure. Raises UsageError for a name that the run does not have, and for data
    that has no place here: its volume is gone, say, or its database does not run."""
    names = {each.name for each in run.data}
    if unknown := [name for name in wanted if name not in names]:
        raise UsageError(f"the backup of {run.taken} has no {unknown[0]}", hint=f"it has: {', '.join(sorted(names))}")
    found = {(each.project, each.name): each for each in there}
    planned = []
    for saved in run.data:
        if wanted and saved.name not in wanted:
            continue
        target = found.get((saved.project, saved.name))
        if target is None:
            raise UsageError(
                f"{saved.name} has no place here any more",
                hint="start its project once (docker compose up), so that its volumes are there; then restore",
            )
        container = ""
        if "dump" in saved.snapshots:
            raise UsageError(
                f"{saved.name} was saved by a command of yours, and comes back by one of yours alone",
                hint=f"restic dump {saved.snapshots['dump'][:12]} dump | docker exec -i CONTAINER sh -c '…'; "
                "name the other data sets to restore them",
            )
        if saved.kind is DataKind.POSTGRESQL and "globals" in saved.snapshots:
            running = [each for each in target.writers if each.running and "postgres" in " ".join(each.programs)]
            if not running:
                raise UsageError(
                    f"{saved.name}: its database does not run, and takes no dump", hint="start its service, and restore"
                )
            container = running[0].id
        planned.append(PlannedRestore(saved=saved, target=target, container=container))
    return tuple(planned)


class _Exchange:
    """One data set on its way: loaded beside what is there, exchanged, and either kept or taken back."""

    name: str

    async def load(self) -> tuple[str, ...]:
        """Returns what is not as it was saved."""
        raise NotImplementedError

    async def exchange(self) -> None: ...

    async def take_back(self) -> None: ...

    async def keep(self) -> None: ...

    async def forget(self) -> None:
        """Removes what was loaded and not exchanged."""


class _DatabaseExchange(_Exchange):
    def __init__(self, site: Site, repository: Repository, planned: PlannedRestore, say: Say) -> None:
        self.name = planned.saved.name
        self._saved = planned.saved
        self._repository = repository
        self._server = PostgresqlServer(site, planned.container, planned.saved.name)
        end = secrets.token_hex(4)
        self._new = {name: f"{LOADING}{end}_{number}" for number, name in enumerate(self._databases)}
        self._aside = {name: f"{ASIDE}{end}_{number}" for number, name in enumerate(self._databases)}
        self._say = say
        self._exchanged: list[str] = []

    @property
    def _databases(self) -> Mapping[str, Mapping[str, object]]:
        found: Mapping[str, Mapping[str, object]] = self._saved.expected["databases"]
        return found

    async def load(self) -> tuple[str, ...]:
        await self._server.find_login()
        for left in await self._server.of_restores():
            if left.startswith(LOADING):  # of a restore that was killed while it loaded: the lock is ours
                await drop_database(self._server, left)
            else:
                self._say(f"{self.name}: what an earlier restore, which was killed, put aside is still there: {left}")
        await load_globals(self._server, self._repository, self._saved.snapshots["globals"])
        said: list[str] = []
        for database, expected in self._databases.items():
            snapshot, new = self._saved.snapshots[f"database/{database}"], self._new[database]
            properties = expected["properties"]
            assert isinstance(properties, dict)
            await load_database(self._server, self._repository, snapshot, properties, into=new)
            found = await found_in(self._server, new)
            said += (f"{database}: {each}" for each in differences(expected, found))
        return tuple(said)

    async def exchange(self) -> None:
        for database, new in self._new.items():
            await exchange_databases(self._server, database, new, self._aside[database])
            self._exchanged.append(database)

    async def take_back(self) -> None:
        there = await self._server.of_restores()
        for database in self._exchanged:
            if self._aside[database] in there:
                await exchange_databases(self._server, database, self._aside[database], self._new[database])
        self._exchanged.clear()

    async def keep(self) -> None:
        for database in self._exchanged:
            await drop_database(self._server, self._aside[database])

    async def forget(self) -> None:
        for new in self._new.values():
            await drop_database(self._server, new)


class _FilesExchange(_Exchange):
    def __init__(self, site: Site, repository: Repository, planned: PlannedRestore, say: Say) -> None:
        self.name = planned.saved.name
        self._say = say
        self._site = site
        self._saved = planned.saved
        self._repository = repository
        self._path = planned.target.path
        self._new = ""
        self._aside = ""

    async def load(self) -> tuple[str, ...]:
        self._new = (await self._run("beside", self._path)).strip()
        for left in (await self._run("aside", self._path)).splitlines():
            self._say(f"{self.name}: what an earlier restore, which was killed, put aside is still there: {left}")
        snapshot = self._saved.snapshots["files"]
        await self._repository.restore_paths(snapshot, self._saved.path, self._new, seconds=_COPYING)
        found = await survey(self._site, self._new)
        return tuple(
            f"{what}: {found[what]} and should be {wanted}"
            for what, wanted in self._saved.expected.items()
            if found.get(what) != wanted
        )

    async def exchange(self) -> None:
        aside = posixpath.join(posixpath.dirname(self._path), f".dockworthy-restore.before-{secrets.token_hex(4)}")
        await self._run("exchange", self._path, self._new, aside)
        self._aside = aside

    async def take_back(self) -> None:
        if self._aside:
            await self._run("back", self._path, self._aside, self._new)
            self._aside = ""

    async def keep(self) -> None:
        if self._aside:
            await self._run("remove", self._aside)

    async def forget(self) -> None:
        if self._new and not self._aside:
            await self._run("remove", self._new)

    async def _run(self, *words: str) -> str:
        done = await self._site.hand.run(_FILES.with_arguments(*words), seconds=_COPYING)
        if done.status:
            raise HostError(f"{self._site.name}: {self.name} can't be restored: {done.words or 'no reason given'}")
        return done.output


async def restore_here(
    endpoint: str,
    scope: str,
    settings: BackupSettings,
    wanted: Sequence[str],
    *,
    at: str,
    place: str,
    sudo: bool,
    proven: Mapping[str, str],
    agree: Callable[[RestorePlan], bool],
    say: Say,
) -> RestoreDone:
    """Finds the backup, plans, and brings it back as agreed. `at`: see `run_at`; `proven`: id of a backup -> when a
    drill restored it. Raises UsageError for what is not there, and what restoring raises."""
    async with (
        reach(endpoint, command="restore", sudo=sudo) as site,
        opened(site, settings, place) as (repository, said),
    ):
        for note in said:
            say(note)
        run = run_at(await runs_in(repository, scope), at)
        there = await find_data(site, scope)
        planned = planned_restores(run, there, wanted)
        writers = stopped_for(planned, there)
        plan = RestorePlan(
            scope=scope,
            place=repository.shown,
            run=run.id,
            taken=run.taken,
            age=round((days_between(run.taken, now()) or 0.0) * 86400, 0),
            data=tuple(
                RestoredData(
                    name=each.saved.name,
                    project=each.saved.project,
                    kind=each.saved.kind,
                    bytes=each.saved.bytes,
                    replaces=each.target.bytes,
                )
                for each in planned
            ),
            stops=tuple(sorted({each.container for each in writers if each.running})),
            doubts=run.doubts,
            proven=proven.get(run.id, ""),
        )
        if not agree(plan):
            return RestoreDone(plan=plan)
        lock = f"{site.state}/backup/lock"
        if holder := await site.hand.hold(lock, f"restore by {who_runs()} since {now()}"):
            raise Occupied(f"a backup or restore runs on {site.name} already: {holder}", hint="wait until it has ended")
        for freed in await free_quiesced(site):
            say(freed)
        clock = asyncio.get_running_loop().time
        began = clock()
        downtime = await restore_in_place(site, repository, planned, writers, say=say)
        return RestoreDone(plan=plan, restored=True, seconds=round(clock() - began, 1), downtime=round(downtime, 1))


def run_at(runs: Sequence[BackupRun], at: str) -> BackupRun:
    """The newest run about which there is no doubt ("": of all; a moment: of those that were taken by then), or the one
    of that id. Pure. Raises UsageError where there is none."""
    if not runs:
        raise UsageError("nothing was backed up yet", hint="dockworthy backup makes the first one")
    if not at:
        return _newest(runs)
    if found := [each for each in runs if len(at) >= _SHORTEST_ID and each.id.startswith(at)]:
        return found[0]
    moment = read_moment(at)
    if moment is None:
        raise UsageError(
            f"--at {at}: no backup is called so, and it is no time", hint="dockworthy backup list shows them"
        )
    earlier = [each for each in runs if (taken := read_moment(each.taken)) is not None and taken <= moment]
    if not earlier:
        oldest = min(runs, key=lambda each: each.taken)
        raise UsageError(f"there is no backup of {at} or before", hint=f"the oldest is of {oldest.taken}")
    return _newest(earlier)


def _newest(runs: Sequence[BackupRun]) -> BackupRun:
    return max([each for each in runs if not each.doubts] or runs, key=lambda each: each.taken)


def stopped_for(planned: Sequence[PlannedRestore], there: Sequence[DataSet]) -> tuple[DataWriter, ...]:
    """The containers that stop while data takes its place: those that write to it, and for a database the others of its
    project, which talk to it; not the database itself. Pure."""
    databases = {each.container for each in planned if each.container}
    projects = {each.saved.project for each in planned if each.container}
    found: dict[str, DataWriter] = {}
    for data in there:
        restored = any(each.target is data and not each.container for each in planned)
        for writer in data.writers:
            if (restored and not writer.read_only) or (writer.project and writer.project in projects):
                found.setdefault(writer.id, structs.replace(writer, read_only=False))
    return tuple(writer for id, writer in found.items() if id not in databases)


async def restore_in_place(
    site: Site, repository: Repository, planned: Sequence[PlannedRestore], writers: Sequence[DataWriter], *, say: Say
) -> float:
    """Brings all of it back, or nothing. `writers` stop while it takes its place. Returns for how many seconds they did
    not answer. Raises DoesNotMatch, HostError, EngineError: then what was there before is there again."""
    exchanges = [_exchange_of(site, repository, each, say) for each in planned]
    async with AsyncExitStack() as stack:
        for each in exchanges:
            stack.push_async_callback(_quietly, each.forget, say)
        for each in exchanges:
            say(f"{each.name}: loading it beside what is there")
            if wrong := await each.load():
                raise DoesNotMatch(
                    f"{each.name} is not what was saved: {'; '.join(wrong[:3])}",
                    hint="nothing was changed; try an older one: dockworthy backup list",
                )
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            async with quiesced(site, Quiesce.STOP, writers):
                for each in exchanges:
                    say(f"{each.name}: taking its place")
                    await each.exchange()
            await _run_again(site, writers)
        except BaseException:
            await to_its_end(_taken_back(site, exchanges, writers, say))
            raise
        downtime = clock() - began
    for each in exchanges:
        await each.keep()
    return downtime


async def _taken_back(site: Site, exchanges: Sequence[_Exchange], writers: Sequence[DataWriter], say: Say) -> None:
    say("what was there before comes back")
    async with quiesced(site, Quiesce.STOP, writers):
        for each in exchanges:
            await each.take_back()


def _has_ended(state: Mapping[str, Any]) -> bool:
    return state.get("Status") == "exited" and not state.get("Restarting")


def _exchange_of(site: Site, repository: Repository, planned: PlannedRestore, say: Say) -> _Exchange:
    kind = _DatabaseExchange if planned.container else _FilesExchange
    return kind(site, repository, planned, say)


async def _quietly(does: Callable[[], object], say: Say) -> None:
    try:
        await does()  # type: ignore[misc]
    except DockworthyError as error:
        say(f"note: {error.says}")


async def _run_again(site: Site, writers: Iterable[DataWriter]) -> None:
    """Waits until each that ran before runs, and is healthy where it has a health check. Raises HostError."""
    waiting = {each.id: each.container for each in writers if each.running and not each.read_only}
    clock = asyncio.get_running_loop().time
    ends = clock() + _RUNS_AGAIN
    while waiting:
        for container in list(waiting):
            state = (await site.engine.get(f"/containers/{container}/json"))["State"]
            health = (state.get("Health") or {}).get("Status")
            if state.get("Running") and health in (None, "none", "healthy"):
                del waiting[container]
            elif health == "unhealthy" or _has_ended(state):  # it has failed as often as it may
                ends = 0.0
        if waiting and clock() > ends:
            names = ", ".join(sorted(waiting.values()))
            raise RestoreFailed(
                f"with the restored data {names} did not become healthy: what was there before is back",
                hint=f"docker logs {next(iter(sorted(waiting.values())))}; try an older one: dockworthy backup list",
            )
        await asyncio.sleep(_LOOKS_EVERY if waiting else 0)
