"""What a copy of a project is made of, before anything is restored into it: the images that its services run now, of
which some may come out of the backup; what the project binds of its host; empty volumes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct

from ...backup.images import load_image
from ...backup.repository import Repository
from ...deploy.compose_command import ComposeCommand
from ...deploy.rendering import compose_files
from ...engine.docker_command import Docker
from ...engine.host_shell import archive_in
from ...engine.site import Site
from ...errors import HostError, UsageError
from ...fix.verify.images import LocalImage, look_up
from ...fix.verify.owner import RunOwner
from ...fix.verify.project import ScratchProject
from ...host_scripts import HostScript
from ...interruption import to_its_end
from ...model.backup import BackupRun, ProjectImage
from ...model.deploy_settings import DeploySettings
from ...model.labels import COMPOSE_PROJECT, COMPOSE_SERVICE, COMPOSE_VOLUME
from ...model.saying import Say
from .project_copy import PathOnHost, ProjectCopy, bound_paths, copy_of
from .restored_copy import RestoredCopy

_REAL_PATHS = HostScript(__package__, "real_paths.sh")


class CopySources(Struct, frozen=True, kw_only=True):
    """`rendered`: the project in Compose's own JSON; `images`: service -> its image, of those that are here; `saved`:
    service -> its image, which is in the backup alone; `paths`: what each path that the project binds is on the
    host."""

    rendered: dict[str, Any]
    images: dict[str, LocalImage]
    saved: dict[str, ProjectImage]
    paths: dict[str, PathOnHost]

    def copy(self, owner: RunOwner, run: BackupRun) -> ProjectCopy:
        """With an image in the backup as it will be called. Raises UsageError for data that can't be restored."""
        images = {**{name: LocalImage(each.id) for name, each in self.saved.items()}, **self.images}
        copy = copy_of(self.rendered, images, owner, run.data, self.paths)
        if copy.lost:
            raise UsageError(
                f"the project has no place for all that this backup holds: {'; '.join(copy.lost)}",
                hint="where it is meant, make a backup of what there is now; or take another one: --at TIME",
            )
        return copy


async def find_sources(site: Site, docker: Docker, run: BackupRun, folder: Path, deploy: DeploySettings) -> CopySources:
    """Of the project whose Compose files lie in `folder`, for its backup `run`. Raises UsageError for an image that is
    neither here nor in the backup, and what reading the project raises."""
    compose = ComposeCommand(site.docker_host, str(folder))
    files = compose_files(folder, deploy)
    rendered = (await compose.config(files, deploy.project)).to_json()
    active = await compose.active(files, deploy.project)
    images: dict[str, LocalImage] = {}
    saved: dict[str, ProjectImage] = {}
    for name, called in (await _wanted_images(site, rendered, active, without=deploy.jobs.services)).items():
        if image := await look_up(docker, called):
            images[name] = image
        elif found := _saved_image(run, name, called):
            saved[name] = found
        else:
            says = f"{name}: its image {called} is not on {site.name}, and not in the backup"
            raise UsageError(says, hint="docker compose pull, or build")
    return CopySources(rendered=rendered, images=images, saved=saved, paths=await paths_on_host(site, rendered))


async def _wanted_images(
    site: Site, rendered: Mapping[str, Any], active: Collection[str], *, without: Collection[str]
) -> dict[str, str]:
    """Service -> the image that its newest container runs now, else the one that the file names: of those that
    `docker compose up` starts, and of others that run."""
    project = str(rendered.get("name") or "")
    listed = await site.engine.get("/containers/json")
    running = {
        each["Labels"].get(COMPOSE_SERVICE): str(each["ImageID"])
        for each in reversed(listed)  # the newest come first
        if (each.get("Labels") or {}).get(COMPOSE_PROJECT) == project
    }
    return {
        name: running.get(name) or str(service.get("image") or f"{project}-{name}")
        for name, service in rendered["services"].items()
        if name not in without and (name in active or name in running)
    }


def _saved_image(run: BackupRun, service: str, called: str) -> ProjectImage | None:
    saved = [each for each in run.images if each.snapshot]
    by_name = (each for each in saved if called == each.id or called in each.names)
    return next(by_name, None) or next((each for each in saved if service in each.services), None)


@asynccontextmanager
async def brought_images(
    site: Site, store: Repository, docker: Docker, sources: CopySources, *, say: Say
) -> AsyncIterator[AsyncExitStack]:
    """Those that are in the backup alone come out of it, and go at the end: but for those whose going is taken off the
    stack that it yields (`pop_all`). Raises HostError, EngineError."""
    async with AsyncExitStack() as going:
        for name, image in sources.saved.items():
            say(f"{name}: its image {image.called} is not on {site.name}: it comes out of the backup")
            going.push_async_callback(_goes, docker, image)
            await load_image(site, store, image)
            if (loaded := await look_up(docker, image.id)) is None:
                raise HostError(f"{site.name}: the image {image.called} of the backup is not the one that was saved")
            sources.images[name] = loaded
        yield going


async def _goes(docker: Docker, image: ProjectImage) -> None:
    await to_its_end(_removed_image(docker, image))


async def _removed_image(docker: Docker, image: ProjectImage) -> None:
    """With the names that it has; one of which there are containers meanwhile stays."""
    told = await docker.run("image", "inspect", "--format", "{{range .RepoTags}}{{println .}}{{end}}", image.id)
    if not told.status:
        await docker.run("image", "rm", *(told.out.decode().split() or [image.id]))


async def paths_on_host(site: Site, rendered: Mapping[str, Any]) -> dict[str, PathOnHost]:
    """What each path that the project binds is there. Raises HostError."""
    paths = bound_paths(rendered)
    if not paths:
        return {}
    done = await site.shell.run(_REAL_PATHS.with_arguments(*paths))
    words = archive_in(done).decode("utf-8", "surrogateescape").split("\0")
    if done.status or len(words) != 2 * len(paths) + 1:
        raise HostError(f"{site.name}: what the project binds can't be looked at: {done.words or 'no reason given'}")
    return {path: PathOnHost(words[2 * n], words[2 * n + 1] == "folder") for n, path in enumerate(paths)}


async def make_empty_copy(
    site: Site,
    store: Repository,
    run: BackupRun,
    docker: Docker,
    owner: RunOwner,
    copy: ProjectCopy,
    folder: Path,
    evidence: list[str],
) -> RestoredCopy:
    """The copy with its empty volumes, not started yet. `folder`: of this machine, for what Compose reads; what is seen
    is added to `evidence`. Raises EngineError."""
    folders = await _make_volumes(site, copy, owner)
    return RestoredCopy(
        site=site,
        store=store,
        run=run,
        copy=copy,
        project=ScratchProject(docker, site.engine, owner, folder, copy.placed(folders), {}),
        owner=owner,
        folders=folders,
        servers={},
        started={},
        evidence=evidence,
    )


async def _make_volumes(site: Site, copy: ProjectCopy, owner: RunOwner) -> dict[str, str]:
    """Returns data set -> the folder of its volume on the host. Raises EngineError."""
    folders = {}
    for name, volume in copy.volumes.items():
        labels = {**owner.labels}
        if owner.called:  # `docker compose down --volumes` finds it by these
            labels |= {COMPOSE_PROJECT: owner.project, COMPOSE_VOLUME: volume.removeprefix(f"{owner.project}_")}
        made = await site.engine.send("POST", "/volumes/create", {"Name": volume, "Labels": labels})
        folders[name] = str(made["Mountpoint"])
    return folders
