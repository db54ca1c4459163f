"""Data is brought back in place: beside what is there first, compared with what the backup says that it must hold, and
only then exchanged, while nobody writes. What was there stays aside until the containers run again; if they do not, it
comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

from msgspec import structs

from ..engine.clock import now
from ..engine.site import Site, reach
from ..errors import DockworthyError, HostError, UsageError
from ..interruption import to_its_end
from ..model.backup import (
    BackupMethod,
    BackupRun,
    DataKind,
    DataSet,
    DataWriter,
    RestoredData,
    RestoreDone,
    RestorePlan,
    SavedData,
)
from ..model.backup_settings import BackupSettings, Quiesce
from ..model.saying import Say
from .by_command import CommandExchange
from .discovery import find_data
from .exchange import Exchange, FolderExchange, PlannedRestore
from .key_value_exchange import KeyValueExchange
from .log_reach import LATEST, Recovery
from .log_restored import RestoredLogs
from .log_restoring import PointInTimeExchange, moment_of
from .mariadb import MariadbExchange
from .plan import written_by_services
from .postgresql import PostgresqlExchange
from .quiesce import alone, quiesced
from .recognising import server_of
from .repository import Repository
from .runs import age_of, opened, run_at, runs_in

SERVERS_LOAD = frozenset({BackupMethod.PG_DUMP, BackupMethod.COMMAND})
"""What a server of its kind must run for, to load it."""
_LIKE_A_CONTAINER = frozenset({BackupMethod.MARIADB_DUMP, BackupMethod.MYSQL_DUMP})
"""What a second server loads, which is made like the container of the first: that one may be down."""
_SERVER_STAYS_UP = frozenset({BackupMethod.PG_DUMP, BackupMethod.COMMAND})
"""Of these, the server itself goes on while its data is exchanged."""
_RUNS_AGAIN = 120.0
"""Seconds in which a container that was stopped must run, and be healthy where it has a health check."""
_EXCHANGING = 24 * 3600.0
"""Seconds. Names are exchanged in a moment; a command of a person's own may load for hours."""
_LOOKS_EVERY = 0.5


class RestoreFailed(DockworthyError):
    """The containers do not run with the restored data: what was there before is back."""


class DoesNotMatch(DockworthyError):
    """What was restored is not what was saved: nothing was exchanged."""


def planned_restores(
    run: BackupRun,
    there: Sequence[DataSet],
    wanted: Sequence[str],
    recoveries: Mapping[tuple[str, str], Recovery] = {},
) -> tuple[PlannedRestore, ...]:
    """Of the data sets `wanted` (all: ()). `recoveries`: (project, name) -> to which moment it comes back. Pure. Raises
    UsageError for a name that the run does not have, and for data that has no place here: its volume is gone, say, or
    its database does not run."""
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
        if recovery := recoveries.get((saved.project, saved.name)):
            own = _its_container(saved, target, (DataKind.POSTGRESQL,))
            planned.append(PlannedRestore(saved=recovery.reach.saved, target=target, server=own.id, recovery=recovery))
            continue
        server: DataWriter | None = None
        if saved.method in SERVERS_LOAD:
            server = _loaded_by(saved, target)
            if server is None:
                raise UsageError(
                    f"{saved.name}: its database does not run, and takes no dump", hint="start its service, and restore"
                )
        if saved.method in _LIKE_A_CONTAINER:
            server = _its_container(saved, target, (DataKind.MARIADB, DataKind.MYSQL))
        planned.append(
            PlannedRestore(
                saved=saved,
                target=target,
                server=server.id if server is not None else "",
                server_stays_up=saved.method in _SERVER_STAYS_UP,
            )
        )
    return tuple(planned)


def _loaded_by(saved: SavedData, target: DataSet) -> DataWriter | None:
    """The running container that takes what was saved: the server of its kind, or where the command ran. Raises
    UsageError where nothing says by which command it comes back."""
    if saved.method is not BackupMethod.COMMAND:
        return server_of(target, (saved.kind,))
    if not saved.restore:
        raise UsageError(
            f"{saved.name} was saved by a command of yours, and this backup does not say which one takes it back",
            hint=f"restic dump {saved.snapshots['dump'][:12]} dump | docker exec -i CONTAINER sh -c '…'; "
            "name the other data sets to restore them",
        )
    running = [each for each in target.writers if each.running and not each.read_only]
    return next((each for each in running if each.service == saved.service), None)


def _its_container(saved: SavedData, target: DataSet, kinds: tuple[DataKind, ...]) -> DataWriter:
    """Raises UsageError where it can't be told."""
    if server := server_of(target, kinds):
        return server
    writers = list({each.id: each for each in target.writers if not each.read_only}.values())
    if len(writers) == 1:
        return writers[0]
    raise UsageError(
        f"{saved.name}: no container shows how its database is started",
        hint="start its service once (docker compose up), and restore",
    )


def data_called(wanted: Sequence[str], there: Sequence[DataSet]) -> tuple[str, ...]:
    """Names of data sets: each is called so itself, or by the service that writes to it and to nothing else, as in
    dockworthy.yaml. A name that is neither stays. Raises UsageError for a service that writes to several."""
    names = {each.name for each in there}
    by_service = written_by_services(there)
    found = []
    for called in wanted:
        written = [called] if called in names else by_service.get(called, [called])
        if len(written) > 1:
            raise UsageError(
                f"the service {called} writes to several data sets", hint=f"name one: {', '.join(written)}"
            )
        found += written
    return tuple(found)


async def restore_here(
    endpoint: str,
    scope: str,
    settings: BackupSettings,
    wanted: Sequence[str],
    *,
    at: str,
    place: str,
    sudo: bool,
    proven_of: Callable[[Site], Awaitable[Mapping[str, str]]],
    agree: Callable[[RestorePlan], bool],
    say: Say,
) -> RestoreDone:
    """Finds the backup, plans, and brings it back as agreed. `at`: see `run_at`; `proven_of` tells the id of
    each backup that a drill restored, and when. Raises UsageError for what is not there, and what restoring raises."""
    async with (
        reach(endpoint, command="restore", sudo=sudo) as site,
        opened(site, settings, place) as (repository, said),
    ):
        for note in said:
            say(note)
        there = await find_data(site, scope)
        wanted = data_called(wanted, there)
        logs = RestoredLogs(site, repository, scope, there, say=say)
        runs = await runs_in(repository, scope, say=say)
        recoveries = await logs.recoveries(runs, wanted, at)
        run = run_at(runs, "" if at == LATEST else at, today=now())
        planned = planned_restores(run, there, wanted, recoveries)
        writers = stopped_for(planned, there)
        proven = await proven_of(site)
        plan = RestorePlan(
            scope=scope,
            place=repository.shown,
            run=run.id,
            taken=run.taken,
            age=age_of(run),
            data=tuple(
                RestoredData(
                    name=each.saved.name,
                    project=each.saved.project,
                    kind=each.saved.kind,
                    bytes=each.saved.bytes,
                    replaces=each.target.bytes,
                    by="" if each.recovery else each.saved.restore,
                    moment=moment_of(each.recovery) if each.recovery else "",
                )
                for each in planned
            ),
            stops=tuple(sorted({each.container for each in writers if each.running})),
            doubts=run.doubts,
            proven=proven.get(run.id, ""),
        )
        if not agree(plan):
            return RestoreDone(plan=plan)
        await alone(site, "a restore", say=say)
        if recoveries:
            recoveries = await logs.saved_recoveries(runs, wanted, at)
            planned = planned_restores(run, there, wanted, recoveries)
        clock = asyncio.get_running_loop().time
        began = clock()
        downtime = await restore_in_place(site, repository, planned, writers, say=say)
        return RestoreDone(plan=plan, restored=True, seconds=round(clock() - began, 1), downtime=round(downtime, 1))


def stopped_for(planned: Sequence[PlannedRestore], there: Sequence[DataSet]) -> tuple[DataWriter, ...]:
    """The containers that stop while data takes its place: those that write to it, and for a database the others of its
    project, which talk to it; not the database itself. Pure."""
    databases = {each.server for each in planned if each.server_stays_up}
    projects = {each.saved.project for each in planned if each.server}
    found: dict[str, DataWriter] = {}
    for data in there:
        restored = any(each.target is data and not each.server_stays_up for each in planned)
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
                say(f"{', '.join(each.name for each in exchanges)}: taking their places")
                await _exchange_all(site, exchanges)
            await _run_again(site, writers)
            for each in exchanges:
                if why := await each.prove():
                    raise RestoreFailed(
                        f"{each.name}: {why}: what was there before is back",
                        hint="try an older one: dockworthy backup list",
                    )
        except BaseException:
            await to_its_end(_taken_back(site, exchanges, writers, say))
            raise
        downtime = clock() - began
    for each in exchanges:
        await each.keep()
    return downtime


async def _exchange_all(site: Site, exchanges: Sequence[Exchange]) -> None:
    """All in one script of the host, which comes to its end also where this program is killed meanwhile."""
    lines = [line for each in exchanges for line in ("(", each.exchange_script(), ") || exit")]
    done = await site.shell.run("\n".join(lines), seconds=_EXCHANGING)
    if done.status:
        raise HostError(f"{site.name}: the restored data can't take its place: {done.words or 'no reason given'}")


async def _taken_back(site: Site, exchanges: Sequence[Exchange], writers: Sequence[DataWriter], say: Say) -> None:
    say("what was there before comes back")
    async with quiesced(site, Quiesce.STOP, writers):
        for each in exchanges:
            await each.take_back()


def _has_ended(state: Mapping[str, Any]) -> bool:
    return state.get("Status") == "exited" and not state.get("Restarting")


def _exchange_of(site: Site, repository: Repository, planned: PlannedRestore, say: Say) -> Exchange:
    if planned.recovery is not None:
        return PointInTimeExchange(site, repository, planned, say)
    kind = _EXCHANGES.get(planned.saved.method, FolderExchange)
    return kind(site, repository, planned, say)


_EXCHANGES: Mapping[BackupMethod, Callable[[Site, Repository, PlannedRestore, Say], Exchange]] = {
    BackupMethod.PG_DUMP: PostgresqlExchange,
    BackupMethod.COMMAND: CommandExchange,
    BackupMethod.RDB: KeyValueExchange,
    BackupMethod.MARIADB_DUMP: MariadbExchange,
    BackupMethod.MYSQL_DUMP: MariadbExchange,
}
"""How what was saved by that method comes back; what is not here is a folder of files."""


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
