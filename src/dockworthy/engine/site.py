"""Where a project is shipped to: its engine, and a shell on the engine's host, both through one connection."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from ..errors import HostError, UsageError
from ..host_scripts import HostScript
from ..state_directory import state_directory
from .connection import AT_ONCE, ELECTION, Connection
from .endpoint import socket_path
from .host_shell import HostShell, shell_here
from .root_proof import KEY_FILE, key_in, read_key
from .ssh.address import is_ssh, ssh_address
from .ssh.commands import relay
from .ssh.engine_tunnel import Through, find_socket, forward, way_to_engine
from .ssh.host import SshHost
from .ssh.relay import Relay

_LASTS = 24 * 3600.0
"""Seconds: a deploy may wait for a person's slow services."""
_CONNECTING = 20.0
_CALL = 60.0
"""Seconds: a manager that has just lost another one answers late."""
_ROOTS = ("/run/docker.sock", "/var/run/docker.sock")
"""Sockets where root alone can listen: behind another one may be somebody's who would pass on what root seals."""
_NO_ENGINE = "unix:///nonexistent/docker.sock"
_STATE = HostScript(__package__, "state_folder.sh")
"""The folder of what must be remembered, and root's key for a guard there."""
_WRITE = HostScript(__package__, "write_file.sh")


class Site:
    """`name` is how the host is called. `docker_host`: where Compose finds the engine from here; `socket`: its socket
    on the host. `state`: the folder of the host in which dockworthy keeps what it must remember."""

    def __init__(
        self, name: str, shell: HostShell, engine: Connection, docker_host: str, state: str, *, socket: str
    ) -> None:
        self.name = name
        self.shell = shell
        self.engine = engine
        self.docker_host = docker_host
        self.state = state
        self.socket = socket
        self.through: Through | None = None
        """The connection to a host elsewhere."""
        self._forwarded = 0
        self._ways = contextlib.AsyncExitStack()

    @property
    def for_reading(self) -> Through | None:
        """The connection through which the host may be read beside a deploy. None where sshd forwards no sockets: the
        sessions that it allows on a connection are then the engine's, and who reads makes one of its own."""
        return self.through if self.through is not None and self.through.way.at_once == AT_ONCE else None

    async def local(self, socket: str) -> Path:
        """A path of this machine at which the host's unix socket `socket` answers. Raises HostError."""
        if self.through is None:
            return Path(socket)
        host = self.through.host
        if host.sudo:  # what is root's alone, ssh's own account can't forward
            here = self._next_way(host)
            await self._ways.enter_async_context(Relay(host, relay(socket), here))
            return here
        return await self._forward(host, socket)

    async def tcp(self, address: str, port: int) -> Path | tuple[str, int]:
        """Where what the host reaches at `address` and `port` is reached from here. Raises HostError."""
        return (address, port) if self.through is None else await self._forward(self.through.host, f"{address}:{port}")

    def _next_way(self, host: SshHost) -> Path:
        self._forwarded += 1
        return host.folder / f"f{self._forwarded}"

    async def _forward(self, host: SshHost, there: str) -> Path:
        here = self._next_way(host)
        if why := await forward(host, here, there):
            raise HostError(f"{self.name}: ssh made no way to {there}: {why}")
        return here


@contextlib.asynccontextmanager
async def reach(
    endpoint: str, *, command: str, sudo: bool = False, environ: Mapping[str, str] = os.environ
) -> AsyncIterator[Site]:
    """The site behind an endpoint. `command`: the one that is to be run again where the host is lost.

    Raises UsageError for an engine that is reached over the network without a shell, HostError, EngineError.
    """
    if is_ssh(endpoint):
        async with _over_ssh(endpoint, command, sudo, environ) as site:
            yield site
        return
    if socket_path(endpoint) is None:
        raise UsageError(
            f"releases are kept on the engine's host, and {endpoint} gives no way to it",
            hint="use --host ssh://user@host",
        )
    async with (
        shell_here(command=command) as shell,
        Connection(endpoint, deadline=None, per_call=_CALL, environ=environ, election=ELECTION) as engine,
    ):
        engine.root_key = read_key() if socket_path(endpoint) in _ROOTS else None
        state = str(state_directory(environ))  # made by who first has something to remember
        yield Site("this host", shell, engine, endpoint, state, socket=socket_path(endpoint) or "")


@contextlib.asynccontextmanager
async def host_alone(*, command: str, environ: Mapping[str, str] = os.environ) -> AsyncIterator[Site]:
    """This host without its engine: for what its files tell, and is kept in them. The engine of this site answers
    nothing. Raises HostError."""
    async with shell_here(command=command) as shell:
        nobody = Connection(_NO_ENGINE, deadline=None, environ=environ)
        yield Site("this host", shell, nobody, _NO_ENGINE, str(state_directory(environ)), socket="")


@contextlib.asynccontextmanager
async def engine_at(endpoint: str, *, sudo: bool = False, command: str = "hosts") -> AsyncIterator[Connection]:
    """An engine alone, of a manager, a node, or a host that comes or leaves: also one that is reached without a shell.

    `command`: the one that is to be run again where the host is lost. Raises HostError, EngineError."""
    if is_ssh(endpoint) or socket_path(endpoint) is not None:
        async with reach(endpoint, command=command, sudo=sudo) as site:
            yield site.engine
        return
    async with Connection(endpoint, deadline=None, per_call=_CALL, environ=os.environ) as engine:
        yield engine


@contextlib.asynccontextmanager
async def _over_ssh(endpoint: str, command: str, sudo: bool, environ: Mapping[str, str]) -> AsyncIterator[Site]:
    address = ssh_address(endpoint)
    clock = asyncio.get_running_loop().time
    async with SshHost(address, sudo=sudo, ends=clock() + _CONNECTING) as host:
        host.ends = clock() + _LASTS
        socket, may = await find_socket(host)
        async with (
            way_to_engine(host, socket, may) as way,
            Connection(endpoint, deadline=None, per_call=_CALL, environ=environ, election=ELECTION, way=way) as engine,
        ):
            shell = HostShell(host.shell, address.host, host, command=command)
            state, key = await _state_on(shell)
            engine.root_key = key if socket in _ROOTS else None
            site = Site(address.host, shell, engine, f"unix://{way.socket}", state, socket=socket)
            site.through = Through(host, socket, way)
            async with site._ways:
                yield site


async def _state_on(shell: HostShell) -> tuple[str, bytes | None]:
    """DOCKWORTHY_STATE speaks of this machine; over there the usual place counts. And the key of root_proof.py."""
    done = await shell.run(_STATE.with_arguments(str(KEY_FILE)))
    state, _, key = done.output.partition("\n")
    if done.status or not state:
        raise HostError(f"{shell.name} does not tell where things are kept there: {done.words}")
    return state, key_in(key.strip().encode())


async def write_file(shell: HostShell, path: str, content: bytes, *, mode: str = "0600") -> None:
    """Writes a file of the host at once and durably: never half of one. Raises HostError with the reason."""
    done = await shell.run(_WRITE.with_arguments(path, mode, len(content)), given=content)
    if done.status:
        raise HostError(
            f"{shell.name}: {path} can't be written: {done.words or 'no reason given'}",
            hint="is the disk full, or the file system read-only?",
        )
