"""Asks nodes which images they have, and registries for those that nodes will pull. Changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from .....engine.connection import Connection
from .....engine.image_copy import size_of
from .....engine.registry_login import registry_headers
from .....errors import DockworthyError, EngineError, HostError, UsageError
from ....site import engine_at
from ..node_ways import NodeWay, must_be_node
from .candidate_nodes import Wanted

_REGISTRY = 20.0
"""Seconds."""


class Told(Struct, frozen=True, kw_only=True):
    """What a node has of the images that it was asked for. `error`: why it could not be asked."""

    has: frozenset[str] = frozenset()
    error: DockworthyError | None = None


async def asked_nodes(images: Mapping[NodeWay, Collection[str]], *, sudo: bool) -> dict[NodeWay, Told]:
    """Those that there is a way to, all at once. Nothing is raised for one that does not answer."""
    takers = [taker for taker in images if taker.endpoint]
    told = await asyncio.gather(*(_asked(taker, images[taker], sudo) for taker in takers))
    return dict(zip(takers, told, strict=True))


async def _asked(taker: NodeWay, images: Collection[str], sudo: bool) -> Told:
    try:
        async with engine_at(taker.endpoint, command="deploy", sudo=sudo) as engine:
            await must_be_node(engine, taker)
            sizes = {image: await size_of(engine, image) for image in images}
    except (HostError, EngineError, UsageError) as error:
        return Told(error=error)
    return Told(has=frozenset(image for image, size in sizes.items() if size is not None))


async def not_given(engine: Connection, wanted: Sequence[Wanted]) -> dict[str, str]:
    """Image -> why its registry does not give it to the engine, in its words; those that it does give are left out."""
    said = await asyncio.gather(*(_registry_says(engine, each.image) for each in wanted))
    return {each.image: words for each, words in zip(wanted, said, strict=True) if words}


async def _registry_says(engine: Connection, image: str) -> str:
    headers = await registry_headers(image)
    try:
        await engine.send("GET", f"/distribution/{image}/json", headers=headers, seconds=_REGISTRY)
    except EngineError as error:
        return error.says.partition(": ")[2] or error.says
    return ""
