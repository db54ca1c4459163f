"""SQLite databases, saved while their application writes to them: a copy of one state each, made by SQLite itself on
the host, and what a restore must find again, read from that very copy.

What can't be read so is copied while its containers are paused for a moment: a database without a WAL, whose readers
keep out who writes; one that its application keeps for itself. Nothing runs in a container.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from typing import Any

from ..engine.site import Site
from ..host_scripts import HostScript
from ..model.backup import DataSet, PlannedData, SavedData
from ..model.backup_settings import Quiesce
from .differences import differences
from .files import COPYING, fill_with_files, save_files_in_use, work_folder
from .host_python import HostProgram
from .quiesce import quiesced
from .repository import Repository

_AT_HOST = HostScript(__package__, "sqlite_at_host.py")
_LOOKING = 60.0
_LOOKED_AT = 500
"""Databases of a data set whose way of writing is looked at for the plan."""
_ROOM_HINT = "make room; or say `quiesce: pause` of it: then its files are copied without a copy between"


async def number_without_wal(site: Site, data: DataSet) -> int:
    """How many of its databases keep no WAL. Raises HostError."""
    program = HostProgram(site, _AT_HOST, of=f"{site.name}: {data.name}")
    without, _ = await program.run(
        "look", data.path, *data.sqlite[:_LOOKED_AT], doing="can't be looked at", seconds=_LOOKING
    )
    return int(without)


async def save_sqlite(
    site: Site, repository: Repository, planned: PlannedData, *, tags: Mapping[str, str]
) -> SavedData:
    """Saves a copy of every database, and then the other files. Raises HostError, EngineError."""
    data = planned.data
    work = work_folder(site)
    copies = f"{work}/databases"
    program = HostProgram(site, _AT_HOST, of=f"{site.name}: {data.name}")
    try:
        found = await program.run("copy", data.path, work, doing="can't be copied", seconds=COPYING, hint=_ROOM_HINT)
        waiting = found["waiting"]
        async with quiesced(site, Quiesce.PAUSE, data.writers if waiting else ()) as downtime:
            if waiting:
                await program.run("still", data.path, work, doing="can't be copied", seconds=COPYING, hint=_ROOM_HINT)
        held = await program.run("settle", work, doing="can't be read again", seconds=COPYING)
        saved = await repository.save_paths([copies], tags={**tags, "part": "databases"}, seconds=COPYING, by_link=True)
        own = [f"{path}{ending}" for path in found["all"] for ending in ("", "-wal", "-shm", "-journal")]
        files, paused = await save_files_in_use(site, repository, data, without=own, tags=tags)
    finally:
        await site.shell.run(f"rm -rf {shlex.quote(work)}", seconds=COPYING)
    return SavedData(
        name=data.name,
        project=data.project,
        kind=data.kind,
        method=planned.method,
        volume=data.volume,
        path=data.path,
        copies=copies,
        bytes=saved.total_bytes + files.total_bytes,
        downtime=round(downtime.seconds + paused, 2),
        snapshots={"databases": saved.id, "files": files.id},
        # Others may write to these files meanwhile: what was saved is counted, not what is there.
        expected={"databases": _by_name(held), "files": files.files, "bytes": files.total_bytes},
    )


def _by_name(held: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest is UTF-8, and names of files need not be."""
    return {os.fsencode(path).decode("utf-8", "backslashreplace"): has for path, has in held.items()}


async def fill_with_sqlite(site: Site, repository: Repository, saved: SavedData, folder: str) -> tuple[str, ...]:
    """Loads the files and databases into `folder`, which is empty. Returns what is not as it was saved, as sentences.
    Raises HostError."""
    wrong = await fill_with_files(site, repository, saved, folder)
    beside = f"{folder}.databases"
    program = HostProgram(site, _AT_HOST, of=f"{site.name}: {saved.name}")
    await site.shell.run(f"umask 077; rm -rf {shlex.quote(beside)}; mkdir {shlex.quote(beside)}")
    try:
        await repository.restore_paths(saved.snapshots["databases"], saved.copies, beside, seconds=COPYING)
        found = _by_name(await program.run("tell", beside, doing="can't be compared", seconds=COPYING))
        await program.run("place", beside, folder, doing="can't be put in its place", seconds=COPYING)
    finally:
        await site.shell.run(f"rm -rf {shlex.quote(beside)}", seconds=COPYING)
    return (*wrong, *unlike_databases(saved.expected["databases"], found))


async def sees_a_row_less(site: Site, repository: Repository, saved: SavedData, beside: str) -> tuple[str, bool] | None:
    """Takes a row away from a copy in the folder `beside`, which it makes and removes. Returns from which table, and
    whether that is seen; None where there is no row. Raises HostError."""
    program = HostProgram(site, _AT_HOST, of=f"{site.name}: {saved.name}")
    await site.shell.run(f"umask 077; mkdir {shlex.quote(beside)}")
    try:
        await repository.restore_paths(saved.snapshots["databases"], saved.copies, beside, seconds=COPYING)
        taken = await program.run("fewer", beside, doing="can't be changed", seconds=COPYING)
        found = _by_name(await program.run("tell", beside, doing="can't be compared", seconds=COPYING))
    finally:
        await site.shell.run(f"rm -rf {shlex.quote(beside)}", seconds=COPYING)
    return (str(taken), bool(unlike_databases(saved.expected["databases"], found))) if taken else None


def unlike_databases(expected: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[str, ...]:
    """What databases hold otherwise than was saved, as sentences. Pure."""
    said: list[str] = []
    for path, wanted in expected.items():
        there = found.get(path)
        if there is None:
            said.append(f"{path} is missing")
            continue
        if there.get("damage", "") != wanted.get("damage", ""):
            said.append(f"{path} is damaged: {there.get('damage') or 'otherwise than it was saved'}")
        said += (f"{path}: {each}" for each in differences(wanted, there))
        said += (
            f"{path}: {name} is {there.get(name)} and should be {wanted.get(name)}"
            for name in ("user_version", "application_id")
            if there.get(name) != wanted.get(name)
        )
    return tuple(said)
