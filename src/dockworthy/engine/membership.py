"""An engine's own word on the swarm that it is in, if it is in one."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ..errors import EngineError, UsageError
from ..model.half_begun import RESTART_STOPPED, is_stopped
from .connection import Connection


class Membership(Struct, frozen=True, kw_only=True):
    """`state`: inactive, pending, active, error or locked. `swarm` is its id, known to managers alone; `managers`
    their addresses, `HOST:PORT`. `stopped`: its node in the swarm does not run, though the engine says that it is
    active."""

    state: str = "inactive"
    node: str = ""
    manager: bool = False
    address: str = ""
    swarm: str = ""
    managers: tuple[str, ...] = ()
    live_restore: bool = False
    stopped: bool = False
    error: str = ""

    @property
    def is_in(self) -> bool:
        return self.state == "active"


async def membership_of(engine: Connection) -> Membership:
    """Raises EngineError."""
    return membership_in(await engine.get("/info"))


def membership_in(info: dict[str, Any]) -> Membership:
    swarm = info.get("Swarm") or {}
    return Membership(
        state=swarm.get("LocalNodeState") or "inactive",
        node=swarm.get("NodeID") or "",
        manager=bool(swarm.get("ControlAvailable")),
        address=swarm.get("NodeAddr") or "",
        swarm=(swarm.get("Cluster") or {}).get("ID") or "",
        managers=tuple(each["Addr"] for each in swarm.get("RemoteManagers") or () if each.get("Addr")),
        live_restore=bool(info.get("LiveRestoreEnabled")),
        stopped=is_stopped(swarm),
        error=swarm.get("Error") or "",
    )


def must_be_manager(mine: Membership, name: str) -> None:
    """Raises UsageError for an engine that can't be asked about a swarm."""
    if mine.state == "locked":
        raise UsageError(f"the swarm on {name} is locked", hint="docker swarm unlock, over there; then run this again")
    if mine.state == "inactive":
        raise UsageError(
            f"{name} is in no swarm", hint="dockworthy hosts add ssh://root@HOST, with deploy.target: swarm"
        )
    if mine.stopped:
        raise EngineError(f"{name} takes no part in its swarm now", hint=RESTART_STOPPED)
    if mine.is_in and not mine.manager:
        raise UsageError(
            f"{name} is a worker of its swarm, and only a manager knows the swarm",
            hint=f"name a manager: --host ssh://…; this node knows of {', '.join(mine.managers) or 'none'}",
        )
    if not mine.is_in:
        raise EngineError(f"{name} takes no part in its swarm now ({mine.state}): {mine.error or 'no reason given'}")
