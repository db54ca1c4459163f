"""A reverse proxy that is not dockworthy's (`deploy.edge: existing`): where it answers, and what a deploy can't do with
it. Nothing of it is changed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from ...engine.site import Site
from ...errors import UsageError
from ...model.deploy_settings import DeploySettings, TargetKind, seconds_of
from ...model.rollout import Leaving
from ..observing.probe import ProbeFailed, connected

_SECONDS = 5.0
_TO_TLS = re.compile(rb"^HTTP/1\.[01] 30[1278] .*^location: *https://", re.IGNORECASE | re.MULTILINE | re.DOTALL)


class Theirs(Struct, frozen=True):
    """`at`: where it is asked from here; `says`: its address on the engine's host."""

    at: Path | tuple[str, int]
    tls: bool
    says: str


def is_theirs(settings: DeploySettings) -> bool:
    return settings.edge == "existing" and bool(settings.routes)


def leaving_of(settings: DeploySettings) -> dict[str, Leaving]:
    """Service -> how its containers leave; {} where the edge is ours."""
    if not is_theirs(settings):
        return {}
    how = Leaving(seconds_of(settings.existing_edge.settle), settings.existing_edge.drain)
    return {route.service: how for route in settings.routes}


async def find_theirs(site: Site, settings: DeploySettings) -> Theirs:
    """Where it answers a route's host. Raises UsageError where nobody does."""
    host = settings.routes[0].host.replace("*.", "edge.", 1)
    if address := settings.existing_edge.address:
        wanted = urlsplit(address)
        tls = wanted.scheme == "https"
        found = await _asked(site, wanted.hostname or "", wanted.port or (443 if tls else 80), host, tls=tls)
        if found is None:
            raise _nobody(site, address)
        return found[0]
    plain = await _asked(site, "127.0.0.1", 80, host, tls=False)
    if plain is not None and not _TO_TLS.match(plain[1]):
        return plain[0]
    secure = await _asked(site, "127.0.0.1", 443, host, tls=True)
    found = secure or plain
    if found is None:
        raise _nobody(site, "http://127.0.0.1:80, and at https://127.0.0.1:443")
    return found[0]


def what_is_lost(theirs: Theirs, settings: DeploySettings) -> Iterator[str]:
    """For the plan."""
    left = f"the edge at {theirs.says} is left as it is"
    tells = "probes through it tell how the release does, and nobody counts your users' requests"
    if settings.target is TargetKind.SWARM:
        yield f"{left}; {tells}; the swarm stops old containers by its own order (deploy.existing_edge waits for none)"
        return
    yield f"{left}: it gets {settings.existing_edge.settle} to notice who came and who went; {tells}"
    if not settings.existing_edge.drain:
        yield "requests that an old container still answers when it is stopped may be cut (deploy.existing_edge.drain)"


async def _asked(site: Site, address: str, port: int, host: str, *, tls: bool) -> tuple[Theirs, bytes] | None:
    """It, and the head of its answer; None where there was none."""
    theirs = Theirs(await site.tcp(address, port), tls, f"{'https' if tls else 'http'}://{address}:{port}")
    try:
        async with asyncio.timeout(_SECONDS):
            reader, writer = await connected(theirs.at, host if tls else "")
            try:
                writer.write(f"HEAD / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                head = await reader.read(8192)
            finally:
                writer.transport.abort()
    except (OSError, TimeoutError, ProbeFailed):
        return None
    return (theirs, head) if head.startswith(b"HTTP/") else None


def _nobody(site: Site, where: str) -> UsageError:
    return UsageError(
        f"deploy.edge is `existing`, and on {site.name} nobody answers at {where}",
        hint="is it running? `deploy.existing_edge: {address: https://127.0.0.1:8443}` says where it is",
    )
