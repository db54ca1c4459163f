"""Saved data, brought into the copy of a project: files into fresh volumes, dumps into databases that its images made,
and compared with what the backup says that each must hold."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from ...backup.by_command import dumped_bytes, load_by_command
from ...backup.differences import differences
from ...backup.files import COPYING
from ...backup.folders import fill_folder
from ...backup.key_values import NoClient, has_loaded
from ...backup.mariadb import MariadbServer, damage_in, load_users, missing_in, wait_until_up
from ...backup.mariadb import load_databases as load_mariadb
from ...backup.postgresql import PostgresqlServer, found_in, load_dumps
from ...backup.repository import Repository
from ...engine.site import Site
from ...errors import HostError, UsageError
from ...fix.verify.owner import RunOwner
from ...fix.verify.project import ScratchProject
from ...model.backup import BackupMethod, BackupRun, DataKind, SavedData
from ...model.counts import number_of
from ...model.saying import Say
from .coming_up import COMES_UP, LOOKS_EVERY, DrillFailed, come_up, start
from .project_copy import ProjectCopy

_SERVES = """SELECT current_setting('listen_addresses') <> ''
    OR split_part(pg_read_file('postmaster.pid'), chr(10), 1) = '1'"""
"""An image that makes its database starts a server for that alone, which no network reaches and which is no container's
first process; it is stopped before the real one begins."""
_LETS_IN = 30.0
"""Seconds in which one whose files were restored lets its own programs in, once its container is up."""

DatabaseServer = PostgresqlServer | MariadbServer


class RestoredCopy(Struct, kw_only=True):
    """A copy of a project and what was restored into it so far. `folders`: data set -> where its files lie on the host;
    `servers`: data set -> the server of its database; `started`: service -> its container; `evidence`: what was seen,
    as sentences."""

    site: Site
    store: Repository
    run: BackupRun
    copy: ProjectCopy
    project: ScratchProject
    owner: RunOwner
    folders: dict[str, str]
    servers: dict[str, DatabaseServer]
    started: dict[str, str]
    evidence: list[str]


async def bring_up(restored: RestoredCopy, *, say: Say) -> None:
    """Loads the data, compares it with what was saved, and starts the services behind those that they need, until all
    of them run. Raises DrillFailed for data that is not as it was saved and for a service that does not come up,
    NotStarted, HostError, EngineError."""
    await _load_files(restored, say=say)
    await load_databases(restored, say=say)
    for service in restored.copy.order:
        await start(restored.project, restored.copy, service, restored.started)
    await come_up(restored.project, restored.started)
    await _check_loaded(restored, say=say)
    await _find_servers_of_files(restored)


async def _load_files(restored: RestoredCopy, *, say: Say) -> None:
    """Before any service starts. Raises DrillFailed for files that are not as they were saved."""
    for data in restored.run.data:
        if "files" not in data.snapshots:
            continue
        say(f"{data.name}: {data.kind}")
        folder = restored.folders[data.name]
        try:
            wrong = await fill_folder(restored.site, restored.store, data, folder)
        except (HostError, UsageError) as error:  # what can't be loaded is not restored
            raise DrillFailed(error.says) from None
        if wrong:
            raise DrillFailed(f"{data.name} is not what was saved: {'; '.join(wrong[:3])}")
        files = f"{number_of(data.expected['files'], 'file')}, {number_of(data.expected['bytes'], 'byte')}"
        held = ""
        if data.method is BackupMethod.RDB:
            held = f"{sum(each['keys'] for each in data.expected['databases'].values()):,} keys as saved; "
        elif "databases" in data.expected:
            held = f"{_tables_in_words(data)}; "
        restored.evidence.append(f"{data.name}: {held}{files}")


async def load_databases(restored: RestoredCopy, *, say: Say) -> None:
    """Starts what takes a dump, and what that needs, and loads it; no other service runs yet. Raises DrillFailed for a
    database that is not as it was saved, NotStarted."""
    copy = restored.copy
    for name in copy.order_of((copy.dumps | copy.commands).values()):
        await start(restored.project, copy, name, restored.started)
    for data in restored.run.data:
        if service := copy.dumps.get(data.name):
            say(f"{data.name}: {data.kind} in {service}")
            if data.method is BackupMethod.PG_DUMP:
                await _load_dumps(restored, data, service)
            else:
                await _load_mariadb(restored, data, service, say)
        elif where := copy.commands.get(data.name):
            say(f"{data.name}: by your own command in {where}")
            await _load_by_command(restored, data, where)


async def _load_dumps(restored: RestoredCopy, data: SavedData, service: str) -> None:
    server = PostgresqlServer(restored.site, restored.started[service], service)
    await _until_it_serves(server)
    restored.servers[data.name] = server
    try:
        databases = data.expected["databases"]
        await load_dumps(server, restored.store, data, {name: name for name in databases}, drop=True)
        for database, expected in databases.items():
            found = await found_in(server, database)
            if wrong := differences(expected, found):
                raise DrillFailed(f"{service}, {database}: {'; '.join(wrong[:3])}")
    except HostError as error:
        raise DrillFailed(error.says) from None
    restored.evidence.append(f"{data.name}: {_tables_in_words(data)}")


async def _load_mariadb(restored: RestoredCopy, data: SavedData, service: str, say: Say) -> None:
    server = restored.servers[data.name] = MariadbServer(restored.site, restored.started[service], service)
    try:
        await wait_until_up(server, seconds=COMES_UP)
        await load_mariadb(server, restored.store, data)
        wrong = await missing_in(server, data)
        wrong += await load_users(server, restored.store, data, say=say)
        await server.find_login()  # root has the password now that it had
    except HostError as error:
        raise DrillFailed(error.says) from None
    if wrong:
        raise DrillFailed(f"{service}, {'; '.join(wrong[:3])}")
    restored.evidence.append(f"{data.name}: {_tables_in_words(data)}")


async def _until_it_serves(server: PostgresqlServer, *, seconds: float = COMES_UP) -> None:
    """Raises DrillFailed where it lets nobody in."""
    clock = asyncio.get_running_loop().time
    ends = clock() + seconds
    while True:
        says = "only the server that makes it is up"
        try:
            await server.find_login()
            if await server.value(_SERVES, "template1") == "t":
                return
        except HostError as error:
            says = error.says
        if clock() > ends:
            raise DrillFailed(f"the database of {server.name} does not come up: {says}")
        await asyncio.sleep(LOOKS_EVERY)


async def _load_by_command(restored: RestoredCopy, data: SavedData, service: str) -> None:
    """What it must hold then, nobody knows but who wrote the commands: it must take the dump, and give one again that
    is not much smaller."""
    container = restored.started[service]
    try:
        await load_by_command(restored.site, restored.store, data, container)
        again = await dumped_bytes(restored.site, data, container)
    except HostError as error:
        raise DrillFailed(error.says) from None
    if again * 2 < data.bytes:
        raise DrillFailed(f"{data.name}: after your command restored it, it dumps {again:,} of {data.bytes:,} bytes")
    restored.evidence.append(
        f"{data.name}: your own command took the dump, and {again:,} of {data.bytes:,} bytes are dumped again; "
        "what it holds was not compared"
    )


async def _find_servers_of_files(restored: RestoredCopy) -> None:
    """A database whose files were restored can be asked, too, once it runs. One that lets nobody in is no fault of the
    restore: that is noted, and it is asked nothing."""
    kinds = {each.name: each.kind for each in restored.run.data}
    for name, service in restored.copy.databases.items():
        if name in restored.servers or service not in restored.started:
            continue
        container = restored.started[service]
        server: DatabaseServer
        try:
            if kinds[name] is DataKind.POSTGRESQL:
                server = PostgresqlServer(restored.site, container, service)
                await _until_it_serves(server, seconds=_LETS_IN)
            else:
                server = MariadbServer(restored.site, container, service)
                await wait_until_up(server, seconds=_LETS_IN)
        except HostError as error:
            restored.evidence.append(f"{name}: its tables were not looked at: {error.says}")
            continue
        restored.servers[name] = server


async def _check_loaded(restored: RestoredCopy, *, say: Say) -> None:
    """Of Valkey and Redis, whose servers tell how many keys they have found. Raises DrillFailed where one lacks any."""
    config = restored.copy.unplaced
    for data in restored.run.data:
        if data.method is not BackupMethod.RDB:
            continue
        volume = restored.copy.volumes[data.name]
        keys = {key for key, each in (config.get("volumes") or {}).items() if (each or {}).get("name") == volume}
        having = [
            container
            for service, container in restored.started.items()
            if any(each.get("source") in keys for each in config["services"][service].get("volumes") or ())
        ]
        said = f"{data.name}: none of its services tells what it has loaded"
        for container in having:
            try:
                said = await has_loaded(restored.site, data, container, say=say)
            except NoClient:
                continue  # another program that has its files, too
            break
        if said:
            raise DrillFailed(f"{data.name}: {said}")


def _tables_in_words(data: SavedData) -> str:
    databases: Mapping[str, Any] = data.expected["databases"]
    tables = [table for each in databases.values() for table in each["tables"].values()]
    rows = sum(each["rows"] for each in tables)
    return (
        f"{number_of(len(databases), 'database')}, {number_of(len(tables), 'table')}, {number_of(rows, 'row')} as saved"
    )


_AMCHECK = (
    "sh", "-c", 'command -v pg_amcheck >/dev/null || exit 70; exec "$@" 2>&1', "sh",
    "pg_amcheck", "--all", "--install-missing", "--heapallindexed", "--no-password",
)  # fmt: skip
_HAS_NONE, _DAMAGE = 70, 2


async def check_databases(restored: RestoredCopy) -> None:
    """The server's own check of tables and indexes; PostgreSQL's where the image has it. Raises DrillFailed for what is
    damaged."""
    for name, server in restored.servers.items():
        if isinstance(server, MariadbServer):
            if wrong := await damage_in(server):
                raise DrillFailed(f"{name}: CHECK TABLE finds damage: {wrong[0]}")
            restored.evidence.append(f"{name}: CHECK TABLE found no damage")
            continue
        restored.evidence.append(f"{name}: pg_amcheck {await amcheck(server, name)}")


async def amcheck(server: PostgresqlServer, name: str) -> str:
    """What pg_amcheck says: `found no damage`, or why it was not run. Raises DrillFailed for damage."""
    done = await server.site.shell.ask(server.program(*_AMCHECK), seconds=COPYING)
    said = done.output.strip() or done.words
    if done.status == _DAMAGE:
        raise DrillFailed(f"{name}: pg_amcheck finds damage: {said[:300]}")
    why = "its image has none" if done.status == _HAS_NONE else said.splitlines()[0][:200] if said else "no reason"
    return "found no damage" if not done.status else f"was not run: {why}"
