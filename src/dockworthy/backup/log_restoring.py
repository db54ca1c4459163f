"""A PostgreSQL on its way back to a moment: a copy of the whole server in a folder beside the old one, in which a
second server of the same image recovers by the log, and ends; then the folders are exchanged."""

from __future__ import annotations

import asyncio
import posixpath
import shlex
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from msgspec import Struct

from ..engine.site import Site
from ..errors import HostError
from ..host_scripts import HostScript
from ..model.moments import read_moment
from ..model.saying import Say
from .exchange import FolderExchange, PlannedRestore
from .files import COPYING
from .log_reach import SEGMENT, LogPiece, Recovery, gap_in, in_words
from .postgresql import PostgresqlServer
from .repository import Repository
from .server_beside import comes_up, server_beside, stop_whole

_FOLDER = HostScript(__package__, "log_folder.sh")
_LOAD = HostScript(__package__, "load_copy.sh")
_RECOVERS = 12 * 3600.0
"""Seconds in which it must have read all of its log."""
_LETS_IN = 120.0
"""Seconds in which the exchanged one must let its own programs in, once its container runs."""
_LOOKS_EVERY = 0.5
_REACHED = """SELECT coalesce(to_char(pg_last_xact_replay_timestamp() AT TIME ZONE 'UTC',
    'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '')"""
_DATABASES = "SELECT string_agg(datname, chr(10)) FROM pg_database WHERE datallowconn"


class Recovered(Struct, frozen=True):
    """What came of it. `last`: when the last transaction ended that it has, "" where it has none since its copy was
    made; `databases`: those that can be connected to; `wrong`: what is not as it must be, as sentences."""

    last: str
    databases: tuple[str, ...]
    wrong: tuple[str, ...]


def settings_for(recovery: Recovery, timeline: str) -> str:
    """Lines of postgresql.auto.conf by which it recovers to that moment, ends its recovery, and does nothing else: it
    archives nothing, follows nobody, and runs no jobs. Pure."""
    lines = [
        "restore_command = 'false'",
        "recovery_target_action = 'promote'",
        f"recovery_target_timeline = '{int(timeline, 16)}'",
        "recovery_target = ''",
        "hot_standby = 'off'",
        "archive_mode = 'off'",
        "primary_conninfo = ''",
        "synchronous_standby_names = ''",
        "max_logical_replication_workers = '0'",
        "cron.launch_active_jobs = 'off'",
    ]
    if recovery.moment is not None:
        moment = recovery.moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f+00")
        lines.append(f"recovery_target_time = '{moment}'")
    return "\n".join(lines)


def pieces_for(recovery: Recovery) -> list[LogPiece]:
    """Those of the log that are needed, the oldest first. Pure."""
    needed = []
    for piece in recovery.reach.pieces:
        needed.append(piece)
        if recovery.moment is not None and piece.until >= recovery.moment:
            break
    return needed


async def load_copy(site: Site, repository: Repository, recovery: Recovery, folder: str, like: str, name: str) -> None:
    """Fills `folder`, which is there and empty, with the copy and its log: a server that starts in it recovers. Raises
    HostError."""
    log = recovery.reach.log
    pieces = [
        repository.by_hand("dump", "--quiet", "--archive", "tar", f"{each.id}:{each.path}", "/")
        for each in pieces_for(recovery)
    ]
    script = _LOAD.with_arguments(
        repository.dump_command(log.base, "base.tar"), folder, like, settings_for(recovery, log.first[:8]), *pieces
    )
    done = await site.shell.run(script, seconds=COPYING)
    if done.status:
        raise HostError(f"{site.name}: the copy of {name} could not be restored: {done.words}")
    if wrong := await missing_in_log(site, recovery, folder):
        raise HostError(f"{name}: {wrong}", hint="its log is damaged in this repository: try another one (--from)")


async def missing_in_log(site: Site, recovery: Recovery, folder: str) -> str:
    """What a loaded data folder lacks of its log, as a sentence; "" for nothing. Raises HostError."""
    log = recovery.reach.log
    done = await site.shell.run(_FOLDER.with_arguments("list", f"{folder}/pg_wal"))
    names = [line.split()[0] for line in done.output.splitlines() if line]
    there = sorted(each for each in names if SEGMENT.fullmatch(each) and log.first <= each < f"{log.first[:8]}Z")
    if log.first not in there:
        return f"of its log {log.first} is missing, with which its copy begins"
    if gap := gap_in(there, log.size):
        return f"its log has a gap: nothing is there between {gap[0]} and {gap[1]}"
    return ""


async def recover(
    site: Site,
    recovery: Recovery,
    folder: str,
    *,
    container: str,
    at: str,
    instead_of: str,
    name: str,
    labels: Mapping[str, str] | None = None,
    scratch_in: str = "",
    asked: Callable[[PostgresqlServer], Awaitable[None]] | None = None,
) -> Recovered:
    """Has a second server like `container` recover in `folder` (which it has at `at`), and end. `labels`,
    `scratch_in`: see `server_beside`; `asked`: asks the one that has recovered. Raises HostError where it does not."""
    async with server_beside(
        site,
        container,
        name=name,
        folder=folder,
        at=at,
        instead_of=instead_of,
        labels=labels,
        scratch_in=scratch_in,
    ) as beside:
        server = PostgresqlServer(site, beside, name)
        await comes_up(
            site,
            beside,
            lambda: _has_recovered(server),
            name=name,
            to=f"recover {name} to {moment_of(recovery)}",
            seconds=_RECOVERS,
        )
        found = await seen_in(server, recovery)
        if asked is not None:
            await asked(server)
        await stop_whole(site, beside, name=name)
    words = [shlex.quote(f"{folder}/{each}") for each in ("dockworthy.auto.conf", "postgresql.auto.conf")]
    done = await site.shell.run(f"mv -f -- {' '.join(words)}")
    if done.status:
        raise HostError(f"{site.name}: the settings of {name} can't be put back: {done.words}")
    return found


async def seen_in(server: PostgresqlServer, recovery: Recovery) -> Recovered:
    """What a server that has recovered holds. Raises HostError."""
    last = await server.value(_REACHED, "template1")
    databases = tuple((await server.value(_DATABASES, "template1")).splitlines())
    wrong = []
    reached = read_moment(last) if last else None
    if reached is not None and recovery.moment is not None and reached > recovery.moment:
        wrong.append(f"it has what was done at {last}, after {moment_of(recovery)}")
    for database in databases:
        try:
            await server.value("SELECT count(*) FROM pg_class", database)
        except HostError as error:
            wrong.append(f"{database}: {error.says}")
    return Recovered(last, databases, tuple(wrong))


def moment_of(recovery: Recovery) -> str:
    """In words: the moment that it comes back to."""
    if recovery.moment is None:
        return f"the end of what was received, {in_words(recovery.reach.until)} or later"
    return recovery.moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


async def _has_recovered(server: PostgresqlServer) -> bool:
    try:
        await server.find_login()
        return await server.value("SELECT pg_is_in_recovery()", "template1") == "f"
    except HostError:
        return False


class PointInTimeExchange(FolderExchange):
    """The server stops while the folders are exchanged: all of it is as it was at that moment, its accounts and
    settings, too."""

    def __init__(self, site: Site, repository: Repository, planned: PlannedRestore, say: Say) -> None:
        super().__init__(site, repository, planned, say)
        assert planned.recovery is not None, "it comes back by its log"
        target = planned.target
        self._recovery = planned.recovery
        self._container = planned.server
        mounted = [each.mounted_at for each in target.writers if each.id == planned.server and not each.read_only]
        self._mounted_at = mounted[0]
        below = planned.recovery.reach.log.folder  # the folder may be empty now
        self._at = posixpath.join(mounted[0], below).rstrip("/")
        self._runs = any(each.id == planned.server and each.running for each in target.writers)

    def _place_of(self, planned: PlannedRestore) -> str:
        assert planned.recovery is not None
        return posixpath.join(planned.target.path, planned.recovery.reach.log.folder).rstrip("/")

    async def _fill(self, folder: str) -> tuple[str, ...]:
        await load_copy(self._site, self._repository, self._recovery, folder, self._path, self.name)
        began = datetime.now(UTC)
        found = await recover(
            self._site,
            self._recovery,
            folder,
            container=self._container,
            at=self._at,
            instead_of=self._mounted_at,
            name=self.name,
        )
        took = (datetime.now(UTC) - began).total_seconds()
        last = f"its last transaction ended at {found.last}" if found.last else "nothing was done since its copy"
        self._say(f"{self.name}: recovered to {moment_of(self._recovery)} in {took:.1f} s; {last}")
        return found.wrong

    async def prove(self) -> str:
        if not self._runs:
            self._say(f"{self.name}: its container did not run, and does not run now: start it")
            return ""
        server = PostgresqlServer(self._site, self._container, self.name)
        clock = asyncio.get_running_loop().time
        ends = clock() + _LETS_IN
        while not await _has_recovered(server):
            if clock() > ends:
                return "its database lets nobody in, or still recovers"
            await asyncio.sleep(_LOOKS_EVERY)
        return ""

    async def keep(self) -> None:
        await super().keep()
        self._say(f"{self.name}: its log begins anew with the next backup, and only then it is received: run it now")
