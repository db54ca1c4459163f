"""What of an edge needs somebody's care, in sentences that say what to do. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ...model.edge import CertificateStanding, EdgeStanding, RouteStanding
from .lifetime import DAY, left_in_words

_SILENT = 3 * DAY
"""Who renews by itself looks twice a day."""


def cares_of(edge: EdgeStanding, now: float) -> Iterator[str]:
    """`now`: seconds since 1970, by the host's clock."""
    if not edge.is_running:
        yield "the edge does not run: `docker logs dockworthy-edge-proxy-1` says why, `dockworthy deploy` starts it"
        return
    for route in edge.routes:
        if not route.up:
            found = f"{route.seen} seen and none well" if route.seen else _unseen(route)
            yield f"{route.host}{route.path.rstrip('/')}: {route.service} of {route.project} does not answer: {found}"
        elif route.absent:
            yield (
                f"{route.host}{route.path.rstrip('/')}: nothing is sent to {', '.join(route.absent)}, which runs "
                f"for {route.service} of {route.project}: `dockworthy deploy` lets it join"
            )
    for stranger in edge.strangers:
        yield (
            f"{stranger}: no release put it there, and it reaches the routed ports of all projects past their routes: "
            "`docker network disconnect` it, or give it a route in its dockworthy.yaml and deploy"
        )
    if edge.untold:
        yield f"{edge.untold}: the next `dockworthy deploy` or `dockworthy edge renew` mends that"
    for certificate in edge.certificates:
        yield from _of_a_certificate(certificate, edge, now)
    if edge.renewed_by and edge.certificates and _age(edge.renewal_tried, now) > _SILENT:
        yield f"nothing was seen of {edge.renewed_by}, which renews certificates, for three days: dockworthy edge renew"
    if edge.available and edge.version and edge.available != edge.version:
        yield f"HAProxy {edge.version} runs, and the host has {edge.available}: dockworthy edge update"
    keepalived = edge.keepalived
    if keepalived is not None and keepalived.available and keepalived.version not in ("", keepalived.available):
        yield f"keepalived {keepalived.version} runs, and the host has {keepalived.available}: dockworthy edge update"


def _unseen(route: RouteStanding) -> str:
    """Containers may run and not be on the edge's network: those of a deploy that did not get so far."""
    if not route.running:
        return "no container of it runs here"
    many = "container runs" if route.running == 1 else "containers run"
    return (
        f"{route.running} {many}, and the edge knows none of them (made by `docker compose up`?): "
        "`dockworthy deploy` lets them join it"
    )


def _of_a_certificate(certificate: CertificateStanding, edge: EdgeStanding, now: float) -> Iterator[str]:
    ends = left_in_words(now + certificate.days * DAY, now)
    over = f"the certificate for {', '.join(certificate.names)} {'ended' if certificate.days < 0 else 'ends'} {ends}"
    if certificate.failed:
        yield f"{over}, and the last try to renew it failed ({certificate.failed_at}): {certificate.failed}"
    elif certificate.kind == "placeholder":
        yield f"{', '.join(certificate.names)}: the ACME authority has given no certificate yet: dockworthy edge renew"
    elif certificate.kind == "files":
        if certificate.is_due:
            yield f"{over}: replace the files of deploy.edge.certificates, and deploy"
    elif certificate.is_late or (certificate.is_due and not edge.renewed_by):
        yield f"{over}: dockworthy edge renew"
    elif certificate.kind == "acme" and not edge.renewed_by:
        yield f"{over}, and automatic renewal is not set up: dockworthy edge renew --install"


def _age(moment: str, now: float) -> float:
    return now - datetime.fromisoformat(moment).timestamp() if moment else float("inf")
