"""Containers that are there and that will not be started again, or entered: said before the guard comes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ...engine.connection import Connection
from ..engine_world import EngineWorld
from ..judges import judge
from ..policy_in_force import PolicyInForce
from ..request import GuardRequest
from ..rights.device_nodes import opens_hosts_disk
from ..rights.people_world import PeopleWorld
from .places import Places

MOST = 30
"""Lines."""
_MOST_CHARACTERS = 300


def refused_starts(endpoint: str, policy: PolicyInForce, places: Places, *, people: bool) -> tuple[str, ...]:
    """A line for each, with the reasons. `people`: an admin may start it all the same. Raises EngineError."""
    refused = asyncio.run(_refused(endpoint, policy, places))
    by_whom = "only an admin can start it again" if people else "nobody can start it again, root neither"
    lines = [f"WARNING: container {name} runs on, and once it is stopped {by_whom}: {why}" for name, why in refused]
    more = len(lines) - MOST
    return (*lines[:MOST], *((f"WARNING: and {more} more containers can't be started again",) if more > 0 else ()))


def not_entered(endpoint: str) -> tuple[str, ...]:
    """A line with the containers in which nobody but an admin runs commands, as they have the capability to make device
    nodes. None where the engine remaps users. Raises EngineError."""
    names = asyncio.run(_with_mknod(endpoint))
    if not names:
        return ()
    shown = ", ".join(names[:MOST]) + (f" and {len(names) - MOST} more" if len(names) > MOST else "")
    return (
        "WARNING: only admins can run commands in these (exec, attach), until they are recreated (docker compose up -d "
        "--force-recreate): they have the capability MKNOD, by which a container's root and a user of this host "
        f"together open its disk: {shown}",
    )


async def _with_mknod(endpoint: str) -> list[str]:
    world = PeopleWorld(endpoint)
    try:
        context, running = await asyncio.gather(world.context(), world.running())
    finally:
        await world.close()
    return sorted(
        str(each.get("Name", "")).lstrip("/") for each in running.values() if opens_hosts_disk(each, context.features)
    )


async def _refused(endpoint: str, policy: PolicyInForce, places: Places) -> Sequence[tuple[str, str]]:
    """By name: the guard is asked what it will be asked then."""
    world = EngineWorld(endpoint, sockets=(str(places.socket), endpoint.removeprefix("unix://")))
    found = []
    try:
        async with Connection(endpoint) as connection:
            for each in await connection.get("/containers/json"):
                asked = GuardRequest(method="POST", target=f"/v1.45/containers/{each['Id']}/start")
                decision = await judge(asked, world, policy)
                if not decision.allowed:
                    name = str((each.get("Names") or [each["Id"][:12]])[0]).lstrip("/")
                    says = "; ".join(dict.fromkeys(f"{why.says} ({why.rule})" for why in decision.refusals))
                    found.append((name, says if len(says) <= _MOST_CHARACTERS else f"{says[: _MOST_CHARACTERS - 1]}…"))
    finally:
        await world.close()
    return sorted(found)
