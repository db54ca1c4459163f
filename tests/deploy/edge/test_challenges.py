"""An ACME authority may ask any of the hosts that have the edge; the client wrote its answer on one of them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from dockworthy.deploy.edge.haproxy.configuration import edge_files
from dockworthy.deploy.edge.routes import ProjectRoutes, ServedRoute
from dockworthy.model.deploy_settings import Edge, Route, Tls
from patience import patience, wait_until

pytestmark = pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed")

LUA = Path(__file__).parents[3] / "src" / "dockworthy" / "deploy" / "edge" / "acme.lua"
CHALLENGE = "/.well-known/acme-challenge/"


def an_edge(folder: Path, port: int, others: list[str]) -> subprocess.Popen[bytes]:
    """HAProxy with nothing but the answer to challenges, whose files are in the folder."""
    folder.mkdir()
    (folder / "acme.lua").write_text(LUA.read_text().replace("/etc/edge/acme", str(folder)))
    (folder / CHALLENGE.strip("/")).mkdir(parents=True)
    config = (
        f"global\n    lua-load {folder}/acme.lua {' '.join(others)}\n"
        "defaults\n    mode http\n    timeout client 10s\n    timeout server 10s\n    timeout connect 1s\n"
        f"frontend http\n    bind 127.0.0.1:{port}\n    http-request use-service lua.acme\n"
    )
    (folder / "haproxy.cfg").write_text(config)
    return subprocess.Popen(["haproxy", "-db", "-f", str(folder / "haproxy.cfg")], env={**os.environ, "LC_ALL": "C"})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answer(port: int, token: str, **headers: str) -> tuple[int, str]:
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{CHALLENGE}{token}", headers=headers)
    try:
        with urllib.request.urlopen(asked, timeout=patience(20)) as answered:
            return answered.status, answered.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_each_edge_answers_what_the_other_was_given(tmp_path: Path) -> None:
    ports = free_port(), free_port(), free_port()
    both = [f"127.0.0.1:{port}" for port in (ports[2], *ports[:2])]  # the first of them is lost
    running = [an_edge(tmp_path / f"edge{port}", port, both) for port in ports[:2]]
    try:
        for port in ports[:2]:
            wait_until(lambda port=port: listens(port), "it listens")  # type: ignore[misc]
        (tmp_path / f"edge{ports[0]}" / CHALLENGE.strip("/") / "token_1").write_text("token_1.key")
        for port in ports[:2]:
            assert answer(port, "token_1") == (200, "token_1.key")
            assert answer(port, "token_2")[0] == 404, "nobody asks in a circle"
        assert answer(ports[1], "token_1", **{"X-Dockworthy-Challenge": "1"})[0] == 404
    finally:
        for each in running:
            each.kill()
            each.wait()


def test_the_hosts_are_told_to_each_other() -> None:
    route = ServedRoute(Route(host="shop.example.com", service="web", port=8000))
    shop = ProjectRoutes("shop", Edge(tls=Tls.ACME), (route,))
    config = edge_files([shop], {}, hosts=("192.0.2.1", "192.0.2.2")).files["haproxy.cfg"]
    assert "lua-load acme.lua 192.0.2.1:80 192.0.2.2:80\n" in config
    assert "lua-load acme.lua\n" in edge_files([shop], {}).files["haproxy.cfg"]


def test_a_project_that_has_no_certificates_so_answers_challenges_itself() -> None:
    routes = {name: (ServedRoute(Route(host=name, service="web", port=8000)),) for name in ("shop.x", "bank.x")}
    shop = ProjectRoutes("shop", Edge(tls=Tls.ACME), routes["shop.x"])
    bank = ProjectRoutes("bank", Edge(tls=Tls.OFF), routes["bank.x"])
    lines = edge_files([shop, bank], {}).files["haproxy.cfg"].splitlines()
    answered = [line for line in lines if "lua.acme" in line]
    assert [
        next(name for name in ("shop.x", "bank.x", "challenge.invalid") if f"'{name}'" in each) for each in answered
    ] == [
        "shop.x",
        "challenge.invalid",
    ]
    assert '["host"] = { "challenge.invalid" }' in LUA.read_text()
