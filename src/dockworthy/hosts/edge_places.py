"""On which nodes of a swarm the edge runs: it is a container beside the tasks, so it stays where it is when a node is
drained. No manager knows it: each engine is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from ..deploy.edge.process import container_at
from ..engine.connection import Connection
from ..engine.membership import membership_of
from ..engine.site import engine_at
from ..errors import DockworthyError
from ..model.hosts import EdgePlaces, SwarmNode

_WITHIN = 30.0
"""Seconds for a host to answer: one that does not is named."""


async def edge_places(
    engine: Connection, nodes: Sequence[SwarmNode], ways: Mapping[str, str], *, sudo: bool = False
) -> EdgePlaces:
    """`engine`: of the manager that is asked; the others are reached by `ways`, as `hosts:` of dockworthy.yaml has
    them. Changes nothing. Raises EngineError of the one that is asked alone."""
    names = {node.id: node.called for node in nodes}
    mine = (await membership_of(engine)).node
    found = {mine: await _has_edge(engine)}
    asked = [way for name, way in ways.items() if name != names.get(mine)]
    for node, has_edge in await asyncio.gather(*(_asked(way, sudo=sudo) for way in asked)):
        found.setdefault(node, has_edge)
    return EdgePlaces(
        on=tuple(names[node] for node, has_edge in found.items() if has_edge and node in names),
        unknown=tuple(node.called for node in nodes if node.ready and node.id not in found),
    )


async def _asked(way: str, *, sudo: bool) -> tuple[str, bool]:
    """Its node, and whether the edge runs there; ("", False) where it does not answer."""
    try:
        async with asyncio.timeout(_WITHIN), engine_at(way, sudo=sudo) as engine:
            return (await membership_of(engine)).node, await _has_edge(engine)
    except (DockworthyError, TimeoutError):
        return "", False


async def _has_edge(engine: Connection) -> bool:
    container = await container_at(engine)
    return container is not None and container["State"] == "running"
