"""Images, files and data come to the host: data into the volumes and folders that the project is to have, by containers
that reach nobody and are removed again, and compared with what the backup says that it must hold."""

from __future__ import annotations

import posixpath
import shlex
import shutil
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from msgspec import structs

from ..backup.folders import fill_folder
from ..backup.images import load_image, name_image
from ..backup.repository import Repository
from ..deploy.images import pulled_again
from ..drills.restore.making_copy import paths_on_host
from ..drills.restore.project_copy import ProjectCopy, copy_of
from ..drills.restore.restored_copy import RestoredCopy, load_databases
from ..engine.docker_command import Docker
from ..engine.faults import NoSuchObject
from ..engine.site import Site
from ..errors import HostError
from ..fix.verify.images import LocalImage, look_up
from ..fix.verify.owner import RunOwner
from ..fix.verify.project import NotStarted, ScratchProject
from ..fix.verify.removal import clean_leftovers, remove_all, run_folder
from ..host_scripts import HostScript
from ..interruption import to_its_end
from ..model.backup import BackupRun, SavedData
from ..model.compose_project import ComposeProject
from ..model.labels import COMPOSE_PROJECT, COMPOSE_VOLUME
from ..model.saying import Say
from .looking import saved_image, wanted_images
from .lost_project import LostProject, bound_folder, volume_definition

_BRING_FILE = HostScript(__package__, "bring_file.sh")
_UNPACK = HostScript(__package__, "unpack.sh")
_COPYING = 24 * 3600.0
_ENDS_WITHIN = 120
"""Seconds in which a database that has loaded its dump writes the rest and ends."""


class NotAsSaved(HostError):
    """What came out of the backup is not what was saved."""


async def bring_files(site: Site, lost: LostProject) -> None:
    """The project's own. Raises HostError."""
    done = await site.shell.run(_UNPACK.with_arguments(lost.folder), given=lost.archive, seconds=_COPYING)
    if done.status:
        raise HostError(f"{site.name}: the project's files can't be written to {lost.folder}: {done.words}")


async def bring_releases(site: Site, store: Repository, run: BackupRun, lost: LostProject) -> None:
    """The records, with their secrets and configs. Raises HostError, UsageError."""
    if lost.release is None:
        return
    done = await site.shell.run(f"umask 077; mkdir -p -- {shlex.quote(lost.state)}")
    if done.status:
        raise HostError(f"{site.name}: {lost.state} can't be made: {done.words}")
    await store.restore_paths(run.also["releases"], lost.state, lost.state, seconds=_COPYING, by_link=True)


async def bring_images(site: Site, store: Repository, run: BackupRun, lost: LostProject, *, say: Say) -> None:
    """Those that are not there. Raises HostError, EngineError, ImageUnavailable."""
    docker = Docker(site.docker_host)
    for service, called in wanted_images(run, lost).items():
        image = saved_image(run, service, called)
        if await look_up(docker, called) is not None:
            continue
        if image is not None and await look_up(docker, image.id) is not None:
            await name_image(site.engine, image)
        elif image is not None and image.snapshot:
            say(f"image {image.called}: out of the backup")
            await load_image(site, store, image)
        elif image is not None and image.digests:
            say(f"image {image.called}: from its registry")
            await pulled_again(site.engine, image.digests[:1])
            await name_image(site.engine, image)
        elif "@" in called:
            say(f"image {called}: from its registry")
            await pulled_again(site.engine, [called])


async def load_data(
    site: Site,
    store: Repository,
    run: BackupRun,
    lost: LostProject,
    spec: ComposeProject,
    owner: RunOwner,
    *,
    say: Say,
) -> None:
    """Into empty volumes and folders. Raises NotAsSaved, HostError, EngineError, UsageError."""
    rendered = spec.to_json()
    folders = {data.name: await _place(site, data, rendered, run.scope) for data in run.data}
    for data in run.data:
        if "files" not in data.snapshots:
            continue
        say(f"{data.name}: {data.kind}")
        if wrong := await _fill(site, store, data, folders[data.name]):
            raise NotAsSaved(
                f"{data.name} is not what was saved: {'; '.join(wrong[:3])}", hint="try an older one: --at TIME"
            )
    docker = Docker(site.docker_host)
    await clean_leftovers(docker)
    copy = await _copy(site, docker, owner, run, lost, rendered)
    if not copy.dumps and not copy.commands:
        return
    await _load_dumps(site, store, run, docker, owner, copy, folders, say=say)


async def _copy(
    site: Site, docker: Docker, owner: RunOwner, run: BackupRun, lost: LostProject, rendered: Mapping[str, Any]
) -> ProjectCopy:
    """A project that is cut off, whose services have the real volumes and folders."""
    images: dict[str, LocalImage] = {}
    for service, called in wanted_images(run, lost).items():
        image = await look_up(docker, called)
        saved = saved_image(run, service, called)
        image = image or (await look_up(docker, saved.id) if saved is not None else None)
        if image is not None:
            images[service] = image
    copy = copy_of(rendered, images, owner, run.data, await paths_on_host(site, rendered))
    volumes = {**(copy.unplaced.get("volumes") or {})}
    for number, data in enumerate(run.data):
        if data.volume and f"restored-{number}" in volumes:
            volumes[f"restored-{number}"] = {"name": data.volume, "external": True}
    return structs.replace(copy, unplaced={**copy.unplaced, "volumes": volumes})


async def _load_dumps(
    site: Site,
    store: Repository,
    run: BackupRun,
    docker: Docker,
    owner: RunOwner,
    copy: ProjectCopy,
    folders: Mapping[str, str],
    *,
    say: Say,
) -> None:
    """By the servers of the copy, which end in order."""
    place = run_folder(owner)
    try:
        for data in run.data:
            if not data.volume and not data.single and data.name in copy.volumes:
                await _volume_of_folder(site, copy.volumes[data.name], data.path, owner)
        single = {each.name: posixpath.dirname(each.path) for each in run.data if each.single}
        restored = RestoredCopy(
            site=site,
            store=store,
            run=run,
            copy=copy,
            project=ScratchProject(docker, site.engine, owner, place, copy.placed({**folders, **single}), {}),
            owner=owner,
            folders={**folders, **single},
            servers={},
            started={},
            evidence=[],
        )
        try:
            await load_databases(restored, say=say)
        except NotStarted as failed:
            raise NotAsSaved(f"a database does not start: {failed.says}") from None
        for container in reversed([*restored.started.values()]):
            await docker.run("stop", "--time", str(_ENDS_WITHIN), container, timeout=_ENDS_WITHIN + 30.0)
    finally:
        await to_its_end(remove_all(docker, owner.run, images=False))
        shutil.rmtree(place, ignore_errors=True)


async def _volume_of_folder(site: Site, name: str, path: str, owner: RunOwner) -> None:
    """A volume of the copy that is a folder of the host."""
    options = {"type": "none", "o": "bind", "device": path}
    wanted = {"Name": name, "Driver": "local", "DriverOpts": options, "Labels": owner.labels}
    await site.engine.send("POST", "/volumes/create", wanted)


async def _place(site: Site, data: SavedData, rendered: Mapping[str, Any], project: str) -> str:
    """Where it is to lie on the host: made as Compose would make it where it is not there."""
    if not data.volume:
        folder = posixpath.dirname(data.path) if data.single else data.path
        done = await site.shell.run(f"mkdir -p -- {shlex.quote(folder)}")
        if done.status:
            raise HostError(f"{site.name}: {folder} can't be made: {done.words}")
        return data.path
    key, definition = volume_definition(rendered, data.volume)
    if bound := bound_folder(rendered, data.volume):
        await site.shell.run(f"mkdir -p -- {shlex.quote(bound)}")
    try:
        made = await site.engine.get(f"/volumes/{quote(data.volume, safe='')}")
    except NoSuchObject:
        labels = dict(definition.get("labels") or {})
        if key and not definition.get("external"):
            labels |= {COMPOSE_PROJECT: project, COMPOSE_VOLUME: key}
        driver = str(definition.get("driver") or "local")
        options = definition.get("driver_opts") or {}
        wanted = {"Name": data.volume, "Driver": driver, "DriverOpts": options, "Labels": labels}
        made = await site.engine.send("POST", "/volumes/create", wanted)
    return bound or str(made["Mountpoint"])


async def _fill(site: Site, store: Repository, data: SavedData, place: str) -> tuple[str, ...]:
    real = (await site.shell.run(f"readlink -f -- {shlex.quote(place)}")).output.removesuffix("\n")
    place = real or place  # root's own links may lead there; nobody writes to it yet
    if not data.single:
        return await fill_folder(site, store, data, place)
    made = await site.shell.run(f"mktemp -d {shlex.quote(posixpath.dirname(place))}/.dockworthy-restore.XXXXXX")
    folder = made.output.strip()
    if made.status or not folder:
        raise HostError(f"{site.name}: {posixpath.dirname(place)} can't be written: {made.words}")
    wrong = await fill_folder(site, store, data, folder)
    done = await site.shell.run(_BRING_FILE.with_arguments(folder, place))
    if done.status:
        raise HostError(f"{site.name}: {place} can't be written: {done.words}")
    return wrong
