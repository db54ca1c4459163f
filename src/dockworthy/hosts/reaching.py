"""The engine of a manager, and of a host that comes or leaves, each through one connection."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator

from ..deploy.site import Site, reach
from ..engine.connection import Connection
from ..engine.endpoint import socket_path
from ..engine.ssh.address import is_ssh
from ..errors import EngineUnreachable

_CALL = 60.0
"""Seconds: a manager that has just lost another one answers late."""


@contextlib.asynccontextmanager
async def engine_at(endpoint: str, *, sudo: bool = False) -> AsyncIterator[Connection]:
    """The engine alone, wherever it is. Raises HostError, EngineError."""
    if is_ssh(endpoint) or socket_path(endpoint) is not None:
        async with reach(endpoint, command="hosts", sudo=sudo) as site:
            yield site.engine
        return
    async with Connection(endpoint, deadline=None, per_call=_CALL, environ=os.environ) as engine:
        yield engine


@contextlib.asynccontextmanager
async def site_with_engine(endpoint: str, *, sudo: bool = False) -> AsyncIterator[Site | None]:
    """The host and its engine; None where the host answers, and no engine does. Raises HostError, UsageError."""
    async with contextlib.AsyncExitStack() as stack:
        site = None
        with contextlib.suppress(EngineUnreachable):
            site = await stack.enter_async_context(reach(endpoint, command="hosts add", sudo=sudo))
        yield site
