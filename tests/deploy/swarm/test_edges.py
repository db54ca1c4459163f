"""The edge of a swarm outlives its host: another one has the same authority, certificates and routes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from machines.ssh_servers import why_no_ssh_server

from .edge_hosts import EdgeHosts

pytestmark = [
    pytest.mark.engine,
    pytest.mark.ssh,
    pytest.mark.timeout(600),
    pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed (sudo ./test installs it)"),
]


@pytest.fixture(scope="module")
def edges(engines_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeHosts]:
    if reason := why_no_ssh_server():
        pytest.skip(reason)
    made = EdgeHosts(engines_folder / "edges", tmp_path_factory.mktemp("edges"))
    try:
        made.start()
        yield made
    finally:
        made.stop()


def test_another_managers_edge_is_trusted_as_the_lost_one_was(edges: EdgeHosts) -> None:
    edges.deploy("m1", "blog")
    edges.deploy("m1")
    trusted = edges.trusted("m1")
    assert edges.answer(edges.addresses["m1"], "shop.example.com", trusted).startswith("200 v1")
    told = str(edges.secrets("m2"))
    assert "PRIVATE" not in told and len(edges.secrets("m2")) == 3, "the authority's, and each project's"
    configs = edges.hosts["m2"].docker("config", "ls", "-q").stdout.decode().split()
    assert b"PRIVATE" not in edges.hosts["m2"].docker("config", "inspect", "--pretty", *configs).stdout

    edges.switch.cut(1)
    try:
        told = edges.deploy("m2", say="v2")
        assert "the edge has its authority and routes and certificates of blog, shop from the swarm" in told
        assert edges.trusted("m2").read_text() == trusted.read_text()
        for name, says in (("shop.example.com", "200 v2"), ("blog.example.com", "200 v1")):
            assert edges.answer(edges.addresses["m2"], name, trusted).startswith(says)
        assert edges.hosts["m2"].docker("service", "ls", "-q", "--filter", "name=dockworthy-edge").stdout == b""
    finally:
        edges.switch.mend(1)
