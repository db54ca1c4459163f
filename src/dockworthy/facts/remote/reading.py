"""A host and its engine over one ssh connection."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from msgspec import structs

from ...engine.connection import EngineSocket
from ...engine.ssh.address import ssh_address
from ...engine.ssh.engine_tunnel import Through, find_socket, way_to_engine
from ...engine.ssh.host import SshHost
from ...engine.ssh.shell import ShellLost
from ...engine.ssh.tcp_dialer import TcpDialer
from ...errors import EngineError, EngineUnreachable, HostError
from ...model.evidence import EvidenceFacts
from ...model.field import NOT_READ, Field, Origin, Set, Source, Unknown
from ...model.host import Host
from ...model.services import ServiceAnswer
from ...model.snapshot import EngineFacts
from ..asking import source_of, unknown
from ..engine import no_engine, read_engine
from ..evidence import read_evidence, read_files
from ..host import read_host
from ..host.root import NotHeld, Root
from ..open_services import read_open_services
from ..open_services.candidates import first_address
from ..redaction import Redactor
from .files import RemoteFiles, first_questions
from .usual import USUAL_SOCKET


class RemoteFacts(NamedTuple):
    host: Host
    engine: EngineFacts
    evidence: EvidenceFacts
    services: Field[tuple[ServiceAnswer, ...]]


async def read_remote(
    endpoint: str,
    *,
    sudo: bool = False,
    deadline: float = 10.0,
    probe: bool = True,
    redactor: Redactor,
    environ: Mapping[str, str] = os.environ,
    through: Through | None = None,
) -> RemoteFacts:
    """All facts of the host at `endpoint` (`ssh://…`) and its engine, within `deadline` seconds. `sudo`: read as root.
    `through`: no connection of its own is made.

    Raises UsageError for an address that is none, HostError where ssh does not get in or the host is lost at once.
    What is lost later is Unknown, and what was read stands.
    """
    address = ssh_address(endpoint)
    ends = asyncio.get_running_loop().time() + deadline
    # While ssh connects, the readers tell what they will ask first.
    first = asyncio.create_task(asyncio.to_thread(first_questions, _everybody))
    async with SshHost(address, sudo=sudo, ends=ends, over=through.host if through is not None else None) as ssh:
        files = RemoteFiles(ssh)
        await files.begin()
        socket, ways = await _ways(ssh, through)
        engine = asyncio.create_task(_engine(ssh, files, ways, redactor, environ))
        try:
            await files.fetch_first(await first)
            host = await files.read(partial(read_host, socket=socket))
            said = await engine
            evidence, services = await asyncio.gather(
                read_evidence(files, host, said, here=False), _services(ssh, files, host, said, probe)
            )
            return RemoteFacts(_with_skew(host, files.skew), said, evidence, services)
        except NotHeld as gap:
            raise HostError(f"too little could be read of {address.host}: {gap}", hint="read it again") from None
        finally:
            engine.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await engine


def _everybody(root: Root) -> None:
    """All readers of files, of a host of which nothing is known."""
    read_files(root, host=read_host(root, socket=USUAL_SOCKET), engine=EngineFacts())


async def _ways(
    ssh: SshHost, through: Through | None
) -> tuple[str, contextlib.AbstractAsyncContextManager[EngineSocket]]:
    """The engine's socket on the host, and a way to it. Raises HostError where the host is lost."""
    if through is not None:
        return through.socket, contextlib.nullcontext(through.way)
    try:
        socket, may = await find_socket(ssh)
    except ShellLost as lost:
        raise HostError(str(lost) or await ssh.why_lost()) from None
    return socket, way_to_engine(ssh, socket, may)


async def _engine(
    ssh: SshHost,
    files: RemoteFiles,
    ways: contextlib.AbstractAsyncContextManager[EngineSocket],
    redactor: Redactor,
    environ: Mapping[str, str],
) -> EngineFacts:
    name = ssh.address.name
    seconds = ssh.ends - asyncio.get_running_loop().time()
    try:
        async with ways as way:
            return await read_engine(name, root=files, way=way, deadline=seconds, redactor=redactor, environ=environ)
    except EngineError as error:
        return no_engine(name, unknown(error, source_of("/version")))
    except OSError as error:
        problem = EngineUnreachable(f"no way could be made to the engine on {ssh.address.host}: {error}")
        return no_engine(name, unknown(problem, source_of("/version")))


async def _services(
    ssh: SshHost, files: RemoteFiles, host: Host, engine: EngineFacts, probe: bool
) -> Field[tuple[ServiceAnswer, ...]]:
    """Asked from the host itself, through ssh: what a firewall lets in from here is another question."""
    own = first_address(await files.read(lambda root: root.word("/proc/net/fib_trie")))
    async with TcpDialer(ssh) as door:
        answers = await read_open_services(host, engine, here=True, wanted=probe, connect=door.connect, own=own)
        if door.forbidden:
            closed = f"sshd on {ssh.address.host} lets no connections through (AllowTcpForwarding)"
            return Unknown(f"the host's services were not asked: {closed}", "run dockworthy on that host")
        return answers


def _with_skew(host: Host, skew: float | None) -> Host:
    told = NOT_READ if skew is None else Set(skew, Source("date -u +%s"), Origin.MEASURED)
    return structs.replace(host, clock_skew=told)
