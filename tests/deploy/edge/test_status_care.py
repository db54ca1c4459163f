"""What of an edge needs care, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from dockworthy.deploy.edge.status import cares_of, loaded_in
from dockworthy.engine.clock import rfc3339
from dockworthy.model.edge import CertificateStanding, EdgeStanding, KeepalivedStanding, RouteStanding
from dockworthy.report.edge import render_edge

NOW = 1_800_000_000.0
UP = RouteStanding(project="shop", host="shop.example.com", path="/", service="web", up=2, seen=2)


def _certificate(days: float, kind: str = "acme", **more: Any) -> CertificateStanding:
    return CertificateStanding(
        project="shop", names=("shop.example.com",), kind=kind, ends=rfc3339(NOW + days * 86400), days=days,
        due=rfc3339(NOW), **more,
    )  # fmt: skip


def _edge(**more: Any) -> EdgeStanding:
    known = {"version": "3.0.11-1", "available": "3.0.11-1", "renewed_by": "a timer", "renewal_tried": rfc3339(NOW)}
    given = {"is_running": True, "routes": (UP,), "certificates": (_certificate(60),), **known, **more}
    return EdgeStanding(host="h", is_there=True, **given)


def test_an_edge_that_can_be_left_alone() -> None:
    assert list(cares_of(_edge(), NOW)) == []
    assert list(cares_of(_edge(certificates=(_certificate(25, is_due=True),)), NOW)) == [], "it will be renewed"
    assert list(cares_of(_edge(certificates=(_certificate(300, "internal"),), renewed_by=""), NOW)) == []


@pytest.mark.parametrize(
    ("edge", "care"),
    [
        (_edge(is_running=False), "the edge does not run"),
        (
            _edge(routes=(RouteStanding(project="shop", host="s", path="/", service="web", up=0, seen=1),)),
            "1 seen and none well",
        ),
        (
            _edge(routes=(RouteStanding(project="s", host="s", path="/", service="web", up=0, seen=0, running=2),)),
            "2 containers run, and the edge knows none of them (made by `docker compose up`?): `dockworthy deploy`",
        ),
        (
            _edge(routes=(RouteStanding(project="s", host="s", path="/", service="web", up=0, seen=0, running=0),)),
            "no container of it runs here",
        ),
        (
            _edge(routes=(structs.replace(UP, absent=("shop-web-3",)),)),
            "shop.example.com: nothing is sent to shop-web-3, which runs for web of shop: `dockworthy deploy`",
        ),
        (
            _edge(keepalived=KeepalivedStanding(image="sha256:a", version="2.3.2", available="2.3.3")),
            "keepalived 2.3.2 runs, and the host has 2.3.3: dockworthy edge update",
        ),
        (_edge(untold="it does not tell"), "it does not tell: the next"),
        (_edge(renewed_by=""), "automatic renewal is not set up: dockworthy edge renew --install"),
        (_edge(renewal_tried=rfc3339(NOW - 4 * 86400)), "nothing was seen of a timer"),
        (_edge(available="3.0.12-1"), "dockworthy edge update"),
        (_edge(certificates=(_certificate(10, is_due=True, is_late=True),)), "ends in 10 days: dockworthy edge renew"),
        (_edge(certificates=(_certificate(-3, is_due=True, is_late=True),)), "ended 3 days ago"),
        (_edge(certificates=(_certificate(25, is_due=True, failed="no way", failed_at="t"),)), "failed (t): no way"),
        (_edge(certificates=(_certificate(25, "internal", is_due=True),), renewed_by=""), "dockworthy edge renew"),
        (_edge(certificates=(_certificate(25, "files", is_due=True),)), "replace the files"),
        (_edge(certificates=(_certificate(300, "placeholder"),)), "has given no certificate yet"),
    ],
)
def test_what_needs_care_is_said_with_what_to_do(edge: EdgeStanding, care: str) -> None:
    found = list(cares_of(edge, NOW))
    assert len(found) == 1 and care in found[0]
    assert "shop.example.com" in render_edge(edge, width=80, colour=False)


def test_an_edge_without_a_project_says_so_and_needs_no_care() -> None:
    """What a failed first deploy leaves: the edge runs, and shows nobody."""
    empty = _edge(routes=(), certificates=())
    assert list(cares_of(empty, NOW)) == []
    assert "none: no project is shown here" in render_edge(empty, width=80, colour=False)


def test_no_edge_at_all() -> None:
    assert "has no edge" in render_edge(EdgeStanding(host="h", is_there=False), width=80, colour=False)


def test_what_haproxy_tells_of_certificates() -> None:
    told = (
        "Filename: /etc/edge/x/certs/shop.a.example.com.pem\nStatus: Used\nnotBefore: Nov 26 19:27:00 2026 GMT\n"
        "notAfter: Nov 28 19:27:00 2026 GMT\nSubject Alternative Name: DNS:a.example.com, IP Address:10.0.0.1\n"
        "Subject: /CN=a: b\n\nFilename: half.pem\nStatus: Empty\n\n"
    )
    (found,) = loaded_in(told)
    assert (found.file, found.names) == ("shop.a.example.com", ("a.example.com", "10.0.0.1"))
    assert loaded_in("Can't display the certificate: Not found\n") == ()


def test_both_images_are_told() -> None:
    moves = KeepalivedStanding(image="sha256:b", version="2.3.3", image_since="2026-11-26T12:00:00Z", available="2.3.3")
    edge = _edge(image="sha256:a", keepalived=moves)
    assert list(cares_of(edge, NOW)) == []
    text = render_edge(edge, width=80, colour=False)
    assert "HAProxy: sha256:a" in text and "keepalived 2.3.3, since 2026-11-26: sha256:b" in text
