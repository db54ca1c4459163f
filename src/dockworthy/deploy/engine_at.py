"""An engine alone, wherever it is: of a manager, of a node, of a host that comes or leaves."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator

from ..engine.connection import Connection
from ..engine.endpoint import socket_path
from ..engine.ssh.address import is_ssh
from .site import reach

_CALL = 60.0
"""Seconds: a manager that has just lost another one answers late."""


@contextlib.asynccontextmanager
async def engine_at(endpoint: str, *, sudo: bool = False, command: str = "hosts") -> AsyncIterator[Connection]:
    """`command`: the one that is to be run again where the host is lost. Raises HostError, EngineError."""
    if is_ssh(endpoint) or socket_path(endpoint) is not None:
        async with reach(endpoint, command=command, sudo=sudo) as site:
            yield site.engine
        return
    async with Connection(endpoint, deadline=None, per_call=_CALL, environ=os.environ) as engine:
        yield engine
