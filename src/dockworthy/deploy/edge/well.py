"""Asks a container what the edge asks it, without the edge."""

from __future__ import annotations

import asyncio

from ...errors import HostError
from ..observing.probe_connection import ProbeConnection, ProbeFailed, connected
from ..site import Site
from .kept import ServedRoute

_SECONDS = 2.0


async def is_well(site: Site, served: ServedRoute, address: str) -> bool:
    """False also where the engine's host can't reach it (a rootless engine's containers)."""
    route = served.route
    try:
        async with asyncio.timeout(_SECONDS):
            at = await site.tcp(address, route.port)
            if not route.health:
                (await connected(at, ""))[1].transport.abort()
                return True
            asked = ProbeConnection(at)
            try:
                host = served.host.replace("*.", "edge.", 1)
                return 200 <= await asked.get(host, route.health, keep=False) < 400
            finally:
                await asked.close()
    except (ProbeFailed, HostError, OSError, TimeoutError):
        return False
