"""What the running HAProxy tells of itself, by its sockets on the host."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from ...engine.site import Site
from ...errors import HostError
from .haproxy.frontends import ADMIN, METRICS, PROBE

_SECONDS = 5.0
_MOST_ANSWER = 32 * 1024 * 1024
"""Bytes: who is in its container may answer in its place."""
GETS_REQUESTS = ("1", "2")
"""Starting (it gets more and more of them), and running."""
_PASSED = "3"


class Server(Struct, frozen=True):
    """A slot of a backend with a container in it. `is_up`: it gets requests, and its last check went well."""

    backend: str
    address: str
    port: int
    is_up: bool


class Admin:
    """Of one site; a way to a socket of the host is made once. All of it raises HostError where nobody answers."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._ways: dict[str, Path] = {}

    async def ask(self, command: str) -> str:
        """The answer to a command of HAProxy's runtime API (`show stat`)."""
        try:
            async with asyncio.timeout(_SECONDS):
                reader, writer = await _connect(await self.way(ADMIN))
                try:
                    writer.write(command.encode() + b"\n")
                    answer = bytearray()
                    while more := await reader.read(1 << 16):
                        answer += more
                        if len(answer) > _MOST_ANSWER:
                            raise HostError(f"{self._site.name}: the edge answers more than HAProxy has to tell")
                    return answer.decode(errors="replace")
                finally:
                    writer.close()
                    with contextlib.suppress(OSError):
                        await writer.wait_closed()
        except (OSError, TimeoutError) as error:
            self._ways.pop(ADMIN, None)
            raise HostError(f"{self._site.name}: the edge does not answer: {error or 'in time'}") from None

    async def way(self, socket: str) -> Path:
        """A path of this machine for one of the edge's sockets: ADMIN, PROBE or METRICS."""
        assert socket in (ADMIN, PROBE, METRICS)
        if socket not in self._ways:
            self._ways[socket] = await self._site.local(f"{self._site.state}/edge/run/{socket}")
        return self._ways[socket]

    async def marker(self) -> str:
        """Which configuration runs, as the configuration calls itself."""
        return await self._info("description")

    async def process(self) -> str:
        """The number of the process that answers."""
        return await self._info("Pid")

    async def _info(self, key: str) -> str:
        info = await self.ask("show info")
        return next((line.partition(": ")[2] for line in info.splitlines() if line.startswith(f"{key}: ")), "")

    async def servers_state(self, backend: str = "") -> str:
        """All that HAProxy knows of its servers, in the form in which a new process reads it; of one backend
        (`shop:web`), or of all."""
        return await self.ask(f"show servers state {backend}".strip())

    async def servers(self, backend: str = "") -> tuple[Server, ...]:
        return servers_in(await self.servers_state(backend))

    async def servers_up(self, backend: str) -> frozenset[str]:
        """The IP addresses that get this backend's requests."""
        return frozenset(server.address for server in await self.servers(backend) if server.is_up)


def servers_in(state: str) -> tuple[Server, ...]:
    """From the answer to `show servers state`: https://docs.haproxy.org/3.0/management.html names its columns."""
    return tuple(
        Server(row["be_name"], row["srv_addr"], int(row["srv_port"]), _is_up(row))
        for row in rows_in(state)
        if row["srv_addr"] != "-" and not int(row["srv_admin_state"])
    )


def rows_in(state: str) -> Iterator[dict[str, str]]:
    """Each slot of that answer: column -> what stands there."""
    lines = state.splitlines()
    head = next((line for line in lines if line.startswith("# be_id")), "").split()[1:]
    return (dict(zip(head, line.split(), strict=False)) for line in lines if line[:1].isdigit() and " " in line)


def _is_up(row: dict[str, str]) -> bool:
    return row["srv_op_state"] in GETS_REQUESTS and row["srv_check_result"] == _PASSED


async def _connect(path: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A socket's path may have 107 bytes, and a state folder can be deep: it is named by its open folder."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        return await asyncio.open_unix_connection(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)
