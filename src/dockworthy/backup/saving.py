"""A backup run: every data set saved as the plan says, to each repository; then the manifest, without which the
snapshots of a run count for nothing."""

from __future__ import annotations

import asyncio
import io
import secrets
import shlex
import tarfile
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from .. import __version__
from ..engine.clock import now
from ..engine.site import Site, reach, write_file
from ..engine.who import who_runs
from ..errors import DockworthyError, HostError, Occupied, UsageError
from ..host_scripts import HostScript
from ..model.backup import BackupMethod, BackupPlan, BackupRun, DataKind, DataWriter, PlannedData, SavedData
from ..model.backup_settings import BackupSettings, Keep, Quiesce
from ..model.moments import days_between
from ..model.saying import Say
from .discovery import find_data
from .plan import plan_backup
from .postgresql import save_postgresql
from .quiesce import free_quiesced, quiesced
from .repository import Repository, RepositorySnapshot
from .repository_place import place_id
from .retention import to_forget
from .shrinking import shrunk

MANIFEST = "manifest.json"
_MOST_MANIFEST = 64 * 1024 * 1024
_UNDER_WAY = 2.0
"""Days that a run may take."""
_COPYING = 24 * 3600.0
"""Seconds for the files of one data set."""
_SURVEY = HostScript(__package__, "survey_files.sh")


class BackupFailed(DockworthyError):
    """Some data could not be saved, as the sentences say; the rest was."""


class BackupDone(Struct, frozen=True, kw_only=True):
    """`runs`: one for each repository; none where a person did not agree to the plan."""

    plan: BackupPlan
    runs: tuple[BackupRun, ...] = ()


async def back_up_here(
    endpoint: str,
    scope: str,
    settings: BackupSettings,
    *,
    folder: Path,
    proven: Collection[str] = (),
    accept: Collection[str] = (),
    sudo: bool = False,
    notes: Sequence[str] = (),
    agree: Callable[[BackupPlan], bool],
    say: Say,
) -> BackupDone:
    """Finds the data, plans, and saves it as agreed. `folder`: the project's, whose files go with the data; `proven`:
    ids of backups that drills restored, the last one first. Raises what finding and saving raise, UsageError where no
    repository is named."""
    if not settings.to:
        raise UsageError(
            "`backup.to` in dockworthy.yaml names no repository",
            hint="name one that is not on this host, as `to: [sftp:backup@vault:/srv/shop]`",
        )
    async with reach(endpoint, command="backup", sudo=sudo) as site:
        plan = plan_backup(settings, await find_data(site, scope), scope, notes=notes)
        if not agree(plan):
            return BackupDone(plan=plan)
        return BackupDone(
            plan=plan, runs=await back_up(site, plan, settings, folder=folder, proven=proven, accept=accept, say=say)
        )


async def back_up(
    site: Site,
    plan: BackupPlan,
    settings: BackupSettings,
    *,
    folder: Path,
    proven: Collection[str],
    accept: Collection[str],
    say: Say,
) -> tuple[BackupRun, ...]:
    """Saves everything to every repository of the plan; one that fails keeps none of the others from getting theirs.
    What the plan asks about is left out. Returns the run of each. Raises Occupied where another run is at it,
    BackupFailed at the end where anything failed."""
    state = f"{site.state}/backup"
    await site.hand.run(f"umask 077; mkdir -p {shlex.quote(state)}")
    if holder := await site.hand.hold(f"{state}/lock", f"{who_runs()} since {now()}"):
        raise Occupied(f"a backup runs on {site.name} already: {holder}", hint="wait until it has ended")
    for freed in await free_quiesced(site):
        say(freed)
    runs: list[BackupRun] = []
    failed: list[str] = []
    for place in plan.to:
        repository = Repository(site.hand, place, settings.key, site.state)
        try:
            await repository.ready(create=True)
            run = await _save_to(site, repository, plan, folder, accept, say=say)
            runs.append(run)
            if not run.doubts:
                await forget_old(repository, plan.scope, settings.keep, proven, say=say)
        except DockworthyError as error:
            failed.append(f"{repository.shown}: {error.says}")
            say(f"{repository.shown}: {error.says}" + (f" ({error.hint})" if error.hint else ""))
    if failed:
        elsewhere = "what was saved to the other repositories counts: dockworthy backup list" if runs else ""
        raise BackupFailed(f"not saved: {'; '.join(failed)}", hint=elsewhere)
    return tuple(runs)


async def _save_to(
    site: Site, repository: Repository, plan: BackupPlan, folder: Path, accept: Collection[str], *, say: Say
) -> BackupRun:
    """Raises HostError, EngineError where one data set could not be saved: then the run has no manifest."""
    run, began = secrets.token_hex(8), now()
    tags = {"run": run, "scope": plan.scope}
    saved = []
    left_out = {each.data.name: each.asks or each.why for each in plan.data if _is_left_out(each)}
    for each in plan.data:
        if each.data.name in left_out:
            continue
        say(f"{each.data.name}: {each.method} to {repository.shown}")
        clock = asyncio.get_running_loop().time
        began_one = clock()
        done = await _save(site, repository, each, {**tags, "data": each.data.name, "project": each.data.project})
        saved.append(structs.replace(done, seconds=round(clock() - began_one, 2)))
    also = {} if not plan.scope else await _save_project(site, repository, plan.scope, folder, tags)
    before = await newest_run(repository, plan.scope)
    ended = BackupRun(
        id=run,
        host=site.name,
        scope=plan.scope,
        taken=began,
        ended=now(),
        version=__version__,
        data=tuple(saved),
        skipped=left_out,
        bytes=sum(each.bytes for each in saved),
        also=also,
    )
    doubts = (
        says
        for says in shrunk(before, ended)
        if not says.startswith(tuple(f"{each}{end}" for each in accept for end in " :"))
    )
    ended = structs.replace(ended, doubts=tuple(doubts))
    await repository.save_bytes(MANIFEST, msgspec.json.encode(ended), tags={**tags, "part": "manifest"})
    await _remember(site, repository, ended)
    return ended


def _is_left_out(planned: PlannedData) -> bool:
    return planned.method is BackupMethod.SKIP or bool(planned.asks)


async def _save_project(
    site: Site, repository: Repository, project: str, folder: Path, tags: Mapping[str, str]
) -> dict[str, str]:
    """What the project is made of: its Compose files and dockworthy.yaml, the records of its releases with the contents
    of their secrets and configs, and the edge. Part -> snapshot."""
    found = {}
    if files := packed_files(folder):
        snapshot = await repository.save_bytes("project.tar", files, tags={**tags, "part": "project"})
        found["project"] = snapshot.id
    for part, path in (("releases", f"{site.state}/releases/{project}"), ("edge", f"{site.state}/edge")):
        there = await site.hand.run(f"[ -d {shlex.quote(path)} ]")
        if not there.status:
            snapshot = await repository.save_paths([path], tags={**tags, "part": part}, seconds=_COPYING)
            found[part] = snapshot.id
    return found


_PROJECT_FILES = ("*.yaml", "*.yml", "*.env", ".env")
_MOST_FILE = 1_000_000


def packed_files(folder: Path) -> bytes:
    """The files of a project's folder that say how it runs, as a tar archive; b"" where there are none."""
    archive = io.BytesIO()
    files = sorted({file for pattern in _PROJECT_FILES for file in folder.glob(pattern) if file.is_file()})
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for file in files:
            if file.stat().st_size <= _MOST_FILE:
                tar.add(file, file.name)
    return archive.getvalue() if files else b""


async def _save(site: Site, repository: Repository, planned: PlannedData, tags: Mapping[str, str]) -> SavedData:
    data = planned.data
    if planned.method is BackupMethod.PG_DUMP:
        return await save_postgresql(site, repository, data, planned.container, tags=tags)
    if planned.method is BackupMethod.COMMAND:
        return await _save_by_command(site, repository, planned, tags)
    how = {BackupMethod.PAUSE: Quiesce.PAUSE, BackupMethod.STOP: Quiesce.STOP}.get(planned.method)
    writers: Sequence[DataWriter] = data.writers if how is not None else ()
    async with quiesced(site, how or Quiesce.PAUSE, writers) as downtime:
        expected = await survey(site, data.path)
        snapshot = await repository.save_paths([data.path], tags={**tags, "part": "files"}, seconds=_COPYING)
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
    )


async def _save_by_command(
    site: Site, repository: Repository, planned: PlannedData, tags: Mapping[str, str]
) -> SavedData:
    """What the person's own command writes. What a restore must find again, nobody knows but them."""
    data = planned.data
    words = ("docker", "--host", f"unix://{site.socket}", "exec", planned.container, "sh", "-c", planned.command)
    snapshot = await repository.save_output("dump", shlex.join(words), tags={**tags, "part": "dump"}, seconds=_COPYING)
    return SavedData(
        name=data.name,
        project=data.project,
        kind=DataKind.COMMAND,
        method=planned.method,
        volume=data.volume,
        path=data.path,
        bytes=snapshot.total_bytes,
        snapshots={"dump": snapshot.id},
    )


async def survey(site: Site, path: str) -> dict[str, int | str]:
    """Of a folder or a file: how many files it has, their bytes, and a sum over their names, sizes and (of the first
    thousand up to 1 MB) contents. Raises HostError."""
    done = await site.hand.run(_SURVEY.with_arguments(path), seconds=_COPYING)
    words = done.output.split()
    if done.status or len(words) != 3:
        raise HostError(f"{site.name}: {path} can't be read: {done.words or 'no reason given'}")
    return {"files": int(words[0]), "bytes": int(words[1]), "sum": words[2]}


async def runs_in(repository: Repository, scope: str | None = None) -> tuple[BackupRun, ...]:
    """All runs that ended well, oldest first; of one scope, where that is said. Raises HostError."""
    tags = {"part": "manifest"} if scope is None else {"part": "manifest", "scope": scope}
    found = []
    for snapshot in await repository.snapshots(tags):
        content = await repository.read_bytes(snapshot.id, MANIFEST, most=_MOST_MANIFEST)
        try:
            found.append(msgspec.json.decode(content, type=BackupRun))
        except msgspec.MsgspecError as error:
            raise HostError(f"{repository.shown}: the manifest {snapshot.id} can't be read: {error}") from None
    return tuple(found)


async def newest_run(repository: Repository, scope: str) -> BackupRun | None:
    """The newest about which there is no doubt."""
    manifests = await repository.snapshots({"part": "manifest", "scope": scope})
    for snapshot in reversed(manifests):
        content = await repository.read_bytes(snapshot.id, MANIFEST, most=_MOST_MANIFEST)
        run = msgspec.json.decode(content, type=BackupRun)
        if not run.doubts:
            return run
    return None


async def forget_old(
    repository: Repository, scope: str, keep: Keep, proven: Collection[str], *, say: Say
) -> tuple[str, ...]:
    """Removes what `keep` no longer asks for, and what is left of runs that were broken off. Nothing as long as no
    drill has restored a backup that is still there: nobody knows then that a newer one is worth the older one. Returns
    the ids of the runs that went. Raises HostError."""
    snapshots = await repository.snapshots()
    manifests = {each.tags["run"]: each for each in snapshots if each.tags.get("part") == "manifest"}
    taken = {run: each.time for run, each in manifests.items() if each.tags.get("scope") == scope}
    restored = [run for run in proven if run in taken]
    old = to_forget(taken, keep, restored[:1])
    if old and not restored:
        say(
            f"{len(old)} older backups stay in {repository.shown}: nothing is removed before a drill has restored one "
            "(dockworthy drill restore)"
        )
        old = ()
    going = [each.id for each in snapshots if each.tags.get("run") in old]
    going += [each.id for each in snapshots if each.tags.get("run") not in manifests and _is_of_another_day(each)]
    if going:
        await repository.forget(going)
    return old


def _is_of_another_day(snapshot: RepositorySnapshot) -> bool:
    """A run that is still under way has no manifest either."""
    days = days_between(snapshot.time, now())
    return days is not None and days > _UNDER_WAY


async def _remember(site: Site, repository: Repository, run: BackupRun) -> None:
    """On the host itself: what was saved last and where, for `assess` and `backup status`, which need no repository."""
    known = {"place": repository.shown, "run": structs.replace(run, data=tuple(map(_without_expected, run.data)))}
    name = f"{site.state}/backup/saved/{place_id(repository.place)}.json"
    await write_file(site.hand, name, msgspec.json.encode(known))


def _without_expected(data: SavedData) -> SavedData:
    return structs.replace(data, expected={})
