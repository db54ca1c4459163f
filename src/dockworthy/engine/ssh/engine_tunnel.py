"""A way to the host's engine through the ssh connection: a forwarded socket, or a relay where that is not allowed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

from ...errors import EngineError, EngineRefused, EngineTimeout, EngineUnreachable
from ...host_scripts import HostScript
from ..connection import EngineSocket
from .commands import forward_socket, relay
from .faults import last_words
from .host import SshHost
from .relay import Relay
from .shell import ShellLost

_PING = b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n"
_PING_SECONDS = 5.0
_RELAYED_AT_ONCE = 6
"""Sessions: sshd allows ten on a connection (MaxSessions), and one is the shell."""

_FIND = HostScript(__package__, "engine_socket.sh")


class Through(NamedTuple):
    """A connection to the host that is there already, its engine's socket there, and the way to that."""

    host: SshHost
    socket: str
    way: EngineSocket


async def find_socket(host: SshHost) -> tuple[str, str]:
    """(path of the engine's socket on the host, may our account open it: `yes`, `no`, `absent`). Raises ShellLost.

    What the address says; else the account's DOCKER_HOST, the usual place, the account's own engine.
    """
    script = f"{_FIND.text}engine_socket socket {shlex.quote(host.address.socket)}\n"
    found = ("", "absent")
    async for reply in host.shell.run(script.encode(), ends=host.ends):
        if reply.id == "socket":
            found = (os.fsdecode(reply.content), reply.words)
    if not found[0]:
        raise ShellLost("the host did not say where its engine's socket is")
    return found


@contextlib.asynccontextmanager
async def way_to_engine(host: SshHost, socket: str, may: str) -> AsyncIterator[EngineSocket]:
    """A socket of ours behind which the host's engine is. Raises EngineError and its kinds."""
    if may == "absent":
        raise EngineUnreachable(
            f"no engine listens on {host.address.host}: {socket} does not exist",
            hint=f"is Docker Engine installed and started there? another socket: --host {host.address.name}/PATH",
        )
    if may == "no" and not host.sudo:
        raise EngineRefused(
            f"this account may not open the engine's socket {socket} on {host.address.host}",
            hint="use --sudo, or come as root (who may open it is root on the host)",
        )
    if may == "yes" and await _forwarded(host, socket):
        yield EngineSocket(host.folder / "engine", has_ended=lambda: host.has_ended)
        return
    async with Relay(host, relay(socket)) as relayed:
        if not await _answers(host, relayed.socket):
            raise _why_not(host, socket, await relayed.why())
        yield EngineSocket(relayed.socket, _RELAYED_AT_ONCE, lambda: host.has_ended)


async def forward(host: SshHost, local: Path, there: str) -> str:
    """Makes `local` a way to a socket, or `ADDRESS:PORT`, as the host reaches it; "", or why there is none."""
    process = await asyncio.create_subprocess_exec(
        *forward_socket(host.control, local, there),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    return last_words(said.decode(errors="replace")) or "no reason given" if process.returncode else ""


async def _forwarded(host: SshHost, socket: str) -> bool:
    """Does anything answer behind a socket that ssh forwards? If not, sshd may forbid it; a relay tells more."""
    local = host.folder / "engine"
    if why := await forward(host, local, socket):
        raise EngineError(f"ssh made no way to the engine on {host.address.host}: {why}")
    return await _answers(host, local)


async def _answers(host: SshHost, local: Path) -> bool:
    """Does anything answer at the other end? Raises EngineTimeout where it takes the connection and goes silent."""
    answer = b""
    try:
        async with asyncio.timeout(_PING_SECONDS):
            reader, writer = await asyncio.open_unix_connection(local)
            try:
                writer.write(_PING)
                answer = await reader.read(64)
            finally:
                writer.close()
    except TimeoutError:
        raise EngineTimeout(
            f"the engine on {host.address.host} took the connection and went silent",
            hint="does `docker ps` answer there? if not, its log tells why",
        ) from None
    except OSError:
        pass
    return bool(answer)


def _why_not(host: SshHost, socket: str, said: str) -> EngineError:
    """`said`: what the host said on the way, in its words."""
    where = f"the engine on {host.address.host} ({socket})"
    if "password is required" in said or "sudo:" in said:
        return EngineRefused(f"{where} can't be reached: {said}", hint="sudo must allow `sh` without a password there")
    if "no program to speak" in said:
        return EngineUnreachable(
            f"{where} can't be reached: root may open its socket, and {said.removeprefix('sh: ')}",
            hint=f"install socat there, or come as root: --host ssh://root@{host.address.host}",
        )
    if "refused" in said or not said:
        return EngineUnreachable(f"nobody listens at {socket} on {host.address.host}", hint="start Docker Engine there")
    return EngineUnreachable(f"{where} can't be reached: {said}", hint="start Docker Engine there")
