"""A project is brought up on another host from its backup alone: the host is made ready, its files, images and data
come to it, it starts as it was recorded; or all that was made of it there goes again."""

from __future__ import annotations

import asyncio
import posixpath
import secrets
from collections.abc import Callable, Collection
from contextlib import AsyncExitStack
from pathlib import Path

from msgspec import Struct, structs

from ..backup.quiesce import alone
from ..backup.repository import Repository
from ..backup.runs import opened, run_at, runs_in
from ..deploy.options import DeployOptions
from ..deploy.preparing import prepared_from
from ..deploy.removing import Remover
from ..deploy.store import FileStore
from ..engine.clock import now
from ..engine.site import Site, reach
from ..errors import DockworthyError, Refused
from ..fix.verify.owner import RunOwner, this_process
from ..harden.reading import HardenOptions
from ..host_scripts import HostScript
from ..interruption import to_its_end
from ..model.backup import BackupRun
from ..model.backup_settings import BackupSettings
from ..model.before_deploy import BeforeDeploy
from ..model.levels import Level
from ..model.policy import ProjectFile
from ..model.rebuild import RebuildPlan, Rebuilt
from ..model.saying import Say
from .edge_parts import AUTHORITY, bring_edge
from .host_setup import AgreeSetup, HostSetup, do_setup, forget_keys, plan_setup
from .loading import bring_files, bring_images, bring_releases, load_data
from .looking import HostLook, is_half, look_at_host, place_of, plan_rebuild, without_server
from .lost_project import LostProject, read_lost_project
from .marks import RebuildMark, forget_aside, read_mark, remove_made, remove_mark, write_mark
from .starting import AFTER_A_LOSS, start_project

_PUT_ASIDE = HostScript(__package__, "put_aside.sh")
TARGET = "target"
"""By which somebody accepts that what the host has of the project is replaced."""
LOSS = "loss"
"""By which somebody accepts that something does not come back."""
ACCEPTED = (TARGET, LOSS)


class RebuildAsked(Struct, frozen=True, kw_only=True):
    """`endpoint`: the host that it comes to; `scope`: the project; `place`: its repository, "" for the first of
    `backup.to` that answers; `key`: the file of this machine with the repository's key. `project`: dockworthy.yaml as
    it is here, `level`: by which a host that has no engine is made fit."""

    endpoint: str
    scope: str
    backup: BackupSettings
    project: ProjectFile
    level: Level
    at: str = ""
    place: str = ""
    key: Path | None = None
    environment: str | None = None
    accept: Collection[str] = ()
    sudo: bool = False


async def rebuild(
    asked: RebuildAsked,
    *,
    agree_setup: AgreeSetup,
    agree: Callable[[RebuildPlan], bool],
    say: Say,
) -> Rebuilt:
    """Does it as agreed. Raises UsageError and Refused for what can't be or may not be, before anything of the project
    is made; what restoring and deploying raise: then what was made of the project is gone again."""
    host = HardenOptions(endpoint=asked.endpoint, level=asked.level, project=asked.project, sudo=asked.sudo)
    setup = await plan_setup(host, asked.backup.key, asked.key, say=say)
    if setup.steps:
        if not agree_setup(setup.steps):
            return Rebuilt(host=asked.endpoint, setup=setup.steps)
        await do_setup(host, setup, say=say)
    try:
        return await _rebuild(asked, setup, agree=agree, say=say)
    except BaseException:
        await to_its_end(_keys_go(host, setup, say))
        raise


async def _keys_go(host: HardenOptions, setup: HostSetup, say: Say) -> None:
    stays = [name for name, came in (("the engine", setup.fit is not None), ("restic", setup.restic)) if came]
    if stays:
        say(f"{' and '.join(stays)} that the host got stay there")
    if not setup.key:
        return
    try:
        await forget_keys(host, setup)
        say(f"{', '.join(setup.key)} is removed there again")
    except DockworthyError as error:
        say(f"note: {', '.join(setup.key)} is still there: {error.says}")


async def _rebuild(
    asked: RebuildAsked,
    setup: HostSetup,
    *,
    agree: Callable[[RebuildPlan], bool],
    say: Say,
) -> Rebuilt:
    async with AsyncExitStack() as stack:
        site = await stack.enter_async_context(reach(asked.endpoint, command="restore --on", sudo=asked.sudo))
        store, said = await stack.enter_async_context(opened(site, asked.backup, asked.place))
        for note in said:
            say(note)
        run = run_at(await runs_in(store, asked.scope, say=say), asked.at, today=now())
        lost = await stack.enter_async_context(read_lost_project(store, run, environment=asked.environment))
        look = await look_at_host(site, run, lost)
        mark = await read_mark(site, run.scope)
        plan = await plan_rebuild(site, store, run, lost, look, mark)
        if not agree(plan):
            return Rebuilt(host=site.name, setup=setup.steps, plan=plan)
        refuse(plan, asked.accept)
        await alone(site, "a restore", say=say)
        clock = asyncio.get_running_loop().time
        began = clock()
        if mark is not None and is_half(mark, look):
            await remove_made(site, mark, say=say)
            look = await look_at_host(site, run, lost)
        owner = this_process()
        new = structs.replace(_mark_of(site, run, lost, look), scratch=owner.run)
        await write_mark(site, new)
        try:
            await _clear(site, run, look, new, say=say)
            containers = await _bring_all(asked, site, store, run, lost, new, owner, say=say)
        except BaseException as error:
            if isinstance(error, DockworthyError):
                say(f"it failed: {error.says}")
            await to_its_end(_undone(site, new, say))
            raise
        await remove_mark(site, run.scope)
        await forget_aside(site, new.aside, say=say)
        return Rebuilt(
            host=site.name,
            setup=setup.steps,
            plan=plan,
            restored=True,
            seconds=round(clock() - began, 1),
            containers=containers,
        )


def refuse(plan: RebuildPlan, accept: Collection[str]) -> None:
    """Raises Refused for what nobody accepted."""
    if plan.there and TARGET not in accept:
        raise Refused(
            f"{plan.host} has something of {plan.scope} already: {'; '.join(plan.there)}",
            hint=f"to bring data back in place: dockworthy restore; to replace all of it: --accept {TARGET}",
        )
    if plan.lacks and LOSS not in accept:
        raise Refused(
            f"not all of {plan.scope} can be brought back: {'; '.join(plan.lacks)}",
            hint=f"where it may be without: --accept {LOSS}",
        )


def _mark_of(site: Site, run: BackupRun, lost: LostProject, look: HostLook) -> RebuildMark:
    """What is about to be made: nothing of it is there now, but for what is put aside."""
    aside = {}
    emptied = []
    for data in run.data:
        path = place_of(data, lost, look)
        if path in look.there and path not in look.full:
            emptied.append(path)
        elif path in look.there:
            aside[path] = posixpath.join(posixpath.dirname(path), f".dockworthy-restore.before-{secrets.token_hex(4)}")
    files = [posixpath.join(lost.folder, name) for name in lost.names]
    if lost.edge and lost.settings.routes:
        files += [f"{site.state}/edge/{name}" for name in AUTHORITY]
    return RebuildMark(
        project=run.scope,
        run=run.id,
        began=now(),
        volumes=tuple(each.volume for each in run.data if each.volume and each.volume not in look.volumes),
        folders=tuple(
            path
            for each in run.data
            if (path := place_of(each, lost, look)) and each.volume not in look.volumes and path not in look.there
        ),
        emptied=tuple(emptied),
        parents=tuple(sorted(look.parents, key=len, reverse=True)),
        files=tuple(file for file in files if file not in look.there),
        images=tuple(each.id for each in run.images if each.id not in look.images),
        aside=aside,
    )


async def _clear(site: Site, run: BackupRun, look: HostLook, mark: RebuildMark, *, say: Say) -> None:
    """What somebody accepted to be replaced: containers, records and routes go, data is put aside."""
    if look.containers or f"{site.state}/releases/{run.scope}" in look.full:
        say(f"what {site.name} has of {run.scope} is removed")
        remover = Remover(site, run.scope, volumes=False)
        await remover.remove(dry_run=False, take_over=True, agree=lambda _: True, say=say)
    for path, aside in mark.aside.items():
        done = await site.shell.run(_PUT_ASIDE.with_arguments(path, aside))
        if done.status:
            raise Refused(f"{site.name}: {path} can't be put aside: {done.words}", hint=f"empty it yourself: {path}")


async def _bring_all(
    asked: RebuildAsked,
    site: Site,
    store: Repository,
    run: BackupRun,
    lost: LostProject,
    mark: RebuildMark,
    owner: RunOwner,
    *,
    say: Say,
) -> tuple[str, ...]:
    await bring_files(site, lost)
    await bring_releases(site, store, run, lost)
    await bring_images(site, store, run, lost, say=say)
    spec = lost.spec
    if lost.release is not None:
        prepared = await prepared_from(lost.release, site, FileStore(site, run.scope))
        spec = prepared.desired.spec
    given_up = without_server(run, lost)
    whole = structs.replace(run, data=tuple(each for each in run.data if each.name not in given_up))
    await load_data(site, store, whole, lost, spec, owner, say=say)
    await bring_edge(site, store, run, lost, authority=f"{site.state}/edge/{AUTHORITY[0]}" in mark.files)
    await write_mark(site, structs.replace(mark, starting=True))
    say(f"{run.scope} starts")
    options = DeployOptions(
        endpoint=asked.endpoint,
        folder=Path(lost.folder),
        files_lie_in=lost.copy,
        objectives=AFTER_A_LOSS,
        project=structs.replace(lost.file, policy=structs.replace(lost.file.policy, before_deploy=BeforeDeploy())),
        settings=lost.settings,
        level=lost.file.policy.level or asked.level,
        sudo=asked.sudo,
    )
    return await start_project(site, run, lost, options, say=say)


async def _undone(site: Site, mark: RebuildMark, say: Say) -> None:
    try:
        await remove_made(site, mark, say=say)
    except DockworthyError as error:
        say(f"not all of it could be removed again: {error.says}")
        say("the same command once more goes on with that")
