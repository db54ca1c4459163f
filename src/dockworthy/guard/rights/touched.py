"""What a call is about: each object that it names, makes or joins, with its project and image."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Protocol

from msgspec import Struct

from ...errors import UnreadableInput
from ...readers.api_object import ApiObject
from ...readers.create_request.strict_json import parse
from ..asked import NotCanonical
from ..routes import Call

PROJECT_LABELS = ("com.docker.compose.project", "com.docker.stack.namespace")
_SHARED_NETWORKS = frozenset(("", "default", "bridge", "none", "host", "nat"))
_SPECIES = {"services": "service", "tasks": "task", "secrets": "secret", "configs": "config", "nodes": "node"}


class Objects(Protocol):
    async def found(self, kind: str, reference: str) -> Mapping[str, Any] | None:
        """The API's object, None where there is none. Raises EngineError where the engine does not say."""


class Touched(Struct, frozen=True, kw_only=True):
    """`image` is None where it has none. `joins`: it is another's that what is made would share. `id` is what pins a
    container that was named."""

    kind: str
    name: str
    project: str = ""
    image: str | None = None
    joins: bool = False
    id: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


async def touched_by(call: Call, objects: Objects) -> AsyncIterator[Touched]:
    """What is not there is left out: the engine says so itself. Raises NotCanonical for a body that can't be read."""
    for part, reference in call.names.items():
        kind = _SPECIES[call.route.path.split("/")[1]] if part == "object" else part
        if kind == "image":
            yield Touched(kind=kind, name=reference, image=reference)
        elif (touched := await _existing(kind, reference, objects)) is not None:
            yield touched
    if call.route.action == "images/create":
        tag = call.query.get("tag", "")
        name = call.query.get("fromImage", "") or call.query.get("repo", "")
        yield Touched(kind="image", name=name, image=f"{name}:{tag}" if tag and ":" not in tag else name)
    if call.body and call.route.method == "POST":
        async for touched in _in_body(call, objects):
            yield touched


async def _in_body(call: Call, objects: Objects) -> AsyncIterator[Touched]:
    try:
        body = ApiObject(parse(call.body, call.route.action), call.route.action)
    except UnreadableInput as error:
        raise NotCanonical(error.says) from None
    if call.route.action.endswith("/create") or call.route.action == "services/update":
        yield _made(call, body)
    if call.route.action in ("networks/connect", "networks/disconnect"):
        joined = [("container", body.word("Container"))]
    else:
        joined = [*_joined_by_container(body), *_joined_by_service(body)]
    for kind, reference in dict.fromkeys(joined):
        found = await _existing(kind, reference, objects)
        if found is not None:
            yield Touched(kind=kind, name=found.name, project=found.project, image=None, joins=True)


def _made(call: Call, body: ApiObject) -> Touched:
    kind = call.route.path.split("/")[1].removesuffix("s")
    image = body.word("Image") if kind == "container" else body.word("TaskTemplate", "ContainerSpec", "Image")
    name = body.word("Name") or call.query.get("name", "") or "without a name"
    has_image = kind in ("container", "service")
    return Touched(kind=kind, name=name, project=project_of(body.data), image=image if has_image else None)


def _joined_by_container(body: ApiObject) -> Iterator[tuple[str, str]]:
    host = body.at("HostConfig")
    for text in host.at("Binds").data or ():
        source = str(text).partition(":")[0]
        if ":" in str(text) and not source.startswith(("/", ".", "~")):
            yield "volume", source
    yield from _volumes_in(host)
    for text in host.at("VolumesFrom").data or ():
        yield "container", str(text).partition(":")[0]
    for key in ("NetworkMode", "PidMode", "IpcMode"):
        kind, colon, reference = host.word(key).partition(":")
        if kind == "container" and colon:
            yield "container", reference
        elif key == "NetworkMode" and kind not in _SHARED_NETWORKS:
            yield "network", kind
    for name, endpoint in body.entries("NetworkingConfig", "EndpointsConfig"):
        yield from (("network", each) for each in (name, endpoint.word("NetworkID")) if each not in _SHARED_NETWORKS)


def _joined_by_service(body: ApiObject) -> Iterator[tuple[str, str]]:
    container = body.at("TaskTemplate", "ContainerSpec")
    yield from _volumes_in(container)
    for kind in ("Secret", "Config"):
        for item in container.items(f"{kind}s"):
            yield from ((kind.lower(), each) for each in (item.word(f"{kind}ID"), item.word(f"{kind}Name")) if each)
    for owner in (body, body.at("TaskTemplate")):
        for network in owner.items("Networks"):
            if network.word("Target") not in _SHARED_NETWORKS:
                yield "network", network.word("Target")


def _volumes_in(owner: ApiObject) -> Iterator[tuple[str, str]]:
    for item in owner.items("Mounts"):
        if item.word("Type") in ("volume", "cluster") and item.word("Source"):
            yield "volume", item.word("Source")


async def _existing(kind: str, reference: str, objects: Objects) -> Touched | None:
    found = await objects.found(kind, reference)
    if found is None:
        return None
    if kind == "execution":
        return await _existing("container", str(found.get("ContainerID")), objects)
    if kind == "task":
        return await _existing("service", str(found.get("ServiceID")), objects)
    read = ApiObject(found, kind)
    if kind == "container":
        return Touched(
            kind=kind,
            name=read.word("Name").lstrip("/"),
            project=project_of(found["Config"]),
            image=read.word("Config", "Image"),
            id=read.word("Id"),
        )
    return described(kind, found, reference)


def described(kind: str, found: Mapping[str, Any], reference: str) -> Touched:
    """Of an inspect as of a list: a volume, a network, or an object of a swarm's."""
    spec = found.get("Spec", found)
    image = ApiObject(spec, kind).word("TaskTemplate", "ContainerSpec", "Image") if kind == "service" else None
    name = ApiObject(found, kind).word("Name") or ApiObject(spec, kind).word("Name") or reference
    return Touched(kind=kind, name=name, project=project_of(spec), image=image)


def listed_container(found: Mapping[str, Any]) -> Touched:
    """As a list of containers shows it."""
    name = str((found.get("Names") or [""])[0]).lstrip("/")
    return Touched(kind="container", name=name, project=project_of(found), image=str(found.get("Image", "")))


def project_of(owner: Any) -> str:
    labels = owner.get("Labels") if isinstance(owner, dict) else None
    found = [labels[name] for name in PROJECT_LABELS if name in labels] if isinstance(labels, dict) else []
    return found[0] if len(set(found)) == 1 and isinstance(found[0], str) else ""  # two of two projects: of none


__all__ = ["PROJECT_LABELS", "Objects", "Touched", "described", "listed_container", "project_of", "touched_by"]
