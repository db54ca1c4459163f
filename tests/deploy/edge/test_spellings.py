"""What a client writes into paths and headers changes neither the route nor what the service believes."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from pathlib import Path

import pytest

from deploy.edge import test_shares
from deploy.edge.clients import ask
from deploy.edge.test_shares import PLAIN
from dockworthy.deploy.edge.haproxy.configuration import certificate_list
from dockworthy.deploy.edge.haproxy.frontends import refused_spellings
from dockworthy.deploy.edge.routes import ProjectRoutes, ServedRoute
from dockworthy.model.deploy_settings import Route

pytestmark = pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed")

HASH = "$6$abcdefgh$ijklmnopqrst"
SHOP = ProjectRoutes(
    "shop",
    PLAIN,
    (
        ServedRoute(Route("shop.x", "web", 80)),
        ServedRoute(Route("shop.x", "admin", 80, path="/admin"), users={"ann": HASH}),
        ServedRoute(Route("shop.x", "pub", 80, path="/pub", strip_path=True)),
    ),
)


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, EOFError):
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(head) + head)
        await writer.drain()
    writer.close()


def seen(folder: Path, monkeypatch: pytest.MonkeyPatch, *requests: tuple[str, ...]) -> list[tuple[int, str]]:
    """Path and headers of each request -> status, and what the service got, in small letters."""
    monkeypatch.setattr(test_shares, "_serve", _echo)

    async def inner() -> list[tuple[int, str]]:
        async with test_shares._edge(folder, SHOP) as edge:
            answers = [await ask(edge.port, "shop.x", *request) for request in requests]
        return [(each.status, each.body.decode().lower()) for each in answers]

    return asyncio.run(inner())


def test_another_spelling_of_a_route_does_not_pass_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shut = ("/admin;x", "/admin%3bx", "/admin%3Bx/y", "/admin\\", "/admin%5c", "/admin%5Cx", "/;/admin", "/x/..;/admin",
            "/x\\..\\admin", "/\\admin", "/%2561dmin", "/x/%252e%252e/admin", "/admin%253bx",
            "/admin%00", "/admin%0d%0aX:y", "/a%09b", "/x%7F")  # fmt: skip
    asked = ("/admin", "//admin/x", "/%61dmin")
    free = ("/shop;v=1", "/administrator;x", "/a\\b", "/a%3bb/c", "/100%25", "/a%2541", "/a%20b", "/a%20%25zz")
    answers = seen(tmp_path, monkeypatch, *((path,) for path in (*shut, *asked, *free)))
    assert [status for status, _ in answers] == [400] * len(shut) + [401] * len(asked) + [200] * len(free)


def test_a_service_reads_a_host_and_a_path_that_nobody_can_take_for_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HAProxy itself lets pass what follows a colon in `Host`, and a whole address with a name before the host."""
    monkeypatch.setattr(test_shares, "_serve", _echo)
    hosts = {
        'shop.x:"><script>': 400,
        "shop.x:80evil.example": 400,
        "evil.example,shop.x": 400,
        "shop.x:8080": 200,
        "SHOP.x.": 200,
        "shop.x:": 200,
        "[::1]:80": 404,
    }
    wholes = ("http://ann@shop.x/a?b=c", "ftp://shop.x/a?b=c")

    async def inner() -> tuple[list[int], list[str]]:
        async with test_shares._edge(tmp_path, SHOP) as edge:
            answers = [await ask(edge.port, host, "/") for host in hosts]
            firsts = [(await ask(edge.port, "shop.x", target)).body.decode().split("\r\n")[0] for target in wholes]
            return [each.status for each in answers], firsts

    statuses, firsts = asyncio.run(inner())
    assert statuses == list(hosts.values())
    assert firsts == ["GET /a?b=c HTTP/1.1"] * len(wholes)


def test_no_client_opens_http2_past_the_routes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asks = ("Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABkAAQAAP__")
    for upgrade in ("Upgrade: h2c", "Upgrade: H2C", "upgrade: foo, h2c"):
        ((_, got),) = seen(tmp_path, monkeypatch, ("/", *asks, upgrade))
        assert "h2c" not in got


def test_a_path_is_stripped_however_it_is_spelt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = {"/pub/x?q=1": "/x?q=1", "/pub": "/", "//pub/x?q=1": "/x?q=1", "/%70ub/x": "/x", "/%70ub": "/",
             "/pub/a%2fb": "/a%2fb", "/pub//x": "//x"}  # fmt: skip
    answers = seen(tmp_path, monkeypatch, *((path,) for path in paths), ("/%70ub/a%20b",))
    assert [body.split(" ")[1] for _, body in answers[:-1]] == list(paths.values())
    assert answers[-1][0] == 400


def test_no_header_of_a_client_says_who_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forged = (
        "Forwarded", "X-Real-IP", "X-Forwarded-For", "X-Forwarded-Ssl", "X-Forwarded-Scheme", "X-Forwarded-User",
        "X-Forwarded-Server", "Front-End-Https", "X-Original-URL", "X-Rewrite-URL", "Proxy", "X-Forwarded",
        "X-Client-IP", "true-client-ip", "CF-Connecting-IP", "X-Cluster-Client-IP", "Fastly-Client-IP", "Client-IP",
        "X-Remote-IP", "X-Remote-Addr", "Remote-User", "Remote-Groups", "X-Remote-User", "X-WEBAUTH-USER",
        "X-Auth-Request-Email", "Client-Cert", "X-SSL-Client-Verify", "X-Host", "X-Scheme", "WL-Proxy-Client-IP",
        "X-Original-Forwarded-For", "X-Authenticated-User",
    )  # fmt: skip
    ((status, got),) = seen(tmp_path, monkeypatch, ("/", *(f"{name}: forged" for name in forged)))
    assert status == 200 and "forged" not in got
    assert "x-forwarded-for: 127.0.0.1" in got and "x-real-ip: 127.0.0.1" in got


def test_a_client_cannot_have_the_next_hop_drop_a_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = "Connection: close, X-Forwarded-For, X-Real-IP"
    key = ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
    plain, socket = seen(
        tmp_path, monkeypatch, ("/", names), ("/", "Connection: X-Real-IP, Upgrade", "Upgrade: websocket", *key)
    )
    for _, got in (plain, socket):
        connection = [line for line in got.splitlines() if line.startswith("connection:")]
        assert not any("x-" in line for line in connection), connection
        assert "x-forwarded-for: 127.0.0.1" in got
    assert "connection: upgrade" in socket[1]


def test_a_guests_route_with_a_semicolon_opens_no_other_path() -> None:
    guest = ProjectRoutes("blog", PLAIN, (ServedRoute(Route("shop.x", "blog", 80, path="/b;v")),))
    rules = [rule for rule in refused_spellings([SHOP, guest]) if "/admin" in rule]
    assert len(rules) == 2 and all(rule.startswith("http-request deny deny_status 400") for rule in rules)
    assert all("/b;v" in rule for rule in rules), "the guest's own requests are no spelling of another path"


def test_a_name_that_nobody_has_is_shown_no_projects_certificate() -> None:
    listed = list(certificate_list([SHOP], ["shop", "_nobody"]))
    assert listed == ["certs/_nobody.pem nobody.invalid", "certs/shop.pem shop.x"]
