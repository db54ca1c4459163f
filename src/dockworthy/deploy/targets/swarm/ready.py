"""Can this engine be shipped to as a swarm? Asked before anything is changed.

Source: GET /info, GET /networks, GET /containers/json.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ....engine.connection import Connection
from ....engine.filters import filters
from ....errors import EngineError, UsageError
from ....model.half_begun import RESTART_IT, RESTART_STOPPED, is_stopped
from ....model.labels import COMPOSE_ONEOFF, COMPOSE_PROJECT
from .taking_part import until_it_takes_part


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
