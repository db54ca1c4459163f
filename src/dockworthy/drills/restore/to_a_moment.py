"""A PostgreSQL with its log, in a drill: a copy of the whole server in a fresh volume, in which a server like the
project's recovers to the last moment that the repository has. What a lost host would lose is what came since."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ...backup.log_reach import LOG_PART, Recovery, in_words, reaches_of
from ...backup.log_restoring import load_copy, missing_in_log, recover
from ...backup.postgresql import PostgresqlServer
from ...errors import HostError
from ...model.backup import SavedData
from ...model.saying import Say
from .coming_up import DrillFailed
from .faults import MadeFault
from .restored_copy import RestoredCopy, amcheck
from .scratch_folder import scratch_folder


async def recover_to_the_end(restored: RestoredCopy, *, say: Say) -> tuple[dict[str, datetime], list[MadeFault]]:
    """Data set -> the moment to which it was brought back; and the faults that were made on the way. The containers of
    databases must run. Raises DrillFailed for what can't be brought back, HostError, EngineError."""
    reached: dict[str, datetime] = {}
    faults: list[MadeFault] = []
    snapshots = None
    for data in restored.run.data:
        service = restored.copy.dumps.get(data.name, "")
        if data.log is None or service not in restored.started:
            continue
        if snapshots is None:
            snapshots = await restored.store.snapshots({"part": LOG_PART})
        reaches = reaches_of([restored.run], snapshots, data.project, data.name)
        if not reaches:
            raise DrillFailed(f"{data.name}: of its log nothing goes on from the copy in this backup")
        recovery = Recovery(reach=reaches[0], moment=reaches[0].until)
        say(f"{data.name}: to {in_words(reaches[0].until)}, by a copy of the whole server and its log")
        faults.append(await _recovered(restored, data, recovery, restored.started[service]))
        reached[data.name] = reaches[0].until
    return reached, faults


async def _recovered(restored: RestoredCopy, data: SavedData, recovery: Recovery, container: str) -> MadeFault:
    site = restored.site
    facts = await site.engine.get(f"/containers/{container}/json")
    mounted = _mounted_at(facts, restored.copy.volumes[data.name])
    below = recovery.reach.log.folder
    like = posixpath.join(restored.folders[data.name], below).rstrip("/")
    volume = f"{restored.owner.project}_log_{len(restored.evidence)}"
    made = await site.engine.send("POST", "/volumes/create", {"Name": volume, "Labels": restored.owner.labels})
    folder = str(made["Mountpoint"])

    async def asked(server: PostgresqlServer) -> None:
        restored.evidence.append(f"{data.name}, at that moment: pg_amcheck {await amcheck(server, data.name)}")

    try:
        await load_copy(site, restored.store, recovery, folder, like, data.name)
        fault = await _without_a_file(restored, data, recovery, folder)
        async with scratch_folder(site) as scratch:
            found = await recover(
                site,
                recovery,
                folder,
                container=container,
                at=posixpath.join(mounted, below).rstrip("/"),
                instead_of=mounted,
                name=data.name,
                labels=restored.owner.labels,
                scratch_in=scratch,
                asked=asked,
            )
    except HostError as error:
        raise DrillFailed(error.says) from None
    if found.wrong:
        raise DrillFailed(f"{data.name}: {found.wrong[0]}")
    if lost := sorted(data.expected["databases"].keys() - set(found.databases)):
        restored.evidence.append(f"{data.name}: the database {lost[0]} was there when it was copied, and not any more")
    last = f"its last transaction ended at {found.last}" if found.last else "nothing was done since it was copied"
    restored.evidence.append(
        f"{data.name}: recovered to {in_words(recovery.reach.until)}: {len(found.databases)} databases; {last}"
    )
    return fault


def _mounted_at(facts: Mapping[str, Any], volume: str) -> str:
    return next(str(each["Destination"]) for each in facts["Mounts"] if each.get("Name") == volume)


async def _without_a_file(restored: RestoredCopy, data: SavedData, recovery: Recovery, folder: str) -> MadeFault:
    """The first file of its log away, and back."""
    name = recovery.reach.log.first
    there, away = f"{folder}/pg_wal/{name}", f"{folder}/{name}.away"
    await _move(restored, there, away)
    seen = bool(await missing_in_log(restored.site, recovery, folder))
    await _move(restored, away, there)
    return MadeFault(f"a file fewer in the log of {data.name}", f"took a file of the log of {data.name} away", seen)


async def _move(restored: RestoredCopy, source: str, target: str) -> None:
    done = await restored.site.shell.run(shlex.join(("mv", "--", source, target)))
    if done.status:
        raise HostError(f"{restored.site.name}: {source} can't be moved: {done.words}")
