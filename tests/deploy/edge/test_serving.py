"""What the running edge does with a request: routes, redirects, limits, headers, pages, and our own probes."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator

import pytest

from deploy.edge.clients import Answer, ask
from deploy.edge.conftest import EdgeHere
from dockworthy.deploy.edge.routes import Page, ServedRoute
from dockworthy.deploy.edge.running import EdgeRunner
from dockworthy.engine.site import Site
from dockworthy.model.deploy_settings import Route
from patience import Limit

pytestmark = pytest.mark.engine

HOST = "web.example.com"
USER = "YW5uOnNlc2FtZQ=="
"""ann:sesame"""


def _hash() -> str:
    return subprocess.run(["openssl", "passwd", "-6", "sesame"], capture_output=True, text=True).stdout.strip()


def _routes() -> tuple[ServedRoute | Route, ...]:
    web = {"service": "web", "port": 8000}
    return (
        Route(HOST, **web, health="/health", redirect_from=("old.example.com",), headers={"X-Set": "it's 100%"}),
        Route(HOST, **web, path="/api/", strip_path=True),
        ServedRoute(Route(HOST, **web, path="/admin"), users={"ann": _hash()}),
        Route("*.wild.example.com", **web),
        Route("small.example.com", **web, body="1k"),
        Route("slow.example.com", **web, rate="3/10s"),
        ServedRoute(Route("away.example.com", **web), page=Page("text/html", "<h1>back at nine</h1>")),
    )


@pytest.fixture(scope="module")
def serving(here: EdgeHere) -> Iterator[EdgeHere]:
    async def up(edge: EdgeRunner, site: Site) -> None:
        wanted = here.routes("serving", *_routes())
        await edge.ensure(wanted)
        here.app("w1", "web.serving")
        limit = Limit(30)
        while not all([await edge.admin.servers_up(backend) for backend in wanted.backends]):
            assert limit.left > 0, await edge.admin.servers()
            await asyncio.sleep(0.1)

    here.do(up)
    yield here
    here.remove("w1")
    here.do(lambda edge, _: edge.remove("serving"))


def _ask(here: EdgeHere, host: str, path: str = "/", *headers: str, method: str = "GET", body: bytes = b"") -> Answer:
    return asyncio.run(ask(here.http, host, path, *headers, method=method, body=body))


def _seen(answer: Answer) -> list[str]:
    """The lines of the request, as the service saw it: in lower case."""
    assert answer.status == 200, answer
    return answer.body.decode().lower().split("\r\n")


def test_a_request_reaches_its_service_and_says_who_asked(serving: EdgeHere) -> None:
    forged = ("X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https", "Forwarded: for=1.2.3.4", "X_Real_IP: 1.2.3.4")
    answer = _ask(serving, HOST, "/some/page?q=1", *forged)
    seen = _seen(answer)
    assert "w1\nget /some/page?q=1 http/1.1" in seen
    assert f"host: {HOST}" in seen and "x-forwarded-proto: http" in seen
    assert not any("1.2.3.4" in line for line in seen)
    assert sum(line.startswith("x-forwarded-for:") for line in seen) == 1
    assert answer.headers["x-set"] == "it's 100%"


def test_the_longest_path_wins_and_is_stripped(serving: EdgeHere) -> None:
    assert "w1\nget /things?x=1 http/1.1" in _seen(_ask(serving, HOST, "/api/things?x=1"))
    assert "w1\nget / http/1.1" in _seen(_ask(serving, HOST, "/api"))
    assert "w1\nget /apis http/1.1" in _seen(_ask(serving, HOST, "/apis"))


def test_hosts_are_known_in_any_spelling_and_wildcards_stand_for_one_label(serving: EdgeHere) -> None:
    assert _ask(serving, "WEB.example.COM.:8080").status == 200
    assert _ask(serving, "a.wild.example.com").status == 200
    for unknown in ("wild.example.com", "a.b.wild.example.com", "nobody.example.com"):
        answer = _ask(serving, unknown)
        assert (answer.status, b"Nothing is served here" in answer.body) == (404, True), unknown


def test_another_name_is_sent_to_the_host(serving: EdgeHere) -> None:
    answer = _ask(serving, "old.example.com", "/a?b=c")
    assert (answer.status, answer.headers["location"]) == (308, f"http://{HOST}:{serving.http}/a?b=c")


@pytest.mark.parametrize("path", ["/admin", "/admin/", "/%61dmin/x", "//admin/x", "/admin%2fx"])
def test_no_spelling_of_a_path_passes_its_users(serving: EdgeHere, path: str) -> None:
    assert _ask(serving, HOST, path).status == 401
    assert _ask(serving, HOST, path, f"Authorization: Basic {USER}").status == 200


@pytest.mark.parametrize("path", ["/x/../admin/", "/x/%2e%2e/admin", "/..;/admin", "/admin%zz"])
def test_a_path_that_climbs_or_can_not_be_read_is_refused(serving: EdgeHere, path: str) -> None:
    assert _ask(serving, HOST, path).status == 400


def test_a_body_that_is_too_large_is_refused(serving: EdgeHere) -> None:
    small = "small.example.com"
    assert _ask(serving, small, method="POST", body=b"x" * 1024).status == 200
    assert _ask(serving, small, method="POST", body=b"x" * 1025).status == 413
    assert _ask(serving, small, "/", "Transfer-Encoding: chunked", method="POST").status == 411
    assert _ask(serving, small, "/", "Transfer-Encoding: chunked", "Upgrade: x", method="POST").status == 411


def test_too_many_requests_are_refused(serving: EdgeHere) -> None:
    answers = [_ask(serving, "slow.example.com") for _ in range(5)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].headers["retry-after"] == "10"


def test_a_page_is_shown_in_place_of_a_service(serving: EdgeHere) -> None:
    answer = _ask(serving, "away.example.com")
    assert (answer.status, answer.body, answer.headers["content-type"]) == (503, b"<h1>back at nine</h1>", "text/html")


def test_our_probes_see_the_service_behind_users_and_pages(serving: EdgeHere) -> None:
    async def probe(edge: EdgeRunner, _: Site) -> list[int]:
        way = str(await edge.admin.way("probe.sock"))
        return [
            (await ask(0, host, path, socket=way)).status
            for host, path in ((HOST, "/admin"), ("away.example.com", "/"))
        ]

    assert serving.do(probe) == [200, 200]


def test_the_edge_tells_what_it_counted(serving: EdgeHere) -> None:
    async def count(edge: EdgeRunner, _: Site) -> str:
        return await edge.admin.ask("show stat")

    lines = serving.do(count).splitlines()
    assert any(line.startswith("serving:web,BACKEND,") for line in lines)
    done = subprocess.run(
        ["curl", "-s", "--unix-socket", f"{serving.state}/edge/run/metrics.sock", "http://edge/metrics"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert 'haproxy_backend_http_requests_total{proxy="serving:web"}' in done.stdout
