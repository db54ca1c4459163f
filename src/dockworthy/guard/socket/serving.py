"""The socket as a part of a program: where it stands, who may connect, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from ...engine.connection import Connection
from ...errors import UsageError
from ..graceful_shutdown import ShutdownAsked
from ..listening import BACKLOG, listen
from ..policy_in_force import PolicyInForce
from ..rights.grants import Grants, Roles, grants_folder
from ..rights.people_world import PeopleWorld
from ..tls.endpoint import TlsEndpoint
from .client_connection import ClientConnection
from .connection_limits import places_here
from .engine_side import EngineSide
from .gate import Gate
from .role_gate import RoleGate, Told
from .tickets import Tickets

EVERY = 1.0
"""Seconds."""


async def watch(clients: Collection[ClientConnection], gate: Gate) -> None:
    """Until it is cancelled."""
    while True:
        await asyncio.sleep(EVERY)
        now = asyncio.get_running_loop().time()
        for client in list(clients):
            try:
                await _look(client, gate, now)
            except Exception:  # whatever it was: the others are looked at, too
                client.abort()


async def _look(client: ClientConnection, gate: Gate, now: float) -> None:
    client.look(now)
    passage = client.passage
    if passage is None:
        return
    renewed = await gate.renewed(passage, client.who)
    if client.passage is not passage:
        return  # that request is over
    if renewed is None:
        client.revoke()
    else:
        client.passage = renewed


@contextlib.asynccontextmanager
async def serving(
    listening: socket.socket, gate: Gate, engine: Path, leaving: ShutdownAsked, tls: TlsEndpoint | None = None
) -> AsyncIterator[None]:
    """Answers as long as the context lasts, at `tls` as well; at its end what is under way is finished, as long as
    `leaving` gives."""
    loop = asyncio.get_running_loop()
    clients: set[ClientConnection] = set()
    places = places_here()

    async def dial(side: EngineSide) -> None:
        await loop.create_unix_connection(lambda: side, str(engine))

    def client() -> ClientConnection:
        return ClientConnection(gate, dial, clients, places)

    servers = [await loop.create_unix_server(client, sock=listening, backlog=BACKLOG)]
    if tls is not None:
        servers.append(await tls.serve(client))
    watching = loop.create_task(watch(clients, gate))
    try:
        yield
    finally:
        for server in servers:
            server.close()
        await leaving.see_off(clients)
        watching.cancel()
        if tls is not None:
            tls.end()


async def serve_alone(
    listening: socket.socket, gate: Gate, engine: Path, tls: TlsEndpoint | None = None, *, ready: Callable[[], None]
) -> None:
    """Answers until it is to end."""
    leaving = ShutdownAsked()
    async with serving(listening, gate, engine, leaving, tls):
        ready()
        await leaving.asked()


async def check_there(endpoint: str) -> None:
    """Raises EngineError where no engine answers: whoever was given the socket would take it for one."""
    async with Connection(endpoint):
        pass


def engine_path(endpoint: str) -> Path:
    """Raises UsageError for an engine elsewhere: requests go to it as the host's root."""
    if not endpoint.startswith("unix:///"):
        raise UsageError(f"--docker {endpoint}: the guard stands before an engine of this host", hint="unix:///PATH")
    return Path(endpoint.removeprefix("unix://"))


def people_served(
    path: Path,
    endpoint: str,
    policy: Callable[[], PolicyInForce],
    tickets: Tickets,
    leaving: ShutdownAsked,
    *,
    told: Told,
    tls: TlsEndpoint | None = None,
) -> AbstractAsyncContextManager[None]:
    """Everybody may connect, at `tls` who has a certificate: who they are decides what they may. Raises UsageError."""
    engine = engine_path(endpoint)
    if path.resolve() == engine.resolve():
        raise UsageError(
            f"{path} is the engine's own socket",
            hint="let dockerd listen elsewhere, in a folder of root's, and name it",
        )
    roles = Roles(policy, Grants(grants_folder()))
    gate = RoleGate(
        PeopleWorld(endpoint), roles.held, told=told, unseen=policy, reserved=roles.reserved, projects=roles.projects,
        stamping=tickets, granted=roles.granted,
    )  # fmt: skip
    return serving(listen(path, mode=0o666), gate, engine, leaving, tls)
