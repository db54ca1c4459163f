"""A snapshot of this host and its engine: the host's files, the engine's API and the containers' processes at once."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from .. import __version__
from ..engine.clock import now
from ..engine.endpoint import socket_path
from ..engine.ssh.address import is_ssh
from ..model.evidence import EvidenceFacts
from ..model.field import Field
from ..model.host import Host
from ..model.services import ServiceAnswer
from ..model.snapshot import EngineFacts, Snapshot, ToolVersion
from ..state_directory import state_directory
from .disk_history import with_disk_history
from .engine import read_engine
from .evidence import read_evidence
from .host_files import LocalFiles
from .open_services import read_open_services
from .place import engine_is_elsewhere, host_path_of, unseen
from .redaction import Redactor
from .redaction_key import LENGTH, redaction_key

if TYPE_CHECKING:
    from ..engine.ssh.engine_tunnel import Through

T = TypeVar("T")

_LOCAL_SOCKET = "/var/run/docker.sock"


async def read_snapshot(
    endpoint: str,
    *,
    root: Path = Path("/"),
    deadline: float = 10.0,
    sudo: bool = False,
    probe: bool = True,
    environ: Mapping[str, str] = os.environ,
    through: Through | None = None,
    remembers: bool = True,
) -> Snapshot:
    """All facts, secrets hidden; what could not be read is Unknown. `deadline` bounds the engine, in seconds.
    `through`: a connection that is there already. `remembers`: may it write into dockworthy's own folder?

    With `ssh://USER@HOST` everything is read over there (`sudo`: as root), and `deadline` bounds it all. Raises
    HostError where ssh does not get in, UsageError for an address that is none. `probe`: ask this host's services
    that others may reach whether they want a password, and its monitoring at local addresses what it collects.
    """
    taken = now()
    redactor = Redactor(redaction_key(environ) if remembers else secrets.token_bytes(LENGTH))
    if is_ssh(endpoint):
        from .remote.reading import read_remote

        host, engine, evidence, services = await read_remote(
            endpoint, sudo=sudo, deadline=deadline, probe=probe, redactor=redactor, environ=environ, through=through
        )
        where: str | None = endpoint
    else:
        host, engine = await _read_here(endpoint, root, deadline, redactor, environ)
        where = "" if str(root) == "/" else None
        if await engine_is_elsewhere(endpoint, host, engine):
            host, evidence = unseen(Host, endpoint), unseen(EvidenceFacts, endpoint)
            services, where = await read_open_services(host, engine, here=False, wanted=probe), None
        else:
            services, evidence = await _ask_here(endpoint, root, host, engine, probe)
    host = with_disk_history(host, taken, state_directory(environ), of=where, remembers=remembers)
    return Snapshot(
        taken=taken,
        id=secrets.token_hex(8),
        tool=ToolVersion("dockworthy", __version__),
        host=_without_secrets(host, Host, redactor),
        engine=engine,
        services_asked=services,
        evidence=_without_secrets(evidence, EvidenceFacts, redactor),
    )


def _is_here(endpoint: str, root: Path) -> bool:
    """Are host and engine those on which this program runs? Only then is an address of that host one of ours."""
    return socket_path(endpoint) is not None and str(root) == "/"


async def _read_here(
    endpoint: str, root: Path, deadline: float, redactor: Redactor, environ: Mapping[str, str]
) -> tuple[Host, EngineFacts]:
    from .host import read_host

    socket = host_path_of(socket_path(endpoint) or _LOCAL_SOCKET, root)
    return await asyncio.gather(
        asyncio.to_thread(read_host, root, socket=socket),
        read_engine(
            endpoint,
            deadline=deadline,
            root=root,  # a process is believed to be a container's only where its cgroup says so
            redactor=redactor,
            environ=environ,
        ),
    )


async def _ask_here(
    endpoint: str, root: Path, host: Host, engine: EngineFacts, probe: bool
) -> tuple[Field[tuple[ServiceAnswer, ...]], EvidenceFacts]:
    """What needs to know host and engine first. The containers of an engine elsewhere are not on this host."""
    here = _is_here(endpoint, root)
    own = engine if socket_path(endpoint) is not None else EngineFacts()
    return await asyncio.gather(
        read_open_services(host, engine, here=here, wanted=probe),
        read_evidence(LocalFiles(root), host, own, here=here, wanted=probe),
    )


def _without_secrets(facts: T, kind: type[T], redactor: Redactor) -> T:
    """Daemon.json, command lines, unit files and addresses may hold passwords of proxies and log servers."""
    return msgspec.convert(redactor.clean(msgspec.to_builtins(facts)), kind)
