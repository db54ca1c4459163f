"""The edge of a swarm outlives its host: another one has the same authority, certificates and routes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hosts.conftest import until
from machines.ssh_servers import why_no_ssh_server

from .edge_hosts import EDGE, NAMES, EdgeHosts

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
        assert "the edge took its authority and routes and certificates of blog, shop from the swarm" in told
        assert edges.trusted("m2").read_text() == trusted.read_text()
        for name, says in (("shop.example.com", "200 v2"), ("blog.example.com", "200 v1")):
            assert edges.answer(edges.addresses["m2"], name, trusted).startswith(says)
        assert edges.hosts["m2"].docker("service", "ls", "-q", "--filter", "name=dockworthy-edge").stdout == b""
    finally:
        edges.switch.mend(1)
    edges.until_all_are_up("m1")
    back = edges.addresses["m1"]
    until(lambda: edges.answer(back, "shop.example.com", trusted).startswith("200 v2"), "the lost one is back", 150)


def test_two_hosts_have_the_edge(edges: EdgeHosts) -> None:
    both = {"hosts": ["m1", "m2"]}
    told = edges.deploy("m1", say="v3", **both)
    trusted = edges.trusted("m1")
    for name in ("m1", "m2"):
        assert edges.answer(edges.addresses[name], "shop.example.com", trusted).startswith("200 v3")
    assert "nothing to do" in edges.deploy("m2", say="v3", **both), "whichever of them is asked"
    status = edges.status("m1")
    assert [each["host"] for each in status["others"]] == ["m2"]
    assert status["others"][0]["settings"] == status["settings"]
    assert edges.deploy("m3", say="v3", status=2, **both).count("--host m1")

    edges.hosts["m2"].docker("rm", "--force", EDGE)
    assert "m2 has no edge" in str(edges.status("m1")["cares"]) or "does not run" in str(edges.status("m1")["others"])
    assert "start the edge on m2" in edges.deploy("m1", say="v3", **both)
    assert edges.answer(edges.addresses["m2"], "shop.example.com", trusted).startswith("200 v3")

    edges.switch.cut(2)
    try:
        told = edges.deploy("m1", say="v4", also="www.example.com", **both)
        assert "the edge on m2 stays as it is, until the next deploy" in told
        assert edges.answer(edges.addresses["m1"], "shop.example.com", trusted).startswith("200 v4")
    finally:
        edges.switch.mend(2)
    edges.until_all_are_up("m1")
    back = edges.addresses["m2"]
    until(lambda: edges.answer(back, "shop.example.com", trusted).startswith("200 v4"), "the lost one is back", 150)
    assert "tell the edge of new routes on m2" in edges.deploy("m1", say="v4", also="www.example.com", **both)
    assert edges.answer(edges.addresses["m2"], "www.example.com", trusted).startswith("308")
    assert edges.answer(edges.addresses["m2"], "shop.example.com", trusted).startswith("200 v4")


@pytest.mark.skipif(shutil.which("keepalived") is None, reason="keepalived is not installed (sudo ./test installs it)")
def test_the_address_moves(edges: EdgeHosts) -> None:
    address = f"{edges.switch.network}.100"
    both = {"hosts": ["m1", "m2"], "address": f"{address}/24"}
    told = edges.deploy("m1", say="v5", **{**both, "address": "192.0.2.100/24"}, status=2)
    assert "m1 has no address in 192.0.2.0/24" in told
    told = edges.deploy("m1", say="v5", **both)
    assert f"set up keepalived for {address}/24 on m1" in told and f"set up keepalived for {address}/24 on m2" in told
    assert "no host took" not in told
    trusted = edges.trusted("m1")

    def answers() -> bool:
        return edges.answer(address, "shop.example.com", trusted).startswith("200 v5")

    def holder() -> str:
        """The one host that has it; "" while none has, or both have."""
        show = ("ip", "-o", "-4", "address", "show", "to", f"{address}/32")
        have = [name for name in NAMES if edges.hosts[name].run(*show).stdout]
        return have[0] if len(have) == 1 else ""

    until(answers, "one of them answers at the address")
    until(lambda: bool(holder()), "one has it alone")
    assert "nothing to do" in edges.deploy("m2", say="v5", **both)
    status = edges.status("m2")
    assert [each["has_address"] for each in (status, *status["others"])].count(True) == 1

    first = holder()
    other = "m1" if first == "m2" else "m2"
    older = edges.older_keepalived(other)
    assert edges.status(other)["keepalived"]["image"] == older
    done = edges.dockworthy("edge", "update", "--yes", "--host", other, folder=edges.project / "shop")
    assert done.returncode == 0, done.stderr
    assert f"{address}/24 stays where it is" in " ".join(done.stderr.split()) and "keepalived" in done.stderr
    assert edges.status(other)["keepalived"]["image"] != older and holder() == first
    assert "nothing to do" in edges.deploy("m2", say="v5", **both), "and a deploy keeps it"

    edges.hosts[first].docker("stop", "--time", "1", EDGE)
    until(lambda: holder() not in ("", first), "the address leaves a host whose edge is gone")
    until(answers, "the other one answers")
    edges.hosts[first].docker("start", EDGE)

    second = holder()
    edges.switch.cut(int(second[-1]))
    try:
        until(answers, "the address leaves a host that is gone")
        other = "m1" if second == "m2" else "m2"
        told = edges.deploy(other, say="v6", **both)
        assert edges.answer(address, "shop.example.com", trusted).startswith("200 v6")
    finally:
        edges.switch.mend(int(second[-1]))
    edges.until_all_are_up(other)
    until(lambda: bool(holder()), "one has it alone")
    assert edges.answer(address, "shop.example.com", trusted).startswith("200 v6")

    told = edges.deploy(other, say="v6", hosts=["m1", "m2"])
    assert "remove keepalived on m1" in told and "remove keepalived on m2" in told
    assert all(
        not edges.hosts[name].run("ip", "-o", "-4", "address", "show", "to", f"{address}/32").stdout for name in NAMES
    )


@pytest.mark.skipif(shutil.which("keepalived") is None, reason="keepalived is not installed (sudo ./test installs it)")
def test_a_move_to_compose_takes_keepalived_off_all_hosts(edges: EdgeHosts) -> None:
    """The last test here: the others leave the swarm, as Compose has one engine."""
    address = f"{edges.switch.network}.100/24"
    edges.deploy("m1", say="v7", on="m1", hosts=["m1", "m2"], address=address)
    show = ("ip", "-o", "-4", "address", "show", "to", address.replace("/24", "/32"))
    keepalived = ("ps", "--all", "--quiet", "--filter", "label=com.docker.compose.project=dockworthy-address")

    def held() -> list[str]:
        return [name for name in NAMES if edges.hosts[name].run(*show).stdout]

    until(lambda: len(held()) == 1, "one has the address")
    for name in ("m3", "m2"):
        node = edges.node(name)
        edges.hosts["m1"].docker("node", "demote", node)
        until(lambda name=name: _has_left(edges, name), f"{name} leaves")  # type: ignore[misc]
        until(lambda node=node: edges.hosts["m1"].docker("node", "rm", "--force", node, check=False).returncode == 0,  # type: ignore[misc]
              f"{name} has left")  # fmt: skip
    told = edges.deploy("m1", say="v8", target="compose")
    assert "remove keepalived on m1" in told and "remove keepalived on m2" in told
    assert f"{address} is on no host any more once this release is kept" in told
    assert not held() and not any(edges.hosts[name].docker(*keepalived).stdout for name in NAMES)
    assert edges.answer(edges.addresses["m1"], "shop.example.com", edges.trusted("m1")).startswith("200 v8")
    assert "nothing to do" in edges.deploy("m1", say="v8", target="compose")


def _has_left(edges: EdgeHosts, name: str) -> bool:
    """A busy engine takes longer than it waits for itself ("context deadline exceeded")."""
    edges.hosts[name].docker("swarm", "leave", "--force", check=False)
    told = edges.hosts[name].docker("info", "--format", "{{.Swarm.LocalNodeState}}", check=False).stdout
    return told.strip() == b"inactive"
