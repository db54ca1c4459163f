"""A PostgreSQL that can be brought back to any second: with each backup a copy of the whole server, and its log, which
is received beside it, with each backup and between them.

What is saved of the log belongs to a backup, and goes with it. For longer than a day it stays on the host, too, and is
saved again with the next ones (restic keeps equal parts once): where of several backups of a day one alone is kept, no
second between it and the one of the day before is lost.
"""

from __future__ import annotations

import asyncio
import posixpath
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..engine.clock import now
from ..engine.site import Site, reach
from ..engine.who import who_runs
from ..errors import DockworthyError, HostError, Occupied
from ..model.backup import BackupPlan, BackupRun, DataKind, DataSet, PlannedData, SavedLog
from ..model.backup_settings import BackupSettings
from ..model.labels import LOG_PROJECT
from ..model.saying import Say
from .discovery import find_data
from .files import COPYING
from .log_needs import look_for_way
from .log_reach import LOG_PART
from .log_receiver import (
    LOG_DATA,
    LOG_OF,
    KeptLog,
    LogChain,
    LogGap,
    LogReceiver,
    receivers,
    remove_receivers,
)
from .plan import settings_by_data
from .recognising import server_of
from .repository import Repository
from .repository_place import place_id
from .restic_faults import FilesUnread
from .schedule import LOG_EVERY

KEPT_MINUTES = 26 * 60
"""For which what is saved stays on its host: longer than a day, also where clocks change."""
_IN_TURN = 0.8 * LOG_EVERY
_LOOKS_EVERY = 0.5
_TRIES = 3
"""Files get another name while they are read."""


async def receiver_of(site: Site, data: DataSet) -> LogReceiver:
    """Raises HostError, EngineError where it can't be received."""
    writer = server_of(data, (DataKind.POSTGRESQL,))
    if writer is None:
        raise HostError(f"{data.name}: its database does not run", hint="start its service")
    way, lacks = await look_for_way(site, data, writer)
    if lacks:
        raise HostError(f"{data.name}: its log can't be received: {lacks[0]}", hint="dockworthy backup --dry-run")
    return LogReceiver(site, data, writer, way)


async def save_copy(
    site: Site, repository: Repository, planned: PlannedData, *, tags: Mapping[str, str], say: Say
) -> SavedLog:
    """Sees that the log is received, and saves a copy of the whole server while it goes on. Raises HostError,
    EngineError."""
    receiver = await receiver_of(site, planned.data)
    chain = await receiver.begin(say=say)
    first = await receiver.server.value("SELECT pg_walfile_name(pg_current_wal_flush_lsn())", "template1")
    snapshot = await repository.save_output(
        "base.tar", receiver.copying(), tags={**tags, "part": "base", "chain": chain.name}, seconds=COPYING
    )
    await receiver.mark(chain)
    return SavedLog(
        base=snapshot.id,
        chain=chain.name,
        first=first,
        size=chain.size,
        ended=await receiver.kept.until(chain),
        folder=planned.data.data_folder,
        bytes=snapshot.total_bytes,
    )


async def save_logs_with(site: Site, repository: Repository, plan: BackupPlan, run: BackupRun, *, say: Say) -> None:
    """After its manifest: from now on what is received belongs to this backup. Raises HostError, EngineError."""
    of_place = place_id(repository.place)
    copies = {(each.project, each.name): each.log for each in run.data if each.log is not None}
    for planned in plan.data:
        log = copies.get((planned.data.project, planned.data.name))
        if log is None:
            continue
        kept = KeptLog(site, planned.data.project, planned.data.name)
        for chain in await kept.chains():
            if chain.name == log.chain:
                await (await receiver_of(site, planned.data)).mark(chain)
                await kept.open_window(chain, of_place, run.id)
            try:
                await _save_chain(repository, kept, chain, planned.data, run.scope, say=say)
            except LogGap as gap:
                if chain.name == log.chain:
                    raise
                say(f"{gap.says}; what was saved of it before stays")


async def end_with(site: Site, plan: BackupPlan, runs: Sequence[BackupRun]) -> None:
    """When every repository has it: what is older than a day and before the last copy goes from the host, and chains
    that have ended. Raises HostError."""
    for planned in plan.data:
        logs = [
            each.log
            for run in runs
            for each in run.data
            if (each.project, each.name) == (planned.data.project, planned.data.name) and each.log is not None
        ]
        if len(logs) < len(runs) or not logs:
            continue
        kept = KeptLog(site, planned.data.project, planned.data.name)
        current = await kept.current()
        for chain in await kept.chains():
            if current is None or chain.name != current.name:
                await kept.drop(chain)
            elif all(each.chain == chain.name for each in logs):
                await kept.trim(chain, min(each.first for each in logs), minutes=KEPT_MINUTES)


async def _unwanted(site: Site, plan: BackupPlan) -> list[dict[str, Any]]:
    """Receivers of the plan's project that no data set has asked for any more, as the engine lists them. Of the whole
    engine none: other projects ask for theirs in files of their own."""
    wanted = {KeptLog(site, each.data.project, each.data.name).id for each in plan.data if each.point_in_time}
    return [
        each
        for each in await receivers(site)
        if plan.scope and plan.scope == each["Labels"].get(LOG_PROJECT) and each["Labels"].get(LOG_OF) not in wanted
    ]


async def notes_on_receivers(site: Site, plan: BackupPlan) -> list[str]:
    """What ends with this backup, as sentences. Raises EngineError."""
    says = "the log of {} is received, and no `point_in_time` asks for it: that ends with this backup"
    return [says.format(each["Labels"].get(LOG_DATA)) for each in await _unwanted(site, plan)]


async def end_unwanted(site: Site, plan: BackupPlan, *, say: Say) -> None:
    """The receiver goes, and what its server keeps for it, where that runs. Raises HostError, EngineError."""
    for each in await _unwanted(site, plan):
        name = each["Labels"].get(LOG_DATA)
        say(f"the log of {name} is not received any more")
        await remove_receivers(site, each["Labels"][LOG_OF])
        for data in (planned.data for planned in plan.data):
            kept = KeptLog(site, data.project, data.name)
            writer = server_of(data, (DataKind.POSTGRESQL,))
            if kept.id == each["Labels"][LOG_OF] and writer is not None:
                way, _ = await look_for_way(site, data, writer)
                await LogReceiver(site, data, writer, way).end()


async def _save_chain(
    repository: Repository, kept: KeptLog, chain: LogChain, data: DataSet, scope: str, *, say: Say
) -> bool:
    """What is there of it. False where no backup in this repository has a copy from which it goes on. Raises LogGap,
    HostError."""
    window = await kept.window(chain, place_id(repository.place))
    until = await kept.until(chain)
    if not window or not until:
        return False
    for last in (*[False] * (_TRIES - 1), True):
        files = await kept.files(chain)
        tags = {
            "run": window,
            "scope": scope,
            "data": data.name,
            "project": data.project,
            "part": LOG_PART,
            "chain": chain.name,
            "first": files.first,
            "last": files.whole[-1] if files.whole else "",
            "size": str(chain.size),
            "until": until,
        }
        if not files.first:
            say(f"{data.name}: nothing of its log has arrived yet")
            return False
        try:
            await repository.save_paths([kept.received(chain)], tags=tags, seconds=COPYING, by_link=True)
            return True
        except FilesUnread:
            if last:
                raise
    return False


async def save_logs(site: Site, repository: Repository, received: Iterable[DataSet], scope: str, *, say: Say) -> int:
    """What was received since, between backups. Where its server does not answer, what is there is saved all the same.
    Returns of how many data sets. Raises HostError, EngineError at the end where one of them failed."""
    failed: DockworthyError | None = None
    saved = 0
    for each in received:
        kept = KeptLog(site, each.project, each.name)
        chain = await kept.current()
        if chain is None:
            say(f"{each.name}: its log is not received yet: dockworthy backup begins it")
            continue
        try:
            await (await receiver_of(site, each)).mark(chain)
        except DockworthyError as error:
            failed = failed or error
            say(f"{each.name}: {error.says}")
        try:
            saved += await _save_chain(repository, kept, chain, each, scope, say=say)
        except DockworthyError as error:
            failed = failed or error
    if failed is not None:
        raise failed
    return saved


async def _in_turn(site: Site) -> None:
    """One at a time, of all projects of the host: timers begin at the same moment. Raises Occupied."""
    lock = KeptLog(site, "", "").lock
    await site.shell.run(f"umask 077; mkdir -p {shlex.quote(posixpath.dirname(lock))}")
    clock = asyncio.get_running_loop().time
    ends = clock() + _IN_TURN
    while holder := await site.shell.hold(lock, f"a log that is saved by {who_runs()} since {now()}"):
        if clock() > ends:
            raise Occupied(f"logs are saved on {site.name} already: {holder}", hint="wait until that has ended")
        await asyncio.sleep(_LOOKS_EVERY)


async def save_logs_here(endpoint: str, scope: str, settings: BackupSettings, *, sudo: bool, say: Say) -> int:
    """Between backups: what was received of each log of the project goes to every repository. Returns of how many data
    sets. Raises HostError, EngineError, UsageError, and Occupied where others are at it for long."""
    async with reach(endpoint, command="backup log", sudo=sudo) as site:
        found = await find_data(site, scope)
        said = settings_by_data(settings.data, found)
        wanted = [
            each
            for each in found
            if (its := said.get(each.name)) is not None and its.postgresql is not None and its.postgresql.point_in_time
        ]
        if not wanted:
            say("of no data set the log is received (`point_in_time` in dockworthy.yaml)")
            return 0
        await _in_turn(site)
        failed: DockworthyError | None = None
        saved = 0
        for place in settings.to:
            repository = Repository(site.shell, place, settings.key, site.state)
            try:
                await repository.ready(create=False)
                saved = max(saved, await save_logs(site, repository, wanted, scope, say=say))
            except DockworthyError as error:
                failed = failed or error
                say(f"{repository.shown}: {error.says}")
        if failed is not None:
            raise failed
        return saved
