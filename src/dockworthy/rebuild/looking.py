"""What a host has already of the project that is to come to it, and what is planned for it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from ..backup.repository import Repository
from ..backup.runs import age_of
from ..deploy.images import repository_of
from ..drills.restore.project_copy import bound_paths, copy_of
from ..engine.connection import Connection
from ..engine.faults import NoSuchObject
from ..engine.host_shell import archive_in
from ..engine.registry_login import registry_headers
from ..engine.site import Site
from ..errors import EngineError, HostError, UsageError
from ..fix.verify.images import LocalImage
from ..fix.verify.owner import RunOwner
from ..fix.verify.scratch import is_of_the_host
from ..host_scripts import HostScript
from ..model.backup import SERVER_DUMPS, BackupMethod, BackupRun, ProjectImage, RestoredData, SavedData
from ..model.deploy_settings import DeploySettings
from ..model.edge_network import EDGE_NETWORK
from ..model.labels import COMPOSE_PROJECT
from ..model.rebuild import RebuildPlan, RebuiltImage
from .edge_parts import AUTHORITY
from .lost_project import LostProject, bound_folder, volume_definition
from .marks import RebuildMark

_LOOK = HostScript(__package__, "look_at_host.sh")


class HostLook(Struct, frozen=True, kw_only=True):
    """`containers`: names of those of the project; `volumes`: of those that the backup has, where they lie; `full`:
    paths where something is, `there`: those that exist. `engine`: its id. `images`: ids and names that it has.
    `parents`: folders
    above what comes there that do not exist."""

    containers: tuple[str, ...]
    volumes: dict[str, str]
    full: frozenset[str]
    there: frozenset[str]
    engine: str
    images: frozenset[str]
    networks: frozenset[str]
    parents: frozenset[str]


async def look_at_host(site: Site, run: BackupRun, lost: LostProject) -> HostLook:
    """Raises EngineError, HostError."""
    engine, rendered = site.engine, lost.spec.to_json()
    info = await engine.get("/info")
    listed = await engine.get("/containers/json?all=true")
    containers = [
        each["Names"][0].lstrip("/") for each in listed if (each.get("Labels") or {}).get(COMPOSE_PROJECT) == run.scope
    ]
    volumes = {each.volume: path for each in run.data if each.volume and (path := await _volume(engine, each.volume))}
    paths = sorted(
        {
            *volumes.values(),
            *(each.path for each in run.data if not each.volume),
            *(path for each in run.data if each.volume and (path := bound_folder(rendered, each.volume))),
            *bound_paths(rendered),
            *(posixpath.join(lost.folder, name) for name in lost.names),
            f"{site.state}/releases/{run.scope}",
            *(f"{site.state}/edge/{name}" for name in AUTHORITY),
        }
    )
    parents = {above for path in paths for above in _above(path)} - {*paths}
    paths += sorted(parents)
    done = await site.shell.run(_LOOK.with_arguments(*paths))
    words = archive_in(done).decode("utf-8", "surrogateescape").split("\0")[:-1]
    if done.status or len(words) != len(paths):
        raise HostError(f"{site.name} can't be looked at: {done.words or 'no reason given'}")
    found = dict(zip(paths, words, strict=True))
    images = await engine.get("/images/json")
    return HostLook(
        containers=tuple(sorted(containers)),
        volumes=volumes,
        full=frozenset(path for path, what in found.items() if what == "full"),
        there=frozenset(path for path, what in found.items() if what != "none"),
        engine=str(info.get("ID") or ""),
        images=frozenset(name for each in images for name in (each["Id"], *(each.get("RepoTags") or ()))),
        networks=frozenset(each["Name"] for each in await engine.get("/networks")),
        parents=frozenset(path for path in parents if found[path] == "none"),
    )


def _above(path: str) -> Iterator[str]:
    while (path := posixpath.dirname(path)) not in ("/", ""):
        yield path


async def _volume(engine: Connection, name: str) -> str:
    """Where it lies; "" where there is none."""
    try:
        return str((await engine.get(f"/volumes/{name}")).get("Mountpoint") or "")
    except NoSuchObject:
        return ""


def place_of(data: SavedData, lost: LostProject, look: HostLook) -> str:
    """Where it is to lie on the host; "" for a volume that is not there yet."""
    if not data.volume:
        return data.path
    return bound_folder(lost.spec.to_json(), data.volume) or look.volumes.get(data.volume, "")


def is_half(mark: RebuildMark | None, look: HostLook) -> bool:
    """Is what the mark tells of a copy that was not finished, with which no container of the project works?"""
    return mark is not None and not mark.starting and not look.containers


def is_there(site: Site, run: BackupRun, lost: LostProject, look: HostLook, mark: RebuildMark | None) -> list[str]:
    """What of the project the host has already, as sentences; what an earlier restore left that was killed while it
    loaded does not count."""
    ours = mark if is_half(mark, look) else None
    found = []
    if run.engine and run.engine == look.engine:
        found.append(f"{site.name} is the host whose backup this is: its engine is the same")
    if look.containers:
        found.append(f"containers of {run.scope}: {', '.join(look.containers)}")
    for data in run.data:
        path = place_of(data, lost, look)
        mine = ours is not None and (data.volume in ours.volumes or path in (*ours.folders, *ours.emptied))
        if path in look.full and not (mine and path not in (ours.aside if ours is not None else {})):
            found.append(f"{data.name}: there is something in {data.volume or path}")
    if f"{site.state}/releases/{run.scope}" in look.full and ours is None:
        found.append(f"releases of {run.scope}")
    return found


async def plan_rebuild(
    site: Site, store: Repository, run: BackupRun, lost: LostProject, look: HostLook, mark: RebuildMark | None
) -> RebuildPlan:
    """Changes nothing. Raises EngineError, HostError, and UsageError for releases that can't be had where they were."""
    if lost.release is not None and lost.state != f"{site.state}/releases/{run.scope}":
        raise UsageError(
            f"the releases of {run.scope} were kept in {lost.state}, and are kept in {site.state}/releases here",
            hint="was DOCKWORTHY_STATE set there? Restore it by hand: dockworthy backup kit",
        )
    rendered = lost.spec.to_json()
    images, no_images = await _images(site, run, lost, look)
    lacks = [*no_images, *without_server(run, lost).values(), *lacking(site, run, lost, look)]
    notes = [f"{name} was not in the backup, and begins empty: {why}" for name, why in run.skipped.items()]
    if mark is not None and is_half(mark, look):
        notes.append(f"what a restore left that was killed after {mark.began} is removed first")
    elif mark is not None:
        notes.append(f"a restore of {mark.began} was killed, and {run.scope} was started since then: look at it first")
        notes += [f"what was in {path} before that one lies in {aside}" for path, aside in mark.aside.items()]
    notes += [
        f"{each.name} comes back as of that backup; what its log has of later is not brought along"
        for each in run.data
        if each.log is not None
    ]
    notes += _kept(lost, look)
    if lost.release is None and run.running:
        again = sorted({*lost.active} - {*run.running})
        notes += [f"{name} did not run, and runs now: others wait for it, as its files say" for name in again]
    return RebuildPlan(
        scope=run.scope,
        host=site.name,
        place=store.shown,
        run=run.id,
        taken=run.taken,
        age=age_of(run),
        folder=lost.folder,
        files=len(lost.names),
        images=tuple(images),
        data=tuple(
            RestoredData(
                name=each.name, project=each.project, kind=each.kind, bytes=each.bytes, replaces=0, by=each.restore
            )
            for each in run.data
        ),
        release=lost.release.number if lost.release is not None else None,
        secrets=_names_of("secrets", lost, rendered),
        configs=_names_of("configs", lost, rendered),
        routes=_hosts_of(lost.settings),
        there=tuple(is_there(site, run, lost, look, mark)),
        lacks=tuple(lacks),
        doubts=run.doubts,
        notes=tuple(notes),
    )


def _names_of(part: str, lost: LostProject, rendered: Mapping[str, Any]) -> tuple[str, ...]:
    """As its files call them: a release has one for each version."""
    if lost.release is None:
        return tuple(sorted(rendered.get(part) or ()))
    return tuple(sorted(key.removeprefix(f"{part}.") for key in lost.release.versions if key.startswith(f"{part}.")))


def _hosts_of(settings: DeploySettings) -> tuple[str, ...]:
    return tuple(dict.fromkeys(route.host for route in settings.routes)) if settings.edge != "existing" else ()


def _kept(lost: LostProject, look: HostLook) -> list[str]:
    there = [name for name in lost.names if posixpath.join(lost.folder, name) in look.there]
    return [f"{', '.join(there[:5])} in {lost.folder}: there already, and left as it is"] if there else []


def wanted_images(run: BackupRun, lost: LostProject) -> dict[str, str]:
    """Service -> the image that it is started with: of the release as it was shipped, else as its files name it."""
    if lost.release is not None:
        return {name: each.image for name, each in lost.release.services.items()}
    services = lost.spec.services
    return {name: services[name].image or f"{run.scope}-{name}" for name in lost.active}


def saved_image(run: BackupRun, service: str, called: str) -> ProjectImage | None:
    """What the backup knows of it."""
    by_name = [each for each in run.images if called in (each.id, *each.names, *each.digests)]
    return next(iter(by_name), None) or next((each for each in run.images if service in each.services), None)


async def _images(
    site: Site, run: BackupRun, lost: LostProject, look: HostLook
) -> tuple[list[RebuiltImage], list[str]]:
    """Each with where it comes from; and those that come from nowhere, as sentences."""
    found: dict[str, RebuiltImage] = {}
    lacks = []
    for service, called in wanted_images(run, lost).items():
        image = saved_image(run, service, called)
        name = image.called if image is not None else called
        size = image.bytes if image is not None else 0
        if called in look.images or (image is not None and image.id in look.images):
            source = "host"
        elif image is not None and image.snapshot:
            source = "backup"
        elif digests := image.digests if image is not None else ((called,) if "@" in called else ()):
            source = "registry"
            if why := await _not_given(site, digests):
                lacks.append(f"{service}: its image {name} is not in the backup, and no registry gives it: {why}")
        else:
            lacks.append(f"{service}: its image {called} is not in the backup, and no registry is known to have it")
            continue
        found.setdefault(name, RebuiltImage(name=name, bytes=size, source=source))
    return list(found.values()), lacks


async def _not_given(site: Site, digests: Sequence[str]) -> str:
    """Why no registry gives it, in the engine's words; "" where one does."""
    why = ""
    for digest in digests:
        try:
            headers = await registry_headers(repository_of(digest))
            await site.engine.send("GET", f"/distribution/{digest}/json", headers=headers, seconds=20.0)
            return ""
        except EngineError as error:
            why = why or error.says
    return why


def without_server(run: BackupRun, lost: LostProject) -> dict[str, str]:
    """Data set -> why nothing can load it: it is a dump, and no service of the project takes it. Pure."""
    rendered, owner = lost.spec.to_json(), RunOwner("", 0, "", "", "")
    images = {name: LocalImage("") for name in lost.active if name in rendered["services"]}
    found = {}
    for data in run.data:
        if data.method in SERVER_DUMPS or data.method is BackupMethod.COMMAND:
            copy = copy_of(rendered, images, owner, [data])
            if copy.lost:
                found[data.name] = copy.lost[0]
    return found


def lacking(site: Site, run: BackupRun, lost: LostProject, look: HostLook) -> list[str]:
    """What containers bind, mount or join, and that is neither in the backup nor on the host, as sentences. Pure."""
    rendered = lost.spec.to_json()
    saved = {each.path for each in run.data if not each.volume}
    files = {posixpath.join(lost.folder, name) for name in lost.names}
    lacks = []
    for path in bound_paths(rendered):
        known = path in saved or path in look.there or is_of_the_host(path) or path.startswith(f"{site.state}/")
        if not known and path not in files and not any(file.startswith(f"{path}/") for file in files):
            users = [name for name in lost.active if path in _bound_by(rendered["services"][name])]
            if users:
                lacks.append(f"{', '.join(users)}: {path} is not in the backup, and not on {site.name}")
    for part in ("secrets", "configs"):
        for key, each in (rendered.get(part) or {}).items():
            file = str((each or {}).get("file") or "")
            if file and file not in files and file not in look.there and not file.startswith(f"{site.state}/"):
                lacks.append(f"{part[:-1]} {key}: {file} is not in the backup, and not on {site.name}")
    for key, each in (rendered.get("networks") or {}).items():
        name = str((each or {}).get("name") or key)
        if (each or {}).get("external") and name not in {*look.networks, EDGE_NETWORK}:
            lacks.append(f"the network {name} is made by others: docker network create {name} on {site.name}")
    for data in run.data:
        if data.volume and (definition := volume_definition(rendered, data.volume)[1]):
            driver = str(definition.get("driver") or "local")
            if driver != "local":
                lacks.append(f"{data.name}: its volume is made by the driver {driver}, which {site.name} must have")
    return lacks


def _bound_by(service: Mapping[str, Any]) -> set[str]:
    return {str(mount.get("source")) for mount in service.get("volumes") or () if mount.get("type") == "bind"}
