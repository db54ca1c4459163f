"""The engine of a manager, and of a host that comes or leaves, each through one connection."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from ..deploy.site import Site, reach
from ..errors import EngineUnreachable, HostAway


@contextlib.asynccontextmanager
async def site_with_engine(endpoint: str, *, sudo: bool = False) -> AsyncIterator[Site | None]:
    """The host and its engine; None where the host answers, and no engine does. Raises HostError, UsageError."""
    async with contextlib.AsyncExitStack() as stack:
        site = None
        try:
            site = await stack.enter_async_context(reach(endpoint, command="hosts add", sudo=sudo))
        except HostAway:
            raise
        except EngineUnreachable:
            pass
        yield site
