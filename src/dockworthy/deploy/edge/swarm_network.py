"""The edge on a swarm's network: do the engines of other hosts know its address there?

An engine tells the others where a container is when the container joins a network, and never again. A swarm that began
anew (`docker swarm init --force-new-cluster`) makes its tasks again, and forgets who joined by hand: the edge runs on,
its requests arrive on other hosts, and no answer finds the way back. Seen on engine 26.1.5; joining again mends it.

Source: Engine API v1.45, GET /networks/{id}?verbose=true (from the table that the engines share), /connect,
/disconnect.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ...engine.connection import Connection
from ...engine.faults import NoSuchObject
from ...errors import EngineError
from ...model.edge_network import EDGE_NETWORK
from .process import container_at

AWAY = 1.5
"""Seconds in which the edge reaches no container while it joins again, at the most as measured (0.9 s)."""
FORGOTTEN = (
    "other hosts of the swarm do not know the edge's address (the swarm began anew), and it reaches no container "
    "there: `dockworthy deploy` lets it join their network again"
)
JOINS_AGAIN = (
    "the edge joins the swarm's network again, as the swarm began anew and no other host knows its address: for about "
    "a second it reaches no container"
)
STARTED_AGAIN = "the edge did not come back with its engine, as the swarm's network was not there yet: it is started"
EDGE_LEFT_OVER = (
    "{host} has an edge from before, which is not on the network of this swarm: it reaches no container until the next "
    "`dockworthy deploy`"
)
_KNOWN_WITHIN = 5.0
_TRIES = 3


async def is_forgotten(engine: Connection) -> bool:
    """Does an edge run here on a swarm's network, while the engines of that swarm do not know its address? False where
    there is none. Raises EngineError."""
    network = await _network(engine)
    if network is None or network.get("Scope") != "swarm":
        return False
    container = await container_at(engine)
    return container is not None and container["State"] == "running" and not _knows(network, container)


async def start_again(engine: Connection) -> bool:
    """Where the edge did not come back with its engine, as it can't before the swarm's network is there. Was it so?
    Raises EngineError."""
    container = await container_at(engine)
    if container is None or container["State"] not in ("exited", "created"):
        return False
    facts = await engine.get(f"/containers/{container['Id']}/json")
    if facts["HostConfig"]["RestartPolicy"]["Name"] != "always" or await _network(engine) is None:
        return False
    await engine.send("POST", f"/containers/{container['Id']}/start", answer=False)
    return True


async def join_again(engine: Connection) -> bool:
    """Where it is forgotten; was it? For about a second the edge reaches no container, and it gets another address. Can
    be done again where it ended in between. Raises EngineError."""
    forgotten = await is_forgotten(engine)
    if forgotten:
        await asyncio.shield(_join_again(engine))
    return forgotten


async def _join_again(engine: Connection) -> None:
    container = await container_at(engine)
    if container is None:
        return
    facts = await engine.get(f"/containers/{container['Id']}/json")
    before = facts["NetworkSettings"]["Networks"].get(EDGE_NETWORK)
    if before is not None:
        leave = {"Container": container["Id"], "Force": False}
        await engine.send("POST", f"/networks/{EDGE_NETWORK}/disconnect", leave, answer=False, as_root=True)
    # Not at the address that it had: a swarm that forgot the edge may have given that to a task.
    join = {"Container": container["Id"], "EndpointConfig": {"Aliases": (before or {}).get("Aliases") or []}}
    for left in reversed(range(_TRIES)):
        try:
            await engine.send("POST", f"/networks/{EDGE_NETWORK}/connect", join, answer=False, as_root=True)
            break
        except EngineError as error:
            if not left:
                raise EngineError(
                    f"the edge left the swarm's network, and can't join it again: {error.says}",
                    hint=error.hint or f"docker network connect {EDGE_NETWORK} {container['Id'][:12]}",
                ) from None
            await asyncio.sleep(1.0)
    await _until_known(engine, container)


async def _until_known(engine: Connection, container: Mapping[str, Any]) -> None:
    """Or for some seconds: who waits for the edge to reach something says what it does not reach."""
    ends = asyncio.get_running_loop().time() + _KNOWN_WITHIN
    while asyncio.get_running_loop().time() < ends:
        if (network := await _network(engine)) is not None and _knows(network, container):
            return
        await asyncio.sleep(0.1)


async def _network(engine: Connection) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = await engine.get(f"/networks/{quote(EDGE_NETWORK)}?verbose=true")
    except NoSuchObject:
        return None
    return found


def _knows(network: Mapping[str, Any], container: Mapping[str, Any]) -> bool:
    """By the endpoint, which is another one each time that a container joins."""
    mine = (network.get("Containers") or {}).get(container["Id"]) or {}
    told = [task for each in (network.get("Services") or {}).values() for task in each.get("Tasks") or ()]
    return bool(mine) and any(task.get("EndpointID") == mine.get("EndpointID") for task in told)
