"""Where a service is asked whether it works: a request as a client would send it. Pure."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct, structs

from ...model.deploy_settings import Route

PER_SECOND = 10.0
"""To one route."""


class ProbeTarget(Struct, frozen=True):
    """`at` is a unix socket, or an address and a port.

    `strict`: a failure counts from the first good answer on; else only once the release is observed (its service was
    to be away for a moment). `must_answer`: from then on it counts also where there never was a good answer. `tls`: it
    is asked by TLS. `bad_from`: the status from which on an answer is none. `says_it_leaves`: while containers are
    exchanged, 503 is the word by which an old one asks the edge for no more requests, and no failure.
    """

    service: str
    host: str
    path: str
    at: Path | tuple[str, int]
    strict: bool = True
    must_answer: bool = True
    per_second: float = PER_SECOND
    tls: bool = False
    bad_from: int = 500
    says_it_leaves: bool = False


def probe_targets(
    route: Route,
    at: Path | tuple[str, int],
    *,
    strict: bool = True,
    touched: bool = True,
    tls: bool = False,
    ours: bool = True,
    drains: bool = False,
) -> tuple[ProbeTarget, ...]:
    """Of a route: its health path, and what people come for, its own path. `touched`: the release changes its service.
    `ours`: the edge is; another one may answer 404 itself where it knows no healthy container. `drains`: those
    that leave answer badly at the health path on purpose, until the edge notices.

    A service may be well by its health path and answer 500 to everything else; but what stands at a route's own path,
    nobody said: it is only asked of one that answered well once. So it is with a service that is left alone: what did
    not work before is none of the release's faults.
    """
    host = route.host.replace("*.", "edge.", 1)
    own, health = _own_path(route), _health_path(route)
    bad_from = 500 if ours else 400
    if health is None:
        return (ProbeTarget(route.service, host, own, at, strict, touched, tls=tls),)
    asks = ProbeTarget(route.service, host, health, at, strict and not drains, touched, tls=tls, bad_from=bad_from)
    if health == own:
        return (asks,)
    half = PER_SECOND / 2
    comes_for = ProbeTarget(route.service, host, own, at, strict, False, half, tls)
    return (structs.replace(asks, per_second=half, says_it_leaves=True), comes_for)


def _own_path(route: Route) -> str:
    return f"{route.path.rstrip('/')}/" if route.strip_path else route.path


def _health_path(route: Route) -> str | None:
    """As the edge is asked for it; None where the route leads to none."""
    below = route.path.rstrip("/")
    if route.strip_path and route.health:
        return f"{below}{route.health}"
    return route.health if route.health == route.path or route.health.startswith(f"{below}/") else None
