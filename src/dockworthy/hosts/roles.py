"""A node becomes a manager, or a worker: asked for, and waited for until the managers themselves agree."""

from __future__ import annotations

import asyncio

from ..engine.connection import Connection
from ..errors import EngineError
from ..model.hosts import Role, SwarmNode
from .nodes import as_role, change, node_of

_WITHIN = 60.0


async def promote(engine: Connection, node: SwarmNode) -> None:
    """Waits until the others reach it as one of them: the next change already counts on it. Raises EngineError."""
    await change(engine, node.id, as_role(Role.MANAGER))
    await _until(engine, node, reachable=True)


async def demote(engine: Connection, node: SwarmNode) -> None:
    """Waits until it is none of them any more. Raises EngineError."""
    await change(engine, node.id, as_role(Role.WORKER))
    if node.ready:  # one that is down is told when it comes back
        await _until(engine, node, reachable=False)


async def _until(engine: Connection, node: SwarmNode, *, reachable: bool) -> None:
    clock = asyncio.get_running_loop().time
    ends = clock() + _WITHIN
    while node_of(await engine.get(f"/nodes/{node.id}")).reachable is not reachable:
        if clock() > ends:
            what = "is not reached as a manager" if reachable else "is still among the managers"
            raise EngineError(
                f"{node.called} {what} after {_WITHIN:.0f} s", hint="docker node ls; can they reach its 2377/tcp?"
            )
        await asyncio.sleep(0.2)
