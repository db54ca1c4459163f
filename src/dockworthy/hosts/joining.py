"""A swarm begins, and a host joins it. The token goes from engine to engine in the body of requests, nowhere else."""

from __future__ import annotations

import asyncio
from typing import Any

from ..engine.connection import Connection
from ..engine.membership import Membership, membership_of
from ..errors import DockworthyError, EngineError, HostError
from ..model.hosts import NodeRole
from .nodes import called, change

PORT = 2377
PORTS = f"{PORT}/tcp to managers, 7946/tcp, 7946/udp and 4789/udp between all"
_JOINING = 60.0
_SETTLING = 60.0


async def begin_swarm(engine: Connection, address: str) -> None:
    """The engine is the first manager then; it listens at `address` alone. Raises EngineError."""
    asked = {"ListenAddr": f"{address}:{PORT}", "AdvertiseAddr": address, "DataPathAddr": address}
    await engine.send("POST", "/swarm/init", asked, seconds=_JOINING)


async def join(manager: Connection, engine: Connection, role: NodeRole, address: str) -> Membership:
    """The engine is a node of the manager's swarm then. Raises EngineError, HostError with what must be open."""
    swarm = await manager.get("/swarm")
    token: str = swarm["JoinTokens"]["Manager" if role is NodeRole.MANAGER else "Worker"]
    managers = (await membership_of(manager)).managers
    before = await membership_of(engine)
    if before.state in ("pending", "error"):  # one that was cut off: it is begun anew
        await engine.send("POST", "/swarm/leave?force=1")
    asked: dict[str, Any] = {
        "ListenAddr": f"{address}:{PORT}",
        "AdvertiseAddr": address,
        "DataPathAddr": address,
        "RemoteAddrs": list(managers),
        "JoinToken": token,
    }
    try:
        await engine.send("POST", "/swarm/join", asked, seconds=_JOINING)
    except EngineError as error:
        raise _not_joined(error, token, managers) from None
    return await _settled(engine, managers)


async def named(manager: Connection, node: str, host: str) -> bool:
    """The node carries the host's name as a label: so it is found also when it is down. Raises EngineError."""
    return await change(manager, node, called(host))


async def _settled(engine: Connection, managers: tuple[str, ...]) -> Membership:
    clock = asyncio.get_running_loop().time
    ends = clock() + _SETTLING
    while True:
        mine = await membership_of(engine)
        if mine.is_in:
            return mine
        if clock() > ends:
            raise HostError(
                f"it did not come into the swarm within {_SETTLING:.0f} s: {mine.state} {mine.error}".rstrip(),
                hint=_open(managers),
            )
        await asyncio.sleep(0.2)


def _not_joined(error: DockworthyError, token: str, managers: tuple[str, ...]) -> HostError:
    return HostError(f"it could not join: {error.says.replace(token, '***')}", hint=_open(managers))


def _open(managers: tuple[str, ...]) -> str:
    return f"can it reach {', '.join(managers)}? open {PORTS}; then run this again"
