"""The edge beside other projects and programs, and after deploys that went wrong or were killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import socket
import subprocess
import sys

import pytest
from msgspec import structs

from deploy.edge.clients import ask
from deploy.edge.conftest import EdgeHere, free_port
from dockworthy.deploy.edge.running import EdgeRunner
from dockworthy.engine.site import Site
from dockworthy.errors import EngineError, Refused, UsageError
from dockworthy.model.deploy_settings import Route

pytestmark = pytest.mark.engine


def _route(name: str, path: str = "/") -> Route:
    return Route(f"{name}.example.com", "web", 8000, path=path)


def _status(here: EdgeHere, name: str) -> int:
    """404 where there is no route, 503 where there is one and no container."""
    return asyncio.run(ask(here.http, f"{name}.example.com")).status


def test_nothing_to_do_is_nothing_done(here: EdgeHere) -> None:
    async def twice(edge: EdgeRunner, _: Site) -> None:
        await edge.ensure(here.routes("same", _route("same")))
        changed = await edge.ensure(here.routes("same", _route("same")))
        assert not (changed.started or changed.recreated or changed.reloaded)

    before = here.engine.inspect
    here.do(lambda edge, _: edge.ensure(here.routes("same", _route("same"))))
    started = before("dockworthy-edge-proxy-1")["State"]["StartedAt"]
    here.do(twice)
    assert before("dockworthy-edge-proxy-1")["State"]["StartedAt"] == started


def test_routes_of_another_project_are_refused_by_its_name(here: EdgeHere) -> None:
    here.do(lambda edge, _: edge.ensure(here.routes("first", _route("taken"))))
    for path in ("/", "/second"):
        with pytest.raises(Refused, match="belongs to the project first"):
            here.do(lambda edge, _, path=path: edge.ensure(here.routes("second", _route("taken", path))))
    shared = structs.replace(_route("taken"), share_with=("second",))
    here.do(lambda edge, _: edge.ensure(here.routes("first", shared)))
    here.do(lambda edge, _: edge.ensure(here.routes("second", _route("taken", "/second"))))
    here.do(lambda edge, _: edge.remove("first"))
    assert _status(here, "taken") == 404


def test_a_project_cannot_swap_the_haproxy_of_the_others(here: EdgeHere) -> None:
    """It holds the keys and the requests of all of them."""
    here.do(lambda edge, _: edge.ensure(here.routes("victim", _route("victim"))))
    before = here.engine.inspect("dockworthy-edge-proxy-1")["Id"]
    wanted = here.routes("evil", _route("evil"))
    evil = f"localhost:5000/evil/haproxy@sha256:{'e' * 64}"
    wanted = structs.replace(wanted, edge=structs.replace(wanted.edge, image=evil))
    for work in ("would_change", "ensure"):
        with pytest.raises(Refused, match=f"deploy.edge.image is {evil}, the edge runs the image made on the host"):
            here.do(lambda edge, _, work=work: getattr(edge, work)(wanted))
    assert here.engine.inspect("dockworthy-edge-proxy-1")["Id"] == before
    assert (_status(here, "victim"), _status(here, "evil")) == (503, 404)


def test_two_deploys_at_once_lose_no_routes(here: EdgeHere) -> None:
    async def all_at_once(edge: EdgeRunner, site: Site) -> None:
        async def one(name: str) -> None:
            await asyncio.to_thread(here.do, lambda edge, _: edge.ensure(here.routes(name, _route(name))))

        await asyncio.gather(*(one(f"many{number}") for number in range(3)))

    here.do(all_at_once)
    assert [_status(here, f"many{number}") for number in range(3)] == [503, 503, 503]


def test_a_port_of_another_program_is_named_before_anything_is_changed(here: EdgeHere) -> None:
    other = EdgeHere(here.engine, here.state / "other", here.image, free_port(), free_port())
    with socket.create_server(("127.0.0.1", other.http)):
        with pytest.raises(UsageError, match=f"port {other.http} is taken by .*process {os.getpid()}"):
            other.do(lambda edge, _: edge.ensure(other.routes("late", _route("late"))))
    assert not (other.state / "edge" / "routes").exists()


def test_a_container_that_has_the_port_is_named(here: EdgeHere, busybox_image: str) -> None:
    port = free_port()
    other = EdgeHere(here.engine, here.state / "other", here.image, port, free_port())
    run = ("run", "-d", "--name", "dockworthy-test-edge-rival", "-p", f"127.0.0.1:{port}:80", busybox_image)
    here.engine.docker(*run, "sleep", "60")
    try:
        with pytest.raises(UsageError, match="taken by the container dockworthy-test-edge-rival"):
            other.do(lambda edge, _: edge.ensure(other.routes("late", _route("late"))))
    finally:
        here.remove("rival", seconds=0)


def test_an_edge_of_another_account_is_left_alone(here: EdgeHere) -> None:
    here.do(lambda edge, _: edge.ensure(here.routes("mine", _route("mine"))))
    other = EdgeHere(here.engine, here.state / "other", here.image, here.http, here.https)
    for work in ("ensure", "would_change"):
        with pytest.raises(UsageError, match=f"is kept in {here.state}/edge"):
            other.do(lambda edge, _, work=work: getattr(edge, work)(other.routes("theirs", _route("theirs"))))
    assert (_status(here, "mine"), _status(here, "theirs")) == (503, 404)


@pytest.mark.parametrize("removed", ["the edge", "its networks"])
def test_what_somebody_removed_is_made_anew_and_not_for_taking_routes_away(here: EdgeHere, removed: str) -> None:
    for name in ("stays", "goes"):
        here.do(lambda edge, _, name=name: edge.ensure(here.routes(name, _route(name))))  # type: ignore[misc]
    proxy = "dockworthy-edge-proxy-1"
    here.engine.docker(*(("rm", "-f") if removed == "the edge" else ("stop", "-t", "1")), proxy)
    here.engine.docker("network", "rm", "dockworthy-edge", "dockworthy-edge-front")
    here.do(lambda edge, _: edge.remove("goes"))
    if removed == "the edge":
        assert here.engine.docker("inspect", proxy, check=False).returncode != 0, "nobody needs it for that"
        change = here.do(lambda edge, _: edge.would_change(here.routes("stays", _route("stays"))))
        assert change.started
    here.do(lambda edge, _: edge.ensure(here.routes("stays", _route("stays"))))
    assert (_status(here, "stays"), _status(here, "goes")) == (503, 404)
    here.do(lambda edge, _: edge.remove("stays"))


def test_routes_that_haproxy_does_not_take_leave_the_edge_as_it_was(
    here: EdgeHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.do(lambda edge, _: edge.ensure(here.routes("good", _route("good"))))
    monkeypatch.setattr("dockworthy.deploy.edge.haproxy.backends._SERVER", "no-such-word")
    with pytest.raises(EngineError, match="no-such-word"):
        here.do(lambda edge, _: edge.ensure(here.routes("bad", _route("bad"))))
    monkeypatch.undo()
    assert (_status(here, "good"), _status(here, "bad")) == (503, 404)
    assert "bad" not in here.do(lambda edge, _: edge._keeper.read()).projects


_KILLED = """
import asyncio, os, sys
from dockworthy.deploy.edge.routes import ProjectRoutes, ServedRoute
from dockworthy.deploy.edge.running import EdgeRunner
from dockworthy.engine.site import reach
from dockworthy.model.deploy_settings import Edge, Route, Tls
async def main(endpoint, http, path):
    async with reach(endpoint, command="deploy") as site:
        print("ready", flush=True)
        routes = ServedRoute(Route("killed.example.com", "web", 8000)), ServedRoute(Route("killed.example.com", "web", 8000, path=path))
        await EdgeRunner(site).ensure(ProjectRoutes("killed", Edge(http=http, https=None, tls=Tls.OFF), routes))
asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
"""  # noqa: E501


def test_a_deploy_killed_at_any_moment_is_repaired_by_the_next(here: EdgeHere) -> None:
    here.do(lambda edge, _: edge.ensure(here.routes("bystander", _route("bystander"))))
    for number in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", _KILLED, here.engine.endpoint, str(here.http), f"/v{number}"],
            env={**os.environ, "DOCKWORTHY_STATE": str(here.state)}, stdout=subprocess.PIPE,
        )  # fmt: skip
        with process:
            assert process.stdout is not None and process.stdout.readline() == b"ready\n"
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(random.uniform(0.0, 2.0))
            process.send_signal(signal.SIGKILL)
        assert _status(here, "bystander") == 503, "the edge went on"
    here.do(lambda edge, _: edge.ensure(here.routes("killed", _route("killed"))))
    assert _status(here, "killed") == 503
    assert not list((here.state / "edge").rglob("*.half"))
    here.do(lambda edge, _: edge.remove("killed"))
    assert _status(here, "killed") == 404
