"""A backup run: every data set saved as the plan says, to each repository; then the manifest, without which the
snapshots of a run count for nothing."""

from __future__ import annotations

import asyncio
import secrets
import shlex
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack

import msgspec
from msgspec import Struct, structs

from .. import __version__
from ..engine.clock import now
from ..engine.site import Site, reach, write_file
from ..errors import DockworthyError, HostError
from ..interruption import all_to_their_end
from ..model.backup import (
    BackupMethod,
    BackupPlan,
    BackupRun,
    PlannedData,
    ProjectImage,
    RememberedRun,
    SavedData,
)
from ..model.backup_settings import BackupSettings
from ..model.labels import COMPOSE_PROJECT, COMPOSE_SERVICE
from ..model.saying import Say
from .by_command import save_by_command
from .discovery import find_data
from .files import WORK, save_files
from .images import images_tag, project_images, save_images
from .key_values import save_key_values
from .lanes import Lane, Lanes
from .log_needs import with_log_needs
from .log_saving import end_unwanted, end_with, notes_on_receivers, save_copy, save_logs_with
from .mariadb import save_mariadb
from .plan import plan_backup
from .postgresql import save_postgresql
from .project_files import ALSO, PackedFiles
from .quiesce import alone
from .repository import Repository, RepositorySnapshot
from .repository_place import place_id
from .retention import forget_old
from .runs import MANIFEST, MANIFEST_PART, must_name_repository, newest_undoubted
from .shrinking import damaged, shrunk
from .sqlite import save_sqlite

_COPYING = 24 * 3600.0
"""Seconds for the files of one data set."""

NamedImages = Callable[[Site], Awaitable[Mapping[str, str]]]
"""Tells service -> image, as the Compose files and the release in force name it."""


class BackupFailed(DockworthyError):
    """Some data could not be saved, as the sentences say; the rest was."""


class BackupDone(Struct, frozen=True, kw_only=True):
    """`runs`: one for each repository; none where a person did not agree to the plan."""

    plan: BackupPlan
    runs: tuple[BackupRun, ...] = ()


async def plan_here(
    endpoint: str,
    scope: str,
    settings: BackupSettings,
    *,
    named_images: NamedImages,
    sudo: bool = False,
    notes: Sequence[str] = (),
) -> BackupPlan:
    """What a backup would do now: `scope`: a project, "" for the whole engine. Changes nothing. Raises EngineError,
    HostError, UsageError."""
    async with reach(endpoint, command="backup", sudo=sudo) as site:
        return await _planned(site, scope, settings, named_images, notes)


async def _planned(
    site: Site, scope: str, settings: BackupSettings, named_images: NamedImages, notes: Sequence[str]
) -> BackupPlan:
    data = await with_log_needs(site, settings, await find_data(site, scope))
    if scope:
        images, gone = await project_images(site.engine, scope, await named_images(site))
        plan = plan_backup(settings, data, scope, also=ALSO, images=images, notes=(*notes, *gone))
    else:
        plan = plan_backup(settings, data, scope, notes=notes)
    return structs.replace(plan, notes=(*plan.notes, *await notes_on_receivers(site, plan)))


async def back_up_here(
    endpoint: str,
    scope: str,
    settings: BackupSettings,
    *,
    files: PackedFiles,
    accept: Collection[str] = (),
    sudo: bool = False,
    notes: Sequence[str] = (),
    named_images: NamedImages,
    proven_of: Callable[[Site], Awaitable[Collection[str]]],
    remove_copies: Callable[[Site], Awaitable[int]],
    agree: Callable[[BackupPlan], bool],
    say: Say,
) -> BackupDone:
    """Finds the data, plans, and saves it as agreed. `files`: the project's, which go with the data; `named_images`:
    tells the images of services that may have no container; `proven_of`: the ids of backups that drills restored, the
    last one first; `remove_copies`: removes what drills that were killed left, and tells of how many. Raises what
    finding and saving raise, UsageError where no repository is named."""
    must_name_repository(settings)
    async with reach(endpoint, command="backup", sudo=sudo) as site:
        plan = await _planned(site, scope, settings, named_images, notes)
        if not agree(plan):
            return BackupDone(plan=plan)
        if await remove_copies(site):
            say("what a drill left when it was killed is removed: the copy of a project with its data")
        proven = await proven_of(site)
        async with reach(endpoint, command="backup", sudo=sudo) as second:
            runs = await back_up((site, second), plan, settings, files=files, proven=proven, accept=accept, say=say)
        return BackupDone(plan=plan, runs=runs)


async def back_up(
    sites: Sequence[Site],
    plan: BackupPlan,
    settings: BackupSettings,
    *,
    files: PackedFiles,
    proven: Collection[str],
    accept: Collection[str],
    say: Say,
) -> tuple[BackupRun, ...]:
    """Saves everything to every repository of `settings`; one that fails keeps none of the others from getting theirs.
    What the plan asks about is left out. `sites`: ways to the same host, each with a shell of its own: as many data
    sets are saved at once. Returns the run of each. Raises Occupied where another run is at it, BackupFailed at the end
    where anything failed."""
    site = sites[0]
    await alone(site, "a backup", say=say)
    await site.shell.run(f"rm -rf {shlex.quote(f'{site.state}/backup/{WORK}')}", seconds=_COPYING)
    for left_out in files.left_out:
        say(left_out)
    await end_unwanted(site, plan, say=say)
    runs: list[BackupRun] = []
    failed: list[str] = []
    for place in settings.to:
        repository = Repository(site.shell, place, settings.key, site.state)
        try:
            await repository.ready(create=True)
            others = (Repository(each.shell, place, settings.key, each.state) for each in sites[1:])
            lanes = [*zip(sites, (repository, *others), strict=True)]
            run, known = await _save_to(lanes, plan, files, accept, say=say)
            runs.append(run)
            await save_logs_with(site, repository, plan, run, say=say)
            missed = [f"{each.name} was dumped, but {each.log_missed}" for each in run.data if each.log_missed]
            if missed:
                raise HostError("; ".join(missed), hint="dockworthy backup status")
            if not run.doubts:
                await forget_old(repository, known, plan.scope, settings.keep, proven, say=say)
        except DockworthyError as error:
            failed.append(f"{repository.shown}: {error.says}")
            say(f"{repository.shown}: {error.says}" + (f" ({error.hint})" if error.hint else ""))
    if failed:
        elsewhere = "what was saved to the other repositories counts: dockworthy backup list" if runs else ""
        raise BackupFailed(f"not saved: {'; '.join(failed)}", hint=elsewhere)
    await end_with(site, plan, runs)
    return tuple(runs)


async def _save_to(
    shells: Sequence[Lane], plan: BackupPlan, files: PackedFiles, accept: Collection[str], *, say: Say
) -> tuple[BackupRun, tuple[RepositorySnapshot, ...]]:
    """The run, and the snapshots that the repository had before and the manifest's. Raises HostError, EngineError where
    one data set could not be saved: then the run has no manifest."""
    site, repository = shells[0]
    lanes = Lanes(shells)
    tags = {"run": secrets.token_hex(8), "scope": plan.scope}
    began = now()
    left_out = {each.data.name: each.asks or each.why for each in plan.data if _is_left_out(each)}
    wanted = [each for each in plan.data if each.data.name not in left_out]
    saved: dict[str, SavedData] = {}
    also: dict[str, str] = {}
    images: list[ProjectImage] = []
    known: list[RepositorySnapshot] = []
    before: BackupRun | None = None
    standing_still: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def save_one(planned: PlannedData) -> None:
        clock = asyncio.get_running_loop().time
        start = clock()

        def begins() -> None:
            nonlocal start
            start = clock()
            say(f"{planned.data.name}: {planned.method} to {repository.shown}")

        async with AsyncExitStack() as stack:
            for container in sorted(_may_stand_still(planned)):
                await stack.enter_async_context(standing_still[container])
            found = {**tags, "data": planned.data.name, "project": planned.data.project}
            done = await _save(lanes, planned, found, begins=begins, say=say)
        saved[planned.data.name] = structs.replace(done, seconds=round(clock() - start, 2))

    async def save_the_rest() -> None:
        nonlocal before
        async with lanes.one() as lane:
            known.extend(await lane[1].snapshots())
            before = await newest_undoubted(lane[1], known, plan.scope)
            if plan.scope:
                also.update(await _save_project(*lane, plan.scope, files, tags))
            images.extend(await save_images(*lane, plan.images, known, say=say))

    largest_first = sorted(wanted, key=lambda each: each.data.bytes, reverse=True)
    await all_to_their_end([*(save_one(each) for each in largest_first), save_the_rest()])
    ended = BackupRun(
        id=tags["run"],
        host=(await site.shell.run("uname -n")).output.strip() or site.name,
        scope=plan.scope,
        taken=began,
        ended=now(),
        version=__version__,
        data=tuple(saved[each.data.name] for each in wanted),
        skipped=left_out,
        bytes=sum(each.bytes for each in saved.values()),
        also=also,
        images=tuple(images),
        running=await _running_services(site, plan.scope) if plan.scope else (),
        folder=files.folder,
        engine=str((await site.engine.get("/info")).get("ID") or ""),
    )
    ended = structs.replace(
        ended, doubts=(*shrunk(before, ended, accepted=accept), *damaged(before, ended, accepted=accept))
    )
    marks = {"part": MANIFEST_PART, **images_tag(ended.images), **({"doubted": "1"} if ended.doubts else {})}
    content = msgspec.json.encode(ended)
    manifest = await repository.save_bytes(MANIFEST, content, tags={**tags, **marks})
    await repository.keep_read(manifest.id, content)
    await _remember(site, repository, ended)
    return ended, (*known, manifest)


async def _running_services(site: Site, project: str) -> tuple[str, ...]:
    listed = await site.engine.get("/containers/json")
    mine = (each["Labels"] for each in listed if (each.get("Labels") or {}).get(COMPOSE_PROJECT) == project)
    return tuple(sorted({str(labels.get(COMPOSE_SERVICE) or "") for labels in mine} - {""}))


def _may_stand_still(planned: PlannedData) -> set[str]:
    """Ids of containers that pause or stop for this data set, perhaps only where its own means fail."""
    may = planned.downtime or planned.container or planned.method is BackupMethod.SQLITE
    return {each.id for each in planned.data.writers} if may else set()


def _is_left_out(planned: PlannedData) -> bool:
    return planned.method is BackupMethod.SKIP or bool(planned.asks)


async def _save_project(
    site: Site, repository: Repository, project: str, files: PackedFiles, tags: Mapping[str, str]
) -> dict[str, str]:
    """What the project is made of: its Compose files and dockworthy.yaml, the records of its releases with the contents
    of their secrets and configs, and the edge. Part -> snapshot."""
    found = {}
    if files.archive:
        snapshot = await repository.save_bytes("project.tar", files.archive, tags={**tags, "part": "project"})
        found["project"] = snapshot.id
    for part, path in (("releases", f"{site.state}/releases/{project}"), ("edge", f"{site.state}/edge")):
        there = await site.shell.run(f"[ -d {shlex.quote(path)} ]")
        if not there.status:
            snapshot = await repository.save_paths([path], tags={**tags, "part": part}, seconds=_COPYING, by_link=True)
            found[part] = snapshot.id
    return found


async def _save(
    lanes: Lanes, planned: PlannedData, tags: Mapping[str, str], *, begins: Callable[[], None], say: Say
) -> SavedData:
    data = planned.data
    if planned.method is BackupMethod.PG_DUMP:
        saved = await save_postgresql(lanes, data, planned.container, tags=tags, begins=begins)
        if not planned.point_in_time or planned.lacks:
            return saved
        async with lanes.one() as lane:
            try:
                return structs.replace(saved, log=await save_copy(*lane, planned, tags=tags, say=say))
            except DockworthyError as error:  # what was dumped counts
                return structs.replace(saved, log_missed=error.says)
    async with lanes.one() as (site, repository):
        begins()
        if planned.method is BackupMethod.RDB:
            return await save_key_values(site, repository, planned, tags=tags, say=say)
        if planned.method is BackupMethod.SQLITE:
            return await save_sqlite(site, repository, planned, tags=tags)
        if planned.method in (BackupMethod.MARIADB_DUMP, BackupMethod.MYSQL_DUMP):
            return await save_mariadb(site, repository, planned, tags=tags, say=say)
        if planned.method is BackupMethod.COMMAND:
            return await save_by_command(site, repository, planned, tags=tags)
        return await save_files(site, repository, planned, tags=tags)


async def _remember(site: Site, repository: Repository, run: BackupRun) -> None:
    """On the host itself: what was saved last and where, for `assess` and `backup status`, which need no repository."""
    without = tuple(structs.replace(each, expected={}) for each in run.data)
    known = RememberedRun(
        place=repository.shown,
        run=structs.replace(run, data=without),
        append_only=await repository.refused_removal(),
    )
    name = f"{site.state}/backup/saved/{place_id(repository.place)}.json"
    await write_file(site.shell, name, msgspec.json.encode(known))
