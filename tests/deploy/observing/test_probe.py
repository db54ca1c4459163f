"""Probes of our own: what counts as failed, what is said of it, and on which connections they come."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockworthy.deploy.observing.probe import ProbeConnection, ProbeFailed, Prober, ProbeTarget, probe_targets
from dockworthy.model.deploy_settings import Route
from patience import meanwhile

from .backends import Backend, backend_here, until


async def asked(backend: Backend, does: str) -> str:
    backend.does = does
    connection = ProbeConnection(backend.address)
    try:
        return str(await connection.get("shop.example", "/", keep=False))
    except ProbeFailed as failed:
        return f"{failed} ({failed.status})"
    finally:
        await connection.close()


async def test_what_each_answer_means() -> None:
    async with backend_here() as backend:
        said = {
            "ok": "200",
            "continue": "204",
            "not found": "404",
            "to the end": "200",
            "large": "200",
            "error": "500 (500)",
            "cut": "200, cut off in the middle (200)",
            "cut chunk": "200, cut off in the middle (200)",
            "noise": "what came is not HTTP (None)",
            "silence": "closed without an answer (None)",
        }
        assert {does: await asked(backend, does) for does in said} == said
    assert await asked(backend, "ok") == "Connection refused (None)"


async def test_a_kept_connection_is_kept_and_made_anew_when_it_ended() -> None:
    async with backend_here() as backend:
        connection = ProbeConnection(backend.address)
        for _ in range(5):
            assert await connection.get("shop.example", "/", keep=True) == 200
        assert backend.connections == 1
        backend.does = "to the end"
        assert await connection.get("shop.example", "/", keep=True) == 200
        backend.does = "ok"
        assert await connection.get("shop.example", "/", keep=True) == 200
        assert backend.connections == 2
        backend.does = "silence"
        with pytest.raises(ProbeFailed, match="closed without an answer"):
            await connection.get("shop.example", "/", keep=True)
        await connection.close()


async def test_what_did_not_answer_before_and_is_left_alone_does_not_count() -> None:
    async with backend_here() as backend:
        targets = [
            ProbeTarget("web", "x", "/", backend.address, must_answer=must, per_second=20) for must in (False, True)
        ]
        backend.does = "error"
        async with Prober(targets) as prober:
            await until(lambda: backend.requests >= 6)
            assert prober.counting == frozenset()
            prober.begin()
            await until(lambda: prober.probed()["web"][1].failed >= 3)
            assert prober.probed()["web"][0].failed == 0 and prober.probed()["web"][0].errors >= 3
            backend.does = "ok"
            await until(lambda: prober.probed()["web"][0].sent >= 2)
            backend.does = "error"
            await until(lambda: prober.probed()["web"][0].failed >= 1)


async def test_probes_go_on_and_are_counted(tmp_path: Path) -> None:
    target = ProbeTarget("web", "shop.example", "/", at=tmp_path / "nobody.sock", per_second=25)
    async with backend_here() as backend:
        good = ProbeTarget("web", "shop.example", "/", at=backend.address, per_second=25)
        async with Prober([good, target]) as prober:
            await until(lambda: prober.probed()["web"][0].sent >= 20)
            assert prober.probed()["web"][1].sent == 0, "it never answered, and is not observed yet"
            assert 1 < backend.connections < backend.requests
            prober.begin()
            assert prober.probed()["web"][0].p95 is None, (
                "how long it took in the roll-out tells nothing of the release"
            )
            await until(lambda: prober.probed()["web"][0].sent >= 24)
            backend.does = "error"
            await until(lambda: min(each.failed for each in prober.probed()["web"]) >= 6)
        seen, nobody = prober.probed()["web"]
        assert seen.errors == seen.failed and len(seen.first) == 5 and seen.first[0].says == "500"
        assert nobody.failed == nobody.sent and nobody.answered == 0 and nobody.p95 is None
        assert "No such file" in nobody.first[0].says
        assert seen.p50 is not None and seen.p95 is not None and seen.slowest is not None
        assert 0 < seen.p50 <= seen.p95 <= seen.slowest
        requests = backend.requests
        await meanwhile(0.1)
        assert backend.requests == requests, "it ended with its block"


@pytest.mark.parametrize("strict", [True, False])
async def test_what_failed_before_counts_where_it_must_not(strict: bool) -> None:
    async with backend_here() as backend:
        async with Prober([ProbeTarget("web", "x", "/", backend.address, strict, per_second=50)]) as prober:
            await until(lambda: prober.probed()["web"][0].sent >= 2)
            backend.does = "error"
            await until(lambda: prober.probed()["web"][0].errors >= 2)
            assert bool(prober.probed()["web"][0].failed) == strict
            backend.does = "ok"
            answered = backend.requests
            await until(lambda: backend.requests > answered + 5)
            prober.begin()
            assert bool(prober.probed()["web"][0].failed) == strict


async def test_a_container_that_says_that_it_leaves_has_not_failed_until_the_exchange_is_over() -> None:
    async with backend_here() as backend:
        target = ProbeTarget("web", "x", "/up", backend.address, per_second=50, says_it_leaves=True)
        async with Prober([target]) as prober:
            await until(lambda: prober.probed()["web"][0].sent >= 2)
            backend.does = "leaves"
            await until(lambda: prober.probed()["web"][0].errors >= 2)
            assert prober.probed()["web"][0].failed == 0
            prober.begin()
            await until(lambda: prober.probed()["web"][0].failed >= 1)


@pytest.mark.parametrize(
    ("path", "health", "strip", "asked"),
    [
        ("/", "", False, ["/"]),
        ("/", "/up", False, ["/up", "/"]),
        ("/", "/", False, ["/"]),
        ("/api", "/api/up", False, ["/api/up", "/api"]),
        ("/api", "/api", False, ["/api"]),
        ("/api/", "/api/up", False, ["/api/up", "/api/"]),
        ("/api", "/up", False, ["/api"]),
        ("/api", "/apix", False, ["/api"]),
        ("/api", "/up", True, ["/api/up", "/api/"]),
        ("/api/", "", True, ["/api/"]),
    ],
)
def test_probes_come_by_their_route(path: str, health: str, strip: bool, asked: list[str]) -> None:
    route = Route(host="*.shop.example", service="web", port=80, path=path, health=health, strip_path=strip)
    targets = probe_targets(route, Path("/run/probe.sock"))
    assert [(target.host, target.path) for target in targets] == [("edge.shop.example", each) for each in asked]
    assert [target.must_answer for target in targets] == [True, False][: len(asked)]
    assert sum(target.per_second for target in targets) == 10
