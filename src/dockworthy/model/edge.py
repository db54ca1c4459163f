"""How an edge stands: what it serves, by which certificates, and what needs somebody's care. No I/O."""

from __future__ import annotations

from msgspec import Struct


class RouteStanding(Struct, frozen=True, kw_only=True):
    """`up`: containers that get its requests; `seen`: those that the engine's DNS names; `running`: those that the
    engine of this host runs, None where it was not asked. `absent`: those of them that are not on the edge's network,
    and do not stand by either."""

    project: str
    host: str
    path: str
    service: str
    up: int
    seen: int
    running: int | None = None
    absent: tuple[str, ...] = ()


class CertificateStanding(Struct, frozen=True, kw_only=True):
    """As the running edge has loaded it. `kind`: as `deploy.edge.tls` has it, or
    `placeholder`: by the host's own authority until the ACME authority has answered. `ends` and `due` in RFC 3339, UTC;
    `days`: until its end, below zero when that is past. `failed`: why the last try to renew it did (`failed_at`)."""

    project: str
    names: tuple[str, ...]
    kind: str
    ends: str
    days: float
    due: str
    is_due: bool = False
    is_late: bool = False
    failed: str = ""
    failed_at: str = ""


class KeepalivedStanding(Struct, frozen=True, kw_only=True):
    """As those of an edge: its image's id, version and since when it runs, and what the host's distribution has."""

    image: str
    version: str = ""
    image_since: str = ""
    available: str = ""


class EdgeStanding(Struct, frozen=True, kw_only=True):
    """`is_there`: there is an edge at all. `image_since`: when it was chosen, RFC 3339, "" where that is not known;
    `available`: the version of HAProxy that the host's distribution has now, as far as the host knows.

    `untold`: why its certificates are not known. `renewed_by`: who renews certificates by itself; `renewal_tried`: when
    somebody last did. `strangers`: what is on its networks and was put there by no release. `cares`: sentences, each
    with what to do; () is an edge that can be left alone. `settings`: what it was told last, by its digest, the same
    where two edges serve the same. `address`: the one of `deploy.edge.address`; `has_address`: it is on this host now.
    `others`: the edges of the other hosts in `deploy.edge.hosts`. `keepalived`: what moves that address; None where it
    is not there.
    """

    host: str
    is_there: bool
    is_running: bool = False
    projects: tuple[str, ...] = ()
    image: str = ""
    version: str = ""
    image_since: str = ""
    available: str = ""
    ports: tuple[int, ...] = ()
    routes: tuple[RouteStanding, ...] = ()
    certificates: tuple[CertificateStanding, ...] = ()
    untold: str = ""
    renewed_by: str = ""
    renewal_tried: str = ""
    strangers: tuple[str, ...] = ()
    cares: tuple[str, ...] = ()
    settings: str = ""
    address: str = ""
    has_address: bool = False
    keepalived: KeepalivedStanding | None = None
    others: tuple[EdgeStanding, ...] = ()
