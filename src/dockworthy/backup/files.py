"""Files of a data set: saved while nobody writes to them, with what a restore must find again."""

from __future__ import annotations

import contextlib
import posixpath
import secrets
from collections.abc import Mapping, Sequence

from ..engine.site import Site
from ..errors import HostError
from ..host_scripts import HostScript
from ..model.backup import BackupMethod, DataSet, DataWriter, PlannedData, SavedData
from ..model.backup_settings import Quiesce
from .moment import held_moment
from .quiesce import quiesced
from .repository import Repository, RepositorySnapshot
from .restic_faults import FilesUnread
from .snapshots import literal_pattern

COPYING = 24 * 3600.0
"""Seconds for the files of one data set."""
WORK = "work"
"""The folder, in that of the backups' state, for copies that are saved in a moment. A run removes what is in it at its
beginning."""
_TRIES = 2
"""Before containers are paused because files vanish while they are read."""
_SURVEY = HostScript(__package__, "survey_files.sh")
_STAND_STILL = {BackupMethod.PAUSE: Quiesce.PAUSE, BackupMethod.STOP: Quiesce.STOP}


async def save_files(site: Site, repository: Repository, planned: PlannedData, *, tags: Mapping[str, str]) -> SavedData:
    """Copies the folder or file as it is. The containers that write to it are paused or stopped meanwhile, as planned;
    where the file system can hold a folder as it is, only until it does. Raises HostError, EngineError."""
    data = planned.data
    how = _STAND_STILL.get(planned.method)
    writers: Sequence[DataWriter] = data.writers if how is not None else ()
    told = {**tags, "part": "files"}
    async with contextlib.AsyncExitStack() as stack:
        held = None
        async with quiesced(site, how or Quiesce.PAUSE, writers) as downtime:
            if writers and not data.single:
                held = await stack.enter_async_context(held_moment(site, data.path))
            if held is None:
                expected = await survey(site, data.path)
                snapshot = await repository.save_paths([data.path], tags=told, seconds=COPYING)
        if held is not None:
            expected = await survey(site, held.path)
            snapshot = await repository.save_paths([data.path], tags=told, seconds=COPYING, held=held.path)
    return SavedData(
        name=data.name,
        project=data.project,
        kind=data.kind,
        method=planned.method,
        version=data.version,
        volume=data.volume,
        path=data.path,
        bytes=snapshot.total_bytes,
        downtime=round(downtime.seconds, 2),
        snapshots={"files": snapshot.id},
        expected=expected,
        single=data.single,
    )


def work_folder(site: Site) -> str:
    """A new path there: what a killed run goes on to write is in another one."""
    return f"{site.state}/backup/{WORK}/{secrets.token_hex(6)}"


async def save_files_in_use(
    site: Site,
    repository: Repository,
    data: DataSet,
    *,
    without: Sequence[str],
    patterns: Sequence[str] = (),
    tags: Mapping[str, str],
) -> tuple[RepositorySnapshot, float]:
    """Saves what else lies in the folder, below which paths `without` and `patterns` are saved otherwise. Its
    containers go on: they pause only where files vanish while they are read, twice. Returns for how many seconds they
    stood still, too. Raises HostError, EngineError."""
    left_out = [posixpath.join(data.path, each) for each in without]
    more = [f"{literal_pattern(data.path)}/{each}" for each in patterns]
    told = {**tags, "part": "files"}
    for _ in range(_TRIES):
        with contextlib.suppress(FilesUnread):
            saved = await repository.save_paths(
                [data.path], tags=told, seconds=COPYING, without=left_out, patterns=more
            )
            return saved, 0.0
    async with quiesced(site, Quiesce.PAUSE, data.writers) as downtime:
        saved = await repository.save_paths([data.path], tags=told, seconds=COPYING, without=left_out, patterns=more)
    return saved, downtime.seconds


async def fill_with_files(site: Site, repository: Repository, saved: SavedData, folder: str) -> tuple[str, ...]:
    """Loads the files into `folder`, which is empty; a single file by its name. Returns what is not as it was saved, as
    sentences. Raises HostError, UsageError."""
    path = await repository.restore_paths(saved.snapshots["files"], saved.path, folder, seconds=COPYING)
    return unlike(saved, await survey(site, path))


async def survey(site: Site, path: str) -> dict[str, int | str]:
    """Of a folder or a file: how many files it has, their bytes, and a sum over their names, sizes and (of the first
    thousand up to 1 MB) contents. Raises HostError."""
    done = await site.shell.run(_SURVEY.with_arguments(path), seconds=COPYING)
    words = done.output.split()
    if done.status or len(words) != 3:
        raise HostError(f"{site.name}: {path} can't be read: {done.words or 'no reason given'}")
    return {"files": int(words[0]), "bytes": int(words[1]), "sum": words[2]}


def unlike(saved: SavedData, found: Mapping[str, int | str]) -> tuple[str, ...]:
    """What a folder, as `survey` has it, holds otherwise than was saved, as sentences. Of what others wrote to while it
    was saved, no sum is known."""
    return tuple(
        f"{what}: {there} and should be {wanted}"
        for what, there in found.items()
        if (wanted := saved.expected.get(what, there)) != there
    )
