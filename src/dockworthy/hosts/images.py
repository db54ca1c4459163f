"""A node has the images that no registry has before tasks come to it: one that meets none there would fail.

Source: Engine API v1.45, GET /services, /images/{name}/json.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from ..controls.sizes import in_words
from ..engine.connection import Connection
from ..engine.faults import NoSuchObject
from ..engine.image_copy import copy_image, now_and_then
from ..errors import EngineError
from ..model.hosts import HOST_LABEL, NodeRole, SwarmNode
from ..model.saying import Say
from .placement import allows, constraints_of


class Lacking(Struct, frozen=True, kw_only=True):
    """An image that runs by its id. `name`: one of those that the manager has for it, "" where it has none."""

    id: str
    name: str
    size: int

    def __str__(self) -> str:
        return f"{self.name or self.id[:19]} ({in_words(self.size)})"


def to_come(host: str, role: NodeRole) -> SwarmNode:
    """A host that is no node yet, as constraints will see it; they hold where they ask what is not known of it."""
    facts = {"node.id": "", "node.role": str(role), f"node.labels.{HOST_LABEL}": host}
    return SwarmNode(id="", name=host, role=role, host=host, facts=facts)


def by_id(services: Sequence[Mapping[str, Any]], node: SwarmNode) -> Iterator[str]:
    """Ids of images of services that may run on the node. Pure."""
    for service in services:
        task = service["Spec"].get("TaskTemplate") or {}
        image = str((task.get("ContainerSpec") or {}).get("Image") or "")
        if image.startswith("sha256:") and allows(constraints_of(service), node):
            yield image


async def lacking(manager: Connection, engine: Connection | None, node: SwarmNode) -> tuple[Lacking, ...]:
    """What the manager has of them, and the node's engine has not; an engine that is still to come has none.

    Raises EngineError.
    """
    found = []
    for id in sorted(set(by_id(await manager.get("/services"), node))):
        if engine is not None and await _known(engine, id) is not None:
            continue
        if (known := await _known(manager, id)) is not None:
            names = [name for name in known.get("RepoTags") or () if "<none>" not in name]
            found.append(Lacking(id=id, name=names[0] if names else "", size=int(known["Size"])))
    return tuple(found)


async def bring(manager: Connection, engine: Connection, node: SwarmNode, say: Say) -> None:
    """Raises EngineError: then the node must not take tasks yet."""
    for image in await lacking(manager, engine, node):
        say(f"{image} is loaded on {node.called}")
        try:
            await copy_image(
                manager,
                engine,
                image.id,
                name=image.name,
                told=now_and_then(lambda went: say(f"  {in_words(went)} went")),
            )
        except EngineError as error:
            raise EngineError(
                f"{image} could not be loaded on {node.called}: {error.says}", hint=error.hint or "run this again"
            ) from None


def step(images: Sequence[Lacking]) -> list[str]:
    """Of a plan, in words."""
    return [f"load what no registry has, before tasks come: {', '.join(map(str, images))}"] if images else []


async def _known(engine: Connection, id: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = await engine.get(f"/images/{id}/json")
    except NoSuchObject:
        return None
    return found
