"""Where a service is asked whether it works: a request as a client would send it. Pure."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from ...model.deploy_settings import Route


class ProbeTarget(Struct, frozen=True):
    """`at` is a unix socket, or an address and a port.

    `strict`: a failure counts from the first good answer on; else only once the release is observed (its service was
    to be away for a moment). `touched`: the release changes the service, so that it has to answer then; one that it
    leaves alone, and that did not answer before, is none of its faults.
    """

    service: str
    host: str
    path: str
    at: Path | tuple[str, int]
    strict: bool = True
    touched: bool = True


def probe_target(route: Route, at: Path | tuple[str, int], *, strict: bool = True, touched: bool = True) -> ProbeTarget:
    """Of a route: its health path, where that lies below the route's own path, else that."""
    return ProbeTarget(route.service, route.host.replace("*.", "edge.", 1), _path(route), at, strict, touched)


def _path(route: Route) -> str:
    below = route.path.rstrip("/")
    if route.strip_path:
        return f"{below}{route.health or '/'}"
    return route.health if route.health == route.path or route.health.startswith(f"{below}/") else route.path
