"""Can this engine be shipped to as a swarm? Asked before anything is changed.

After `docker swarm init --force-new-cluster` a manager's networks join the swarm some seconds later, or never (see
model/half_begun.py); until they have, no task starts. Every engine of a swarm is on the network `ingress`: once it has
joined, the engine itself is among its peers. A manager says so only when it is asked for that network alone, never in
the list of all networks.

Source: Engine API v1.45, GET /info, /networks, /networks/{id} (`Peers`), /containers/json.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from ....engine.connection import Connection
from ....engine.faults import NoSuchObject
from ....engine.filters import filters
from ....errors import EngineError, UsageError
from ....model.half_begun import RESTART_IT, RESTART_STOPPED, is_stopped
from ....model.labels import COMPOSE_ONEOFF, COMPOSE_PROJECT

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


async def must_be_ready(engine: Connection, project: str, *, waits: Callable[[], None] = lambda: None) -> None:
    """`waits`: is called where the engine's networks are waited for. Raises UsageError with the command that helps;
    NoLeader where too few managers answer, EngineError."""
    info = await engine.get("/info")
    _must_be_manager(info)
    await must_have_leader(engine)
    if not await until_it_takes_part(engine, waits=waits):
        raise EngineError("no task can start on this engine", hint=f"its {RESTART_IT}")
    by_compose = filters(label=[f"{COMPOSE_PROJECT}={project}", f"{COMPOSE_ONEOFF}=False"])
    composed = await engine.get(f"/containers/json?{by_compose}")
    if composed:
        names = ", ".join(each["Names"][0].lstrip("/") for each in composed[:5])
        raise UsageError(
            f"{project} runs here by Compose ({names}), and would run twice",
            hint=f"docker compose -p {project} down (its volumes stay, and are found again), then deploy; or "
            "`deploy.target: compose`",
        )


async def must_have_leader(engine: Connection) -> None:
    """Raises NoLeader, once there was time to elect one."""
    await engine.get("/nodes")


def _must_be_manager(info: dict[str, Any]) -> None:
    swarm = info.get("Swarm") or {}
    state = swarm.get("LocalNodeState") or "inactive"
    if state == "inactive":
        live = info.get("LiveRestoreEnabled")
        says = "this engine is in no swarm" + (", and live-restore keeps it from one" if live else "")
        raise UsageError(
            says,
            hint="`dockworthy harden --for-swarm --apply` turns live-restore off; then `docker swarm init`"
            if live
            else "docker swarm init (or `docker swarm join`, as a manager)",
        )
    if state == "locked":
        raise UsageError("this manager is locked since its engine was started", hint="docker swarm unlock")
    if state != "active":
        raise UsageError(f"this engine's part of the swarm is {state}: {swarm.get('Error') or 'no reason given'}")
    if is_stopped(swarm):
        raise EngineError("this engine takes no part in its swarm now", hint=RESTART_STOPPED)
    if not swarm.get("ControlAvailable"):
        managers = ", ".join(_addresses(swarm.get("RemoteManagers") or ()))
        raise UsageError(
            "this engine is a worker of the swarm", hint=f"ship to a manager: {managers or 'none is known'}"
        )


def _addresses(managers: Iterable[dict[str, Any]]) -> list[str]:
    return sorted(str(each.get("Addr") or "").rpartition(":")[0] for each in managers)
