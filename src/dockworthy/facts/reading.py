"""A snapshot of this host and its engine: the host's files, the engine's API and the containers' processes at once."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from .. import __version__
from ..engine.endpoint import socket_path
from ..engine.ssh.address import is_ssh
from ..model.host import Host
from ..model.snapshot import EngineFacts, Snapshot, Tool
from .engine import read_engine
from .open_services import read_open_services
from .redaction import Redactor
from .redaction_key import redaction_key

_LOCAL_SOCKET = "/var/run/docker.sock"


async def read_snapshot(
    endpoint: str,
    *,
    root: Path = Path("/"),
    deadline: float = 10.0,
    sudo: bool = False,
    probe: bool = True,
    environ: Mapping[str, str] = os.environ,
) -> Snapshot:
    """All facts, secrets hidden; what could not be read is Unknown. `deadline` bounds the engine, in seconds.

    With `ssh://USER@HOST` everything is read over there (`sudo`: as root), and `deadline` bounds it all. Raises
    HostError where ssh does not get in, UsageError for an address that is none. `probe`: ask this host's services
    that others may reach whether they want a password.
    """
    taken = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    redactor = Redactor(redaction_key(environ))
    if is_ssh(endpoint):
        from .remote.reading import read_remote

        host, engine = await read_remote(endpoint, sudo=sudo, deadline=deadline, redactor=redactor, environ=environ)
    else:
        host, engine = await _read_here(endpoint, root, deadline, redactor, environ)
    return Snapshot(
        taken=taken,
        id=secrets.token_hex(8),
        tool=Tool("dockworthy", __version__),
        host=_without_secrets(host, redactor),
        engine=engine,
        services_asked=await read_open_services(host, engine, here=_is_here(endpoint, root), wanted=probe),
    )


def _is_here(endpoint: str, root: Path) -> bool:
    """Are host and engine those on which this program runs? Only then is an address of that host one of ours."""
    return socket_path(endpoint) is not None and str(root) == "/"


async def _read_here(
    endpoint: str, root: Path, deadline: float, redactor: Redactor, environ: Mapping[str, str]
) -> tuple[Host, EngineFacts]:
    from .host import read_host

    socket = socket_path(endpoint) or _LOCAL_SOCKET
    return await asyncio.gather(
        asyncio.to_thread(read_host, root, socket=socket),
        read_engine(
            endpoint,
            deadline=deadline,
            root=None if socket_path(endpoint) is None else root,
            redactor=redactor,
            environ=environ,
        ),
    )


def _without_secrets(host: Host, redactor: Redactor) -> Host:
    """Daemon.json, command lines and unit files may hold passwords of proxies and log servers."""
    return msgspec.convert(redactor.clean(msgspec.to_builtins(host)), Host)
