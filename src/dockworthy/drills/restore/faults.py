"""Faults that the drill makes on purpose, in the copy or in a folder of its own: each is one that a bad backup or
restore has had. What compares the data must see each: a drill that can't see a fault proves nothing.

Nobody writes to the copy meanwhile: its services have been stopped, and only servers of databases run."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from ...backup import mariadb
from ...backup.differences import differences
from ...backup.files import survey
from ...backup.key_values import sees_a_cut
from ...backup.mariadb import MariadbServer
from ...backup.postgresql import PostgresqlServer, created_by, exchanged_by, found_in
from ...backup.repository import Repository
from ...backup.restic_faults import WrongKey
from ...backup.sqlite import sees_a_row_less
from ...engine.site import Site
from ...errors import DockworthyError, HostError
from ...host_scripts import HostScript
from ...model.backup import BackupMethod, BackupRun
from ...model.drill_proof import NegativeControl
from .coming_up import DrillFailed
from .restored_copy import RestoredCopy
from .scratch_folder import scratch_folder

_OTHER_KEY = HostScript(__package__, "other_key.sh")
_CUT_PACK = HostScript(__package__, "cut_pack.sh")
_MINUTES = 600.0
"""Seconds for what is done with a small repository of the drill's own."""


class FaultKind(StrEnum):
    KEY = "key"
    PACK = "pack"
    FILE = "file"
    VOLUME = "volume"
    ROW = "row"
    DUMP = "dump"
    DATABASE = "database"


class MadeFault(Struct, frozen=True):
    """`fault`: what was wrong, as `one row fewer in orders`; `did`: what the drill did, as `deleted a row in orders`;
    `seen`: was it noticed, as it must be?"""

    fault: str
    did: str
    seen: bool


async def faults_of_copy(restored: RestoredCopy, kinds: frozenset[FaultKind] = frozenset(FaultKind)) -> list[MadeFault]:
    """Makes those of `kinds` for which the copy has data, each with the smallest data set that will do; what says most
    of the data comes first. Raises HostError and EngineError where one can't be made, which is no proof either way."""
    made = await _with_a_database(restored, kinds)
    if FaultKind.ROW in kinds:
        made += await _row_of_sqlite(restored)
    return made + await _with_files(restored, kinds)


async def faults_of_repository(
    site: Site, store: Repository, run: BackupRun, kinds: frozenset[FaultKind] = frozenset(FaultKind)
) -> list[MadeFault]:
    """Makes those of `kinds` that need no copy: with what the repository has, and in a small one of the drill's own.
    Raises as `faults_of_copy`."""
    made = []
    async with scratch_folder(site) as folder:
        if FaultKind.KEY in kinds:
            made.append(await _another_key(site, store, folder))
        if FaultKind.PACK in kinds:
            made.append(await _pack_cut_short(site, folder))
        if FaultKind.DUMP in kinds:
            made += await _dump_cut_short(site, store, run, folder)
    return made


def control_of(faults: list[MadeFault]) -> NegativeControl | None:
    """For the proof: one that was not seen, where there is one, else the first."""
    worst = min(faults, key=lambda each: each.seen, default=None)
    return None if worst is None else NegativeControl(worst.fault, worst.seen)


def must_be_seen(faults: list[MadeFault]) -> None:
    """Raises DrillFailed for one that was not."""
    for each in faults:
        if not each.seen:
            raise DrillFailed(f"the drill {each.did} on purpose and did not notice it, so it proves nothing")


async def _another_key(site: Site, store: Repository, folder: str) -> MadeFault:
    """Only that the key is refused counts: what else goes wrong is no answer to the question. Nothing that the host
    keeps of the repository is touched: the trial has a state of its own."""
    key = f"{folder}/other.key"
    done = await site.shell.run(_OTHER_KEY.with_arguments(key, f"{store.key}.env"))
    if done.status:
        raise HostError(f"{site.name}: no other key can be made in {folder}: {done.words}", hint="is its disk full?")
    seen = False
    try:
        await Repository(site.shell, store.place, key, f"{folder}/state").ready(create=False)
    except WrongKey:
        seen = True
    return MadeFault("another key for the repository", "tried another key on the repository", seen)


async def _pack_cut_short(site: Site, folder: str) -> MadeFault:
    """In a small repository of the drill's own, which is restored as yours is: before, so that the fault alone is what
    is seen then."""
    sample, whole, damaged = (f"{folder}/{name}" for name in ("sample", "whole", "damaged"))
    words = [shlex.quote(each) for each in (sample, whole, damaged)]
    made = await site.shell.run(f"mkdir -- {' '.join(words)} && head -c 300000 /dev/urandom >{words[0]}/file")
    if made.status:
        raise HostError(f"{site.name}: {folder} can't be written: {made.words}", hint="is its disk full?")
    trial = Repository(site.shell, f"{folder}/repository", f"{folder}/trial.key", f"{folder}/state")
    await trial.ready(create=True)
    snapshot = await trial.save_paths([sample], tags={}, seconds=_MINUTES, by_link=True)
    expected = await survey(site, sample)
    await trial.restore_paths(snapshot.id, sample, whole, seconds=_MINUTES, by_link=True)
    if await survey(site, whole) != expected:
        raise DrillFailed("a small repository of this drill's own gives back other files than were saved to it")
    cut = await site.shell.run(_CUT_PACK.with_arguments(f"{folder}/repository"))
    if cut.status:
        raise HostError(f"{site.name}: {folder} can't be written: {cut.words}", hint="is its disk full?")
    try:
        await trial.restore_paths(snapshot.id, sample, damaged, seconds=_MINUTES, by_link=True)
        seen = await survey(site, damaged) != expected
    except DockworthyError:
        seen = True
    return MadeFault("a pack of a repository cut short", "cut a pack of a small repository short", seen)


async def _row_of_sqlite(restored: RestoredCopy) -> list[MadeFault]:
    """In copies of the databases of the smallest data set that has a row, beside the restored ones."""
    there = [each for each in restored.run.data if each.method is BackupMethod.SQLITE]
    for data in sorted(there, key=lambda each: each.bytes):
        if taken := await sees_a_row_less(restored.site, restored.store, data, f"{restored.folders[data.name]}.fault"):
            table, seen = taken
            return [MadeFault(f"one row fewer in {table}", f"deleted a row in {table}", seen)]
    return []


async def _dump_cut_short(site: Site, store: Repository, run: BackupRun, folder: str) -> list[MadeFault]:
    """Of Valkey or Redis, of the smallest data set."""
    there = [each for each in run.data if each.method is BackupMethod.RDB]
    for data in sorted(there, key=lambda each: each.bytes)[:1]:
        seen = await sees_a_cut(site, store, data, f"{folder}/dump")
        return [MadeFault(f"a dump that lacks its end, of {data.name}", f"cut a dump of {data.name} short", seen)]
    return []


async def _with_files(restored: RestoredCopy, kinds: frozenset[FaultKind]) -> list[MadeFault]:
    """Of the data set with the fewest files that has one."""
    if not kinds & {FaultKind.FILE, FaultKind.VOLUME}:
        return []
    there = {each.name: each.expected["files"] for each in restored.run.data if each.expected.get("files")}
    made = []
    for name in sorted(there, key=lambda each: there[each]):
        folder = restored.folders[name]
        before = await survey(restored.site, folder)
        if not before["files"]:  # its services took them away
            continue
        if FaultKind.VOLUME in kinds:
            empty = await survey(restored.site, await _empty_volume(restored))
            made.append(
                MadeFault(f"an empty volume for {name}", f"put an empty volume in place of {name}", empty != before)
            )
        if FaultKind.FILE in kinds:
            gone = await restored.site.shell.run(_ONE_FILE_FEWER.format(folder=shlex.quote(folder)))
            if gone.status:
                raise HostError(f"{restored.site.name}: no file of {folder} can be removed: {gone.words}")
            seen = await survey(restored.site, folder) != before
            made.append(MadeFault(f"one file fewer in {name}", f"deleted a file of {name}", seen))
        break
    return made


_ONE_FILE_FEWER = "find {folder} -xdev -type f -exec rm -f -- {{}} \\; -quit"


async def _empty_volume(restored: RestoredCopy) -> str:
    """Where it lies on the host. It goes with the copy."""
    name = f"{restored.owner.project}_empty"
    made: Mapping[str, str] = await restored.site.engine.send(
        "POST", "/volumes/create", {"Name": name, "Labels": restored.owner.labels}
    )
    return made["Mountpoint"]


async def _with_a_database(restored: RestoredCopy, kinds: frozenset[FaultKind]) -> list[MadeFault]:
    """Of the database with the fewest rows that has one."""
    if not kinds & {FaultKind.ROW, FaultKind.DATABASE}:
        return []
    sizes = {
        (data.name, database): sum(table["rows"] for table in expected["tables"].values())
        for data in restored.run.data
        for database, expected in data.expected.get("databases", {}).items()
        if data.name in restored.servers
    }
    for name, database in sorted(sizes, key=lambda each: sizes[each]):
        server = restored.servers[name]
        if not sizes[name, database]:
            continue
        if isinstance(server, MariadbServer):
            (data,) = (each for each in restored.run.data if each.name == name)
            return await _with_mariadb(server, name, database, data.expected["databases"][database], kinds)
        before = await found_in(server, database)
        made = []
        if FaultKind.ROW in kinds and (table := await _one_row_fewer(server, database, before)):
            after = await found_in(server, database)
            seen = bool(differences(before, after))
            made.append(
                MadeFault(f"one row fewer in {table} of {database}", f"deleted a row in {table} of {database}", seen)
            )
        if FaultKind.DATABASE in kinds and before["tables"]:
            made.append(await _another_database(restored, server, name, database, before))
        if made:
            return made
    return []


async def _with_mariadb(
    server: MariadbServer, name: str, database: str, expected: Mapping[str, Any], kinds: frozenset[FaultKind]
) -> list[MadeFault]:
    async def found() -> Mapping[str, Any]:
        return (await mariadb.found_in(server, {database: expected}))[database]

    before, made = await found(), []
    if FaultKind.ROW in kinds and (table := await mariadb.delete_a_row(server, database)):
        seen = bool(differences(before, await found()))
        made.append(
            MadeFault(f"one row fewer in {table} of {database}", f"deleted a row in {table} of {database}", seen)
        )
    if FaultKind.DATABASE in kinds and before["tables"]:
        await mariadb.empty_database(server, database)
        seen = bool(differences(before, await found()))
        made.append(
            MadeFault(f"an empty database {database}", f"gave {name} an empty database in place of {database}", seen)
        )
    return made


async def _one_row_fewer(server: PostgresqlServer, database: str, before: Mapping[str, Any]) -> str:
    """The table in which one was deleted, "" where no table gives one away: a rule may keep them."""
    tables: Mapping[str, Mapping[str, Any]] = before["tables"]
    for table, said in tables.items():
        if not said["rows"]:
            continue
        try:
            if await server.value(_ONE_ROW_FEWER.format(table=table), database) == "1":
                return table
        except HostError:
            continue
    return ""


_ONE_ROW_FEWER = """SET session_replication_role = replica;
WITH gone AS (DELETE FROM ONLY {table} WHERE ctid = (SELECT ctid FROM ONLY {table} LIMIT 1) RETURNING 1)
SELECT count(*) FROM gone"""


async def _another_database(
    restored: RestoredCopy, server: PostgresqlServer, name: str, database: str, before: Mapping[str, Any]
) -> MadeFault:
    """The restored one gets another name, and an empty one takes its place."""
    (data,) = (each for each in restored.run.data if each.name == name)
    end = secrets.token_hex(4)
    empty, aside = f"dockworthy_restore_{end}_0", f"dockworthy_before_{end}_0"
    for statement in created_by(empty, data.expected["databases"][database]["properties"]):
        await server.value(statement, "template1")
    await server.value(exchanged_by(database, empty, aside), "template1")
    seen = bool(differences(before, await found_in(server, database)))
    return MadeFault(f"an empty database {database}", f"gave {name} an empty database in place of {database}", seen)
