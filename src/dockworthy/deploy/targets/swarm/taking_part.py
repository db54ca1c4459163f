"""Did the networks of a manager's engine join its swarm? Until they have, no task starts on it.

After `docker swarm init --force-new-cluster` they join some seconds later, or never (see model/half_begun.py). Every
engine of a swarm is on the network `ingress`, so that one tells: once it has joined, the engine itself is among its
peers. A manager says so only when it is asked for that network alone, never in the list of all networks.

Source: Engine API v1.45, GET /networks, /networks/{id} (`Peers`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ....engine.connection import Connection
from ....engine.faults import NoSuchObject
from ....engine.filters import filters

FOLLOWS = 30.0
"""Seconds in which they join (seen: up to 3, on a busy machine)."""
WAITS = "waiting for the engine's networks to join the swarm"
_EVERY = 0.5


async def takes_part(engine: Connection) -> bool:
    """True also where nothing tells: a swarm may have no `ingress`. Raises EngineError."""
    listed = await engine.get(f"/networks?{filters(scope=['swarm'])}")
    ingress = next((each["Id"] for each in listed if each.get("Ingress")), None)
    if ingress is None:
        return True
    try:
        return bool((await engine.get(f"/networks/{ingress}")).get("Peers"))
    except NoSuchObject:
        return True


async def until_it_takes_part(engine: Connection, *, waits: Callable[[], None], seconds: float = FOLLOWS) -> bool:
    """Whether it does in the end; `waits` is called where it does not at once. Raises EngineError."""
    clock = asyncio.get_running_loop().time
    ends, told = clock() + seconds, False
    while not await takes_part(engine):
        if clock() >= ends:
            return False
        if not told:
            told = True
            waits()
        await asyncio.sleep(_EVERY)
    return True
