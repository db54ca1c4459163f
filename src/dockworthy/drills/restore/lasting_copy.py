"""A copy of a project out of a backup that stays: to look at what the data was, while the project itself goes on. It is
made as a drill makes one, and reaches nobody; but it has a name, and goes when somebody removes it.

Before anything is made, a mark on the host tells of which run it is. Where that is killed, the next one finds the mark,
and removes what was made until then."""

from __future__ import annotations

import asyncio
import re
import shlex
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec import structs

from ...backup.repository import Repository
from ...backup.runs import age_of, opened, run_at, runs_in
from ...engine.clock import now
from ...engine.docker_command import Docker
from ...engine.site import Site, reach, write_file
from ...engine.who import who_runs
from ...errors import HostError, Occupied, UsageError
from ...fix.verify.owner import RunOwner, this_process
from ...fix.verify.project import NotStarted
from ...fix.verify.removal import clean_leftovers, remove_all, run_folder
from ...interruption import to_its_end
from ...model.backup import BackupRun, RestoredData
from ...model.backup_settings import BackupSettings
from ...model.deploy_settings import DeploySettings
from ...model.labels import COMPOSE_PROJECT
from ...model.lasting_copy import CopyMade, CopyPlan
from ...model.saying import Say
from .coming_up import stay_up
from .making_copy import CopySources, brought_images, find_sources, make_empty_copy
from .project_copy import ProjectCopy
from .restored_copy import RestoredCopy, bring_up

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_MARKS = "copying-"
"""What the file of a mark is called, before the name of its copy. It holds the id of the run."""


async def copy_beside(
    endpoint: str,
    scope: str,
    name: str,
    backup: BackupSettings,
    deploy: DeploySettings,
    *,
    folder: Path,
    at: str,
    place: str,
    sudo: bool,
    proven_of: Callable[[Site], Awaitable[Mapping[str, str]]],
    agree: Callable[[CopyPlan], bool],
    say: Say,
) -> CopyMade:
    """Brings the project `scope`, whose Compose files lie in `folder`, up as `name` with the data of a backup, as
    agreed. Raises UsageError for a name that is taken, and for what the backup has no place for; HostError and
    EngineError where it can't be restored, or does not run with it: then nothing of the copy is left."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} names no project", hint="lower-case letters, digits, - and _: --as shop-before")
    if name == scope:
        raise UsageError(
            f"{name} is the project itself", hint="dockworthy restore brings its data back in place; or another name"
        )
    async with (
        reach(endpoint, command="restore", sudo=sudo) as site,
        opened(site, backup, place) as (store, said),
    ):
        for note in said:
            say(note)
        docker = Docker(site.docker_host)
        if await site.shell.file(_mark(site, name)) is None:  # else it is of one that was killed, and goes
            await _refuse_taken(site, docker, name)
        run = run_at(await runs_in(store, scope, say=say), at, today=now())
        sources = await find_sources(site, docker, run, folder, deploy)
        owner = structs.replace(this_process(), called=name)
        plan = _plan(scope, name, store, run, sources, sources.copy(owner, run), await proven_of(site))
        if not agree(plan):
            return CopyMade(plan=plan)
        async with _marked(site, docker, owner, say=say):
            clock = asyncio.get_running_loop().time
            began = clock()
            restored = await _made(site, store, run, docker, owner, sources, say=say)
            return CopyMade(
                plan=plan,
                restored=True,
                seconds=round(clock() - began, 1),
                containers={
                    service: str((await restored.project.inspect(id))["Name"]).removeprefix("/")
                    for service, id in restored.started.items()
                },
                evidence=tuple(restored.evidence),
            )


async def _refuse_taken(site: Site, docker: Docker, name: str) -> None:
    """Raises UsageError where the engine has anything that is called so."""
    of_it = f"label={COMPOSE_PROJECT}={name}"
    listings = {
        "container": ("ps", "--all", "--format", "{{.Names}}", "--filter", of_it),
        "volume": ("volume", "ls", "--format", "{{.Name}}"),
        "network": ("network", "ls", "--format", "{{.Name}}"),
    }
    for kind, words in listings.items():
        found = (await docker.must(*words)).split()
        taken = [each for each in found if kind == "container" or each.startswith(f"{name}_")]
        if taken:
            raise UsageError(
                f"{site.name} has the {kind} {taken[0]} already",
                hint=f"take another name; or remove what is there: docker compose -p {name} down --volumes",
            )


def _plan(
    scope: str,
    name: str,
    store: Repository,
    run: BackupRun,
    sources: CopySources,
    copy: ProjectCopy,
    proven: Mapping[str, str],
) -> CopyPlan:
    return CopyPlan(
        scope=scope,
        name=name,
        place=store.shown,
        run=run.id,
        taken=run.taken,
        age=age_of(run),
        data=tuple(
            RestoredData(name=each.name, project=name, kind=each.kind, bytes=each.bytes, replaces=0, by=each.restore)
            for each in run.data
        ),
        services=copy.order,
        images=tuple(sorted({each.called for each in sources.saved.values()})),
        lacks=copy.notes,
        doubts=run.doubts,
        proven=proven.get(run.id, ""),
    )


@asynccontextmanager
async def _marked(site: Site, docker: Docker, owner: RunOwner, *, say: Say) -> AsyncIterator[None]:
    """If the block fails, everything that carries the run's label is removed. Raises Occupied, HostError, EngineError,
    and UsageError for a name that was taken meanwhile."""
    state = f"{site.state}/backup"
    await site.shell.run(f"umask 077; mkdir -p {shlex.quote(state)}")
    if holder := await site.shell.hold(f"{state}/copying.lock", f"a copy by {who_runs()} since {now()}"):
        raise Occupied(f"a copy of a project is made on {site.name} already: {holder}", hint="wait until it has ended")
    await clean_leftovers(docker)
    for name, run in (await _marks(site)).items():
        await remove_all(docker, run, images=False)
        await _unmark(site, name)
        say(f"{name}, which an earlier restore was making when it was killed, is removed")
    await _refuse_taken(site, docker, owner.called)
    await write_file(site.shell, _mark(site, owner.called), owner.run.encode())
    try:
        yield
    except BaseException:
        await to_its_end(remove_all(docker, owner.run, images=False))
        raise
    finally:
        await to_its_end(_unmark(site, owner.called))


def _mark(site: Site, name: str) -> str:
    return f"{site.state}/backup/{_MARKS}{name}"


async def _marks(site: Site) -> dict[str, str]:
    """Name of a copy -> the run that was making it."""
    done = await site.shell.run(f"cd {shlex.quote(site.state)}/backup && ls -d {_MARKS}* 2>/dev/null")
    names = [each.removeprefix(_MARKS) for each in done.output.split() if _NAME.fullmatch(each.removeprefix(_MARKS))]
    found = {name: await site.shell.file(_mark(site, name), most=100) for name in names}
    return {name: run for name, run in found.items() if run}


async def _unmark(site: Site, name: str) -> None:
    await site.shell.run(f"rm -f -- {shlex.quote(_mark(site, name))}")


async def _made(
    site: Site,
    store: Repository,
    run: BackupRun,
    docker: Docker,
    owner: RunOwner,
    sources: CopySources,
    *,
    say: Say,
) -> RestoredCopy:
    """The copy with its data, which was compared, and its services, which run. Raises HostError, EngineError."""
    folder = run_folder(this_process())  # Compose's file for it, with its passwords, is not needed any more then
    try:
        async with brought_images(site, store, docker, sources, say=say) as going:
            copy = sources.copy(owner, run)
            restored = await make_empty_copy(site, store, run, docker, owner, copy, folder, [])
            try:
                await bring_up(restored, say=say)
                await stay_up(restored.project, restored.started)
            except NotStarted as failed:
                raise HostError(failed.says) from None
            going.pop_all()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return restored
