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
from ..model.host import Host
from ..model.snapshot import Snapshot, Tool
from .engine import read_engine
from .redaction import Redactor
from .redaction_key import redaction_key

_LOCAL_SOCKET = "/var/run/docker.sock"


async def read_snapshot(
    endpoint: str, *, root: Path = Path("/"), deadline: float = 10.0, environ: Mapping[str, str] = os.environ
) -> Snapshot:
    """All facts, secrets hidden; what could not be read is Unknown. `deadline` bounds the engine, in seconds."""
    from .host import read_host

    taken = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    redactor = Redactor(redaction_key(environ))
    socket = socket_path(endpoint) or _LOCAL_SOCKET
    host, engine = await asyncio.gather(
        asyncio.to_thread(read_host, root, socket=socket),
        read_engine(
            endpoint,
            deadline=deadline,
            root=None if socket_path(endpoint) is None else root,
            redactor=redactor,
            environ=environ,
        ),
    )
    return Snapshot(
        taken=taken,
        id=secrets.token_hex(8),
        tool=Tool("dockworthy", __version__),
        host=_without_secrets(host, redactor),
        engine=engine,
    )


def _without_secrets(host: Host, redactor: Redactor) -> Host:
    """Daemon.json, command lines and unit files may hold passwords of proxies and log servers."""
    return msgspec.convert(redactor.clean(msgspec.to_builtins(host)), Host)
