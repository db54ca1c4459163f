"""Images of a project that no registry has: saved once each, whatever number of backups needs them, and loaded again
where they are gone.

An image is saved by its id, as `docker save` writes it: that has no names, so the same image is always the same bytes.
An engine without containerd's store does not compress the layers in it, so what two images share is in the repository
once.

Source: Engine API v1.45, GET /images/{name}/json, /images/{name}/get, /distribution/{name}/json; POST /images/load.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from msgspec import structs

from ..engine.clock import now
from ..engine.connection import Connection
from ..engine.faults import NoSuchObject
from ..engine.registry_login import registry_headers
from ..engine.site import Site
from ..errors import EngineError, EngineUnreachable, HostError
from ..host_scripts import HostScript
from ..model.backup import ProjectImage
from ..model.labels import COMPOSE_PROJECT, COMPOSE_SERVICE, STACK
from ..model.moments import days_between
from ..model.saying import Say
from .repository import Repository, RepositorySnapshot

IMAGE_PART = "image"
_IMAGE = "image"
_IMAGES = "images"
"""Tags: of an image's snapshot which one it is, of a manifest which images it needs."""
_DIGITS = 16
"""Of an image's id in these."""
_FILE = "image.tar"
_COPYING = 24 * 3600.0
_ASKING = 20.0
"""Seconds."""
_ANEW_AFTER = 1.0
"""Days after which a saved image that no backup needs may be about to be removed."""
_LOAD = HostScript(__package__, "load_dump.sh")


async def project_images(
    engine: Connection, project: str, named: Mapping[str, str]
) -> tuple[tuple[ProjectImage, ...], tuple[str, ...]]:
    """What the project's containers are made of, and what `named` (service -> image) names besides, by name; and as
    sentences which images are gone, though containers are made of them. Raises EngineError."""
    listed = await engine.get("/containers/json?all=true")
    wanted: dict[str, set[str]] = {}
    for each in listed:
        labels = each.get("Labels") or {}
        if project in (labels.get(COMPOSE_PROJECT), labels.get(STACK)):
            wanted.setdefault(str(each["ImageID"]), set()).add(str(labels.get(COMPOSE_SERVICE) or ""))
    gone = [
        f"{', '.join(sorted(services))}: its image {id[:19]} is no longer on the engine, and can't be saved"
        for id, services in wanted.items()
        if await _facts(engine, id) is None
    ]
    for service, image in named.items():
        wanted.setdefault(image, set()).add(service)
    asks = _tells_nothing_of_registries(await engine.get("/info"))
    found: dict[str, ProjectImage] = {}
    for image, services in wanted.items():
        if (facts := await _facts(engine, image)) is None:
            continue
        known = found.get(facts["Id"])
        if known is None:
            digests = tuple(facts.get("RepoDigests") or ())
            known = ProjectImage(
                id=facts["Id"],
                names=tuple(name for name in facts.get("RepoTags") or () if "<none>" not in name),
                digests=await _given(engine, digests) if asks else digests,
                bytes=int(facts.get("Size") or 0),
            )
        found[facts["Id"]] = structs.replace(known, services=tuple(sorted({*known.services, *services} - {""})))
    return tuple(sorted(found.values(), key=lambda each: each.called)), tuple(gone)


async def _facts(engine: Connection, image: str) -> dict[str, Any] | None:
    try:
        facts: dict[str, Any] = await engine.get(f"/images/{quote(image, safe='')}/json")
    except NoSuchObject:
        return None
    return facts


def _tells_nothing_of_registries(info: Mapping[str, Any]) -> bool:
    """An engine that keeps its images with containerd gives each of them a digest, also one that was built just now."""
    return any("containerd" in str(value) for _, value in info.get("DriverStatus") or ())


async def _given(engine: Connection, digests: Iterable[str]) -> tuple[str, ...]:
    """Those of which a registry says that it has them."""
    found = []
    for digest in digests:
        try:
            headers = await registry_headers(digest)
            path = f"/distribution/{quote(digest, safe='')}/json"
            await engine.send("GET", path, headers=headers, seconds=_ASKING)
        except EngineUnreachable:
            raise
        except EngineError:
            continue
        found.append(digest)
    return tuple(found)


async def save_images(
    site: Site,
    repository: Repository,
    images: Sequence[ProjectImage],
    known: Collection[RepositorySnapshot],
    *,
    say: Say,
) -> tuple[ProjectImage, ...]:
    """Each that no registry has with its snapshot: where it was saved before, that one. `known`: the repository's
    snapshots. Raises HostError."""
    there = _saved_before(known)
    found = []
    for image in images:
        if not image.digests:
            snapshot = there.get(short_id(image.id), "")
            if not snapshot:
                say(f"image {image.called}: to {repository.shown}")
                tags = {"part": IMAGE_PART, _IMAGE: short_id(image.id)}
                script = shlex.join(("docker", "--host", f"unix://{site.socket}", "save", image.id))
                snapshot = (await repository.save_output(_FILE, script, tags=tags, seconds=_COPYING)).id
            image = structs.replace(image, snapshot=snapshot)
        found.append(image)
    return tuple(found)


def _saved_before(known: Collection[RepositorySnapshot]) -> dict[str, str]:
    """Short id -> snapshot. One that no backup needs, and that is not new, may be removed at any moment: it is saved
    again, which adds nothing as long as it is there."""
    alone = {each.id for each in images_without_user(known, known)}
    return {
        each.tags[_IMAGE]: each.id
        for each in known
        if each.tags.get("part") == IMAGE_PART
        and _IMAGE in each.tags
        and (each.id not in alone or (days_between(each.time, now()) or 0.0) < _ANEW_AFTER)
    }


def short_id(image: str) -> str:
    return image.removeprefix("sha256:")[:_DIGITS]


def images_tag(images: Iterable[ProjectImage]) -> dict[str, str]:
    """Of a manifest: by it the images that it needs stay as long as it does."""
    ids = sorted({short_id(each.id) for each in images if each.snapshot})
    return {_IMAGES: "+".join(ids)} if ids else {}


def images_without_user(
    snapshots: Iterable[RepositorySnapshot], manifests: Iterable[RepositorySnapshot]
) -> tuple[RepositorySnapshot, ...]:
    """Images among `snapshots` that none of these manifests needs. Pure."""
    needed = {id for each in manifests for id in each.tags.get(_IMAGES, "").split("+")}
    return tuple(
        each for each in snapshots if each.tags.get("part") == IMAGE_PART and each.tags.get(_IMAGE, "") not in needed
    )


async def load_image(site: Site, repository: Repository, image: ProjectImage) -> None:
    """Loads a saved image into the engine of `site`, and gives it its names there, where no other image has them. The
    engine compares each layer with the id. Raises HostError, EngineError."""
    dump = repository.dump_command(image.snapshot, _FILE)
    loads = shlex.join(("docker", "--host", f"unix://{site.socket}", "load", "--quiet"))
    done = await site.shell.run(_LOAD.with_arguments(dump, loads), seconds=_COPYING)
    if done.status:
        raise HostError(
            f"{site.name}: the image {image.called} can't be loaded: {done.words or 'no reason given'}",
            hint="df -h: is the engine's disk full?",
        )
    if await _facts(site.engine, image.id) is None:
        raise HostError(
            f"{site.name}: the image {image.called} was loaded, and its engine calls it otherwise than {image.id[:19]}",
            hint="an engine that keeps images with containerd names them otherwise than one that does not",
        )
    await name_image(site.engine, image)


async def name_image(engine: Connection, image: ProjectImage) -> None:
    """Raises EngineError."""
    for name in image.names:
        if await _facts(engine, name) is None:
            repository, _, tag = name.rpartition(":")
            path = f"/images/{quote(image.id, safe='')}/tag?repo={quote(repository, safe='')}&tag={quote(tag)}"
            await engine.send("POST", path, answer=False)
