"""Measured: who comes in where, when the guard's socket stands at the engine's old place."""

from __future__ import annotations

import asyncio
import grp
import os
import socket
import stat

from ....engine.connection import Connection
from ....errors import EngineError, UsageError
from ..engine_here import EngineHere
from ..record import People

_NOBODY = 65534
_PING = b"GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n"


def look_at(path: str, endpoint: str) -> People:
    """The socket as it is: who may open it stays who may. Raises UsageError where there is none."""
    try:
        seen = os.stat(path)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="start the engine: its socket is looked at") from None
    try:
        group = grp.getgrgid(seen.st_gid).gr_name
    except KeyError:
        group = str(seen.st_gid)
    real = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
    return People(path=real, mode=stat.S_IMODE(seen.st_mode), group=group, endpoint=endpoint)


def check_doors(people: People, engine: EngineHere) -> None:
    """Root comes through the guard's; its group, too; at the engine's own, root alone. Raises EngineError."""
    if asyncio.run(_version(f"unix://{people.path}")) != engine.version:
        raise EngineError(f"another engine answers behind {people.path}")
    if people.mode & 0o060 == 0o060 and not _as_member(people.group, people.path):
        raise EngineError(f"a member of the group {people.group} does not reach the guard at {people.path}")
    own = people.endpoint.removeprefix("unix://")
    if _as_member(people.group, own):
        raise EngineError(f"a member of the group {people.group} reaches the engine past the guard, at {own}")


async def _version(endpoint: str) -> str:
    async with Connection(endpoint) as connection:
        return str(connection.version.get("Version", ""))


def _as_member(group: str, path: str) -> bool:
    """Does one who is in that group, and nobody else, get an answer there? In a process of their own."""
    number = int(group) if group.isdigit() else grp.getgrnam(group).gr_gid
    child = os.fork()
    if child == 0:
        answered = False
        try:
            os.setgroups([number])
            os.setresgid(_NOBODY, _NOBODY, _NOBODY)
            os.setresuid(_NOBODY, _NOBODY, _NOBODY)
            with socket.socket(socket.AF_UNIX) as asking:
                asking.settimeout(20)
                asking.connect(path)
                asking.sendall(_PING)
                answered = asking.recv(100).startswith(b"HTTP/1.1 200")
        finally:
            os._exit(0 if answered else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
