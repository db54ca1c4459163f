"""A node becomes a manager, or a worker: asked for, and waited for until the managers themselves agree."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from ..engine.connection import Connection
from ..errors import EngineError
from ..model.hosts import NodeRole, SwarmNode
from .nodes import as_role, change, node_of

_WITHIN = 60.0


async def promote(engine: Connection, node: SwarmNode) -> None:
    """Waits until the others reach it as one of them: the next change already counts on it. Raises EngineError."""
    await change(engine, node.id, as_role(NodeRole.MANAGER))
    await _until(engine, node, lambda raw: node_of(raw).reachable, "is not reached as a manager")


async def demote(engine: Connection, node: SwarmNode) -> None:
    """Waits until it has no vote any more: one that is down has one till then, too. Raises EngineError."""
    await change(engine, node.id, as_role(NodeRole.WORKER))
    await _until(engine, node, lambda raw: "ManagerStatus" not in raw, "still has a vote among the managers")


async def _until(engine: Connection, node: SwarmNode, is_so: Callable[[dict[str, Any]], bool], otherwise: str) -> None:
    clock = asyncio.get_running_loop().time
    ends = clock() + _WITHIN
    while not is_so(await engine.get(f"/nodes/{node.id}")):
        if clock() > ends:
            raise EngineError(
                f"{node.called} {otherwise} after {_WITHIN:.0f} s", hint="docker node ls; can they reach its 2377/tcp?"
            )
        await asyncio.sleep(0.2)
