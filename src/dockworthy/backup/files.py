"""Files of a data set: saved while nobody writes to them, with what a restore must find again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..engine.site import Site
from ..errors import HostError
from ..host_scripts import HostScript
from ..model.backup import BackupMethod, DataWriter, PlannedData, SavedData
from ..model.backup_settings import Quiesce
from .quiesce import quiesced
from .repository import Repository

COPYING = 24 * 3600.0
"""Seconds for the files of one data set."""
_SURVEY = HostScript(__package__, "survey_files.sh")
_STAND_STILL = {BackupMethod.PAUSE: Quiesce.PAUSE, BackupMethod.STOP: Quiesce.STOP}


async def save_files(site: Site, repository: Repository, planned: PlannedData, *, tags: Mapping[str, str]) -> SavedData:
    """Copies the folder or file as it is; the containers that write to it are paused or stopped meanwhile, as planned.
    Raises HostError, EngineError."""
    data = planned.data
    how = _STAND_STILL.get(planned.method)
    writers: Sequence[DataWriter] = data.writers if how is not None else ()
    async with quiesced(site, how or Quiesce.PAUSE, writers) as downtime:
        expected = await survey(site, data.path)
        snapshot = await repository.save_paths([data.path], tags={**tags, "part": "files"}, seconds=COPYING)
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


async def fill_with_files(site: Site, repository: Repository, saved: SavedData, folder: str) -> tuple[str, ...]:
    """Loads the files into `folder`, which is empty; a single file by its name. Returns what is not as it was saved, as
    sentences. Raises HostError, UsageError."""
    path = await repository.restore_paths(saved.snapshots["files"], saved.path, folder, seconds=COPYING)
    return unlike(saved, await survey(site, path))


async def survey(site: Site, path: str) -> dict[str, int | str]:
    """Of a folder or a file: how many files it has, their bytes, and a sum over their names, sizes and (of the first
    thousand up to 1 MB) contents. Raises HostError."""
    done = await site.hand.run(_SURVEY.with_arguments(path), seconds=COPYING)
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
