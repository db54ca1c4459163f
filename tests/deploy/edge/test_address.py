"""The files by which keepalived moves the edge's address: what they say, and that keepalived takes them."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from dockworthy.deploy.edge.address import (
    CHECK,
    FILE,
    HEARS,
    AddressPlace,
    address_files,
    must_be_free_address,
    place_in,
)
from dockworthy.deploy.edge.conflicts import refuse_conflicts
from dockworthy.deploy.edge.routes import ProjectRoutes, ServedRoute
from dockworthy.errors import UsageError
from dockworthy.model.deploy_settings import Edge, Route
from patience import patience

SHOWN = """\
1: lo    inet 127.0.0.1/8 scope host lo
2: eth0    inet 192.0.2.7/24 brd 192.0.2.255 scope global eth0
2: eth0    inet 192.0.2.100/24 scope global secondary eth0
3: docker0    inet 172.17.0.1/16 brd 172.17.255.255 scope global docker0
4: eth1@if7    inet 198.51.100.7/29 scope global eth1
"""
PLACES = {
    "shop1": AddressPlace("eth0", "192.0.2.7"),
    "shop2": AddressPlace("eth0", "192.0.2.8"),
    "shop3": AddressPlace("bond0", "192.0.2.9"),
}
HOSTS = ("shop1", "shop2", "shop3")
NODES = {"shop1": "192.0.2.7", "db": "192.0.2.20", "far": "198.51.100.20", "odd": "0.0.0.0", "none": ""}


def routes(project: str, **edge: object) -> ProjectRoutes:
    route = ServedRoute(Route(host=f"{project}.example.com", service="web", port=8000))
    return ProjectRoutes(project, Edge(**edge), (route,))  # type: ignore[arg-type]


def test_a_host_is_found_in_the_network_of_the_address() -> None:
    assert place_in(SHOWN, "192.0.2.100/24", "shop1") == AddressPlace("eth0", "192.0.2.7"), "not the address itself"
    assert place_in(SHOWN, "198.51.100.6/29", "shop1") == AddressPlace("eth1", "198.51.100.7")
    with pytest.raises(UsageError, match=r"shop1 has no address in 203\.0\.113\.0/24"):
        place_in(SHOWN, "203.0.113.9/24", "shop1")


NO_HOSTS = ["192.0.2.300/24", "192.0.2.100/33", "192.0.2.0/24", "192.0.2.255/24", "127.0.0.5/8"]


@pytest.mark.parametrize("wanted", NO_HOSTS)
def test_what_no_host_can_have_is_refused(wanted: str) -> None:
    with pytest.raises(UsageError, match=r"deploy\.edge\.address"):
        must_be_free_address(wanted)


def test_each_speaks_to_the_others_alone_and_prefers_in_the_order_that_is_written() -> None:
    first, third = (
        address_files(name, "192.0.2.100/24", HOSTS, PLACES, (80, 443), NODES) for name in ("shop1", "shop3")
    )
    words = " ".join(first[FILE].split())
    assert "interface eth0 virtual_router_id 100 priority 200" in words and "nopreempt" in words
    assert "unicast_src_ip 192.0.2.7 unicast_peer { 192.0.2.8 192.0.2.9 }" in words
    assert "interface bond0 virtual_router_id 100 priority 180" in " ".join(third[FILE].split())
    assert "/dev/tcp/127.0.0.1/80" in first[CHECK]
    known = {name: place for name, place in PLACES.items() if name != "shop2"}
    told = address_files("shop1", "192.0.2.100/24", HOSTS, known, (80, 443), NODES)[FILE]
    assert "192.0.2.8" not in told, "of whom nobody knows where it is"


@pytest.mark.skipif(shutil.which("keepalived") is None, reason="keepalived is not installed (sudo ./test installs it)")
def test_keepalived_takes_them(tmp_path: Path) -> None:
    """It looks for the interface, which is another one here: that alone may it find wrong."""
    for number in (1, 2, 3):
        files = address_files(f"shop{number}", "192.0.2.100/24", HOSTS[:number], PLACES, (None, 443), NODES)
        for name, text in files.items():
            (tmp_path / name).write_text(text.replace("/etc/edge-address", str(tmp_path)))
            (tmp_path / name).chmod(0o644 if name == FILE else 0o755)
        command = ("keepalived", "--config-test", "-f", str(tmp_path / FILE))
        done = subprocess.run(command, capture_output=True, text=True, timeout=patience(20))
        wrong = [line for line in (done.stdout + done.stderr).splitlines() if "Line" in line]
        assert all("interface" in line.lower() for line in wrong), wrong
        for script in (CHECK, HEARS):
            assert subprocess.run(["bash", "-n", str(tmp_path / script)], timeout=patience(20)).returncode == 0


def test_each_asks_the_others_whether_it_is_cut_off() -> None:
    """Where clients come from: peers at the edge's port, other nodes of the swarm at one that each of them has."""
    first = address_files("shop1", "192.0.2.100/24", HOSTS, PLACES, (80, 443), NODES)
    assert "others=(192.0.2.8/80 192.0.2.9/80 192.0.2.20/7946)" in first[HEARS], "not itself, and nobody elsewhere"
    assert "$name == eth0 &&" in first[HEARS]
    many = tuple(f"n{number}" for number in range(12))
    places = {name: AddressPlace("eth0", f"192.0.2.{number}") for number, name in enumerate(many, 1)}
    files = [address_files(name, "192.0.2.100/24", many, places, (80, None), {})[FILE] for name in many]
    priorities = [int(text.partition("\n    priority ")[2].split()[0]) for text in files]
    assert priorities == sorted({*priorities}, reverse=True) and priorities[-1] + 54 > priorities[0]
    assert priorities[0] + 54 <= 254, "as much as there is"


@pytest.mark.parametrize(("asked", "status"), [("listens", 0), ("refuses", 0), ("can't be asked", 1), ("nobody", 1)])
def test_a_host_is_in_touch_while_anybody_answers(asked: str, status: int, tmp_path: Path) -> None:
    text = address_files("shop1", "192.0.2.100/24", HOSTS[:1], PLACES, (80, None), {})[HEARS]
    assert "others=(192.0.2.8/80 192.0.2.9/80)" in text
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # and does not listen
        ports = {"listens": server.getsockname()[1], "refuses": silent.getsockname()[1]}
        others = (
            f"127.0.0.1/{ports[asked]}" if asked in ports else {"can't be asked": "255.255.255.255/80"}.get(asked, "")
        )
        script = tmp_path / HEARS
        script.write_text(text.replace("192.0.2.8/80 192.0.2.9/80", others).replace("== eth0", "== none"))
        done = subprocess.run(["bash", str(script)], capture_output=True, timeout=patience(20))
    assert (done.returncode, done.stderr) == (status, b"")


def test_projects_agree_on_hosts_and_address() -> None:
    shop = routes("shop", hosts=("shop1", "shop2"), address="192.0.2.100/24")
    refuse_conflicts(routes("blog"), [shop])
    refuse_conflicts(routes("blog", hosts=("shop2", "shop1")), [shop])
    with pytest.raises(UsageError, match=r"deploy\.edge\.hosts is shop1, shop3, and the project shop has shop1, shop2"):
        refuse_conflicts(routes("blog", hosts=("shop1", "shop3")), [shop])
    with pytest.raises(UsageError, match=r"deploy\.edge\.address is 192\.0\.2\.101/24, and the project shop"):
        refuse_conflicts(routes("blog", address="192.0.2.101/24"), [shop])
