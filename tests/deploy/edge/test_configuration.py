"""The whole configuration for some projects, as it is given to HAProxy, and what goes into its digest."""

from __future__ import annotations

from pathlib import Path

from dockworthy.deploy.edge.haproxy.configuration import edge_files
from dockworthy.deploy.edge.routes import Page, ProjectRoutes, ServedRoute
from dockworthy.model.deploy_settings import Edge, Route, Tls

_GOLDEN = Path(__file__).parent / "two_projects.cfg"
_HASH = "$6$abcdefgh$ijklmnopqrst"

SHOP = ProjectRoutes(
    "shop",
    Edge(tls=Tls.INTERNAL, https=8443),
    (
        ServedRoute(
            Route(
                "shop.example.com",
                "web",
                8000,
                health="/health",
                redirect_from=("www.example.com",),
                headers={"Strict-Transport-Security": "max-age=31536000", "X-Note": "it's 100%"},
                body="10m",
                rate="100/10s",
            ),
            users={"ann": _HASH},
        ),
        ServedRoute(Route("shop.example.com", "api", 8080, path="/api/", strip_path=True, retry_unsafe=True), slots=22),
        ServedRoute(Route("*.example.com", "web", 8000, timeout="1m30s"), page=Page("text/html", "<h1>later</h1>")),
    ),
)
BLOG = ProjectRoutes("blog", Edge(tls=Tls.OFF), (ServedRoute(Route("Blog.example.org", "web", 80)),))


def test_two_projects_with_all_that_a_route_may_have() -> None:
    files = edge_files([SHOP, BLOG], {"shop": "PEM"})
    assert files.files["haproxy.cfg"].replace(files.digest, "DIGEST") == _GOLDEN.read_text()
    assert {name: text for name, text in files.files.items() if name != "haproxy.cfg"} == {
        "certs/shop.pem": "PEM",
        "certificates": "certs/shop.pem shop.example.com www.example.com *.example.com\n",
        "pages/shop.web.2": "<h1>later</h1>",
    }


def test_the_order_of_projects_makes_no_difference_and_each_byte_does() -> None:
    digest = edge_files([SHOP, BLOG], {"shop": "PEM"}).digest
    assert edge_files([BLOG, SHOP], {"shop": "PEM"}).digest == digest
    assert edge_files([BLOG, SHOP], {"shop": "OTHER"}).digest != digest
    assert edge_files([SHOP], {"shop": "PEM"}).digest != digest


def test_an_edge_without_routes_and_without_an_exporter() -> None:
    text = edge_files([], {}, exporter=False).files["haproxy.cfg"]
    assert "default_backend nobody" in text and "prometheus" not in text and "frontend https" not in text
