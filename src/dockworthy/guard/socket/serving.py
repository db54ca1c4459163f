"""The socket as a part of a program: where it stands, who may connect, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from ...engine.connection import Connection
from ...errors import UsageError
from ..leaving import Leaving
from ..listening import BACKLOG
from ..tls.endpoint import TlsEndpoint
from .client_connection import ClientConnection
from .client_side import ClientSide
from .engine_side import EngineSide
from .gate import Gate
from .places import places_here
from .watching import watch


@contextlib.asynccontextmanager
async def serving(
    listening: socket.socket, gate: Gate, engine: Path, leaving: Leaving, tls: TlsEndpoint | None = None
) -> AsyncIterator[None]:
    """Answers as long as the context lasts, at `tls` as well; at its end what is under way is finished, as long as
    `leaving` gives."""
    loop = asyncio.get_running_loop()
    clients: set[ClientConnection] = set()
    places = places_here()

    async def dial(side: EngineSide) -> None:
        await loop.create_unix_connection(lambda: side, str(engine))

    def client() -> ClientSide:
        return ClientSide(gate, dial, clients, places)

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
    leaving = Leaving()
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


__all__ = ["check_there", "engine_path", "serve_alone", "serving"]
