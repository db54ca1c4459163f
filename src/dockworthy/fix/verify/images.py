"""The images of the scratch project: those that are here, or that the file itself builds. And what is in them."""

from __future__ import annotations

import io
import json
import posixpath
import tarfile
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from ...engine.docker_command import Docker
from ...errors import EngineError, UsageError
from .needs import InImage
from .owner import RunOwner

_BUILD_SECONDS = 1800.0


class LocalImage(Struct, frozen=True):
    """A local image. `user` as it is written in it; `has_check`: it brings a health check of its own."""

    id: str
    user: str = ""
    has_check: bool = False


class ImageAccount(Struct, frozen=True):
    """A line of an image's /etc/passwd."""

    name: str
    uid: int
    gid: int


async def local_images(
    docker: Docker, rendered: Mapping[str, Any], scope: Iterable[str], *, pull: bool
) -> tuple[dict[str, LocalImage], tuple[str, ...]]:
    """Service -> image, and the services whose image must be built first.

    Raises UsageError where an image is neither here nor built from the file, and `pull` is not wanted.
    """
    found: dict[str, LocalImage] = {}
    to_build: list[str] = []
    missing: list[str] = []
    for name in scope:
        service = rendered["services"][name]
        wanted = str(service.get("image") or f"{rendered.get('name', '')}-{name}")
        image = await look_up(docker, wanted)
        if image is None and pull and service.get("image"):
            await docker.must("pull", "--quiet", wanted, timeout=_BUILD_SECONDS)
            image = await look_up(docker, wanted)
        if image is not None:
            found[name] = image
        elif service.get("build"):
            to_build.append(name)
        else:
            missing.append(f"{name} needs {wanted}")
    if missing:
        raise UsageError(
            f"images are not on this engine: {'; '.join(missing)}",
            hint="nothing is pulled unasked: docker compose pull, or --pull",
        )
    return found, tuple(to_build)


async def build(docker: Docker, rendered: Mapping[str, Any], name: str, owner: RunOwner, folder: str) -> LocalImage:
    """Builds a service's image under a name of this run. Raises EngineError with the end of what the build said."""
    tag = f"{owner.project}-{name}:built"
    section = {**rendered["services"][name]["build"], "labels": owner.labels, "tags": []}
    config = {"name": owner.project, "services": {name: {"image": tag, "build": section}}}
    for kind in ("secrets", "networks"):
        if rendered.get(kind) and section.get(kind):
            config[kind] = rendered[kind]
    command = ("compose", "-p", owner.project, "--project-directory", folder, "-f", "-", "build", name)
    done = await docker.run(*command, input=json.dumps(config).encode(), timeout=_BUILD_SECONDS, whole_environment=True)
    image = await look_up(docker, tag) if done.status == 0 else None
    if image is None:
        raise EngineError(f"the image of {name} could not be built: {done.said}")
    return image


async def look_up(docker: Docker, name: str) -> LocalImage | None:
    done = await docker.run("image", "inspect", name)
    if done.status != 0:
        if "No such image" in done.said or "no such image" in done.said:
            return None
        raise EngineError(f"the engine could not be asked about {name}: {done.said}")
    facts = json.loads(done.out)[0]
    config = facts.get("Config") or {}
    check = (config.get("Healthcheck") or {}).get("Test") or []
    return LocalImage(facts["Id"], config.get("User") or "", bool(check) and check != ["NONE"])


class ImageLook:
    """Looks into an image through a container that is made from it and never started."""

    def __init__(self, docker: Docker, image: LocalImage, owner: RunOwner, service: str) -> None:
        self._docker = docker
        self._image = image
        self._name = f"{owner.project}_look_{service}"
        self._labels = [word for pair in owner.labels.items() for word in ("--label", "=".join(pair))]

    async def open(self) -> None:
        options = ("--name", self._name, "--network", "none", "--pull", "never", *self._labels)
        await self._docker.must("create", *options, self._image.id, "-")

    async def close(self) -> None:
        await self._docker.run("rm", "--force", "--volumes", self._name)

    async def folder(self, path: str) -> InImage | None:
        """None where the image has no such folder."""
        entries = _members(await self._docker.start_of("cp", f"{self._name}:{path}", "-"), 2)
        if not entries or not entries[0].isdir():
            return None
        return InImage(entries[0].mode, entries[0].uid, entries[0].gid, len(entries) == 1)

    async def accounts(self) -> tuple[ImageAccount, ...]:
        """Its users; nothing where it has no /etc/passwd."""
        content = _first_file(await self._docker.start_of("cp", f"{self._name}:/etc/passwd", "-"))
        fields = (line.split(":") for line in content.decode(errors="replace").splitlines())
        return tuple(
            ImageAccount(each[0], int(each[2]), int(each[3]))
            for each in fields
            if len(each) >= 4 and each[2].isdigit() and each[3].isdigit()
        )


async def look_at(
    docker: Docker, image: LocalImage, owner: RunOwner, service: str, path: str
) -> tuple[str, InImage | None]:
    """The folder that a path of the image is, or lies in, and what that is there (None: the image does not have it)."""
    look = ImageLook(docker, image, owner, service)
    await look.open()
    try:
        itself = await look.folder(path)
        if itself is not None:
            return path, itself
        above = posixpath.dirname(path)
        return above, await look.folder(above)
    finally:
        await look.close()


def _members(start: bytes, count: int) -> list[tarfile.TarInfo]:
    """The first entries of an archive of which only the start is there."""
    found: list[tarfile.TarInfo] = []
    try:
        with tarfile.open(fileobj=io.BytesIO(start), mode="r|") as archive:
            for entry in archive:
                found.append(entry)
                if len(found) == count:
                    break
    except tarfile.TarError:
        pass
    return found


def _first_file(start: bytes) -> bytes:
    try:
        with tarfile.open(fileobj=io.BytesIO(start), mode="r:") as archive:
            entry = archive.next()
            file = archive.extractfile(entry) if entry is not None else None
            return file.read() if file is not None else b""
    except tarfile.TarError:
        return b""
