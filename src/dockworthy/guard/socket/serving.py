"""The socket as a part of a program: where it stands, who may connect, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import grp
import os
import signal
import socket
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from ...errors import UsageError
from .client_connection import ClientConnection
from .client_side import ClientSide
from .engine_side import EngineSide
from .gate import Gate


@contextlib.asynccontextmanager
async def serving(listening: socket.socket, gate: Gate, engine: Path) -> AsyncIterator[None]:
    """Answers as long as the context lasts. At its end connections are closed: their streams end with the guard."""
    loop = asyncio.get_running_loop()
    clients: set[ClientConnection] = set()

    async def dial(side: EngineSide) -> None:
        await loop.create_unix_connection(lambda: side, str(engine))

    server = await loop.create_unix_server(lambda: ClientSide(gate, dial, clients), sock=listening)
    try:
        yield
    finally:
        server.close()
        for client in list(clients):
            client.abort()


async def serve_alone(listening: socket.socket, gate: Gate, engine: Path, *, ready: Callable[[], None]) -> None:
    """Answers until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with serving(listening, gate, engine):
        ready()
        await ended.wait()


def engine_path(endpoint: str) -> Path:
    """Raises UsageError for an engine elsewhere: requests go to it as the host's root."""
    if not endpoint.startswith("unix:///"):
        raise UsageError(f"--docker {endpoint}: the guard stands before an engine of this host", hint="unix:///PATH")
    return Path(endpoint.removeprefix("unix://"))


def listen(path: Path, *, mode: int, group: str | None = None) -> socket.socket:
    """Put in its place when it listens: at no moment is there one that does not answer. Raises UsageError."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        owner = -1 if group is None else int(group) if group.isdigit() else grp.getgrnam(group).gr_gid
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not stat.S_ISSOCK(path.lstat().st_mode):
            raise UsageError(f"{path} is there and is no socket", hint="name another path")
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            listening.bind(str(beside))
        finally:
            os.umask(before)
        os.chown(beside, -1, owner)
        beside.chmod(mode)
        listening.listen(512)
        listening.setblocking(False)
        beside.replace(path)
    except KeyError:
        raise UsageError(f"there is no group {group!r} on this host", hint="getent group lists them") from None
    except OSError as error:
        raise UsageError(f"{path}: no socket can be made there: {error.strerror or error}") from None
    return listening


__all__ = ["engine_path", "listen", "serve_alone", "serving"]
