"""Who is limited to a project sees that project alone at the guard's socket: in lists, in events, by docker itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from guard.people_host import PEOPLE
from guard.sockets import Reached
from machines.images import BUSYBOX
from machines.own_host import OwnHost

pytestmark = pytest.mark.engine
LABEL = "com.docker.compose.project"


@pytest.fixture(scope="module")
def host(people_host: OwnHost) -> Iterator[OwnHost]:
    root = Reached(people_host, PEOPLE)
    for project in ("shop", "bank"):
        for kind in ("volume", "network"):
            root.docker(kind, "create", "--label", f"{LABEL}={project}", f"{project}_{kind}")
    yield people_host
    for project in ("shop", "bank"):
        for kind in ("volume", "network"):
            root.docker(kind, "rm", f"{project}_{kind}")


def test_lists_name_what_is_theirs(host: OwnHost) -> None:
    dora, vera = Reached(host, PEOPLE, "dora"), Reached(host, PEOPLE, "vera")
    for command, mine, theirs in (
        ("ps -a", b"shop", b"bank"),
        ("ps --filter label=com.docker.compose.project=bank", b"", b"bank"),
        ("volume ls", b"shop_volume", b"bank_volume"),
        ("network ls", b"shop_network", b"bank_network"),
        ("system df -v", b"shop_volume", b"bank"),
    ):
        shown = dora.docker(*command.split()).stdout
        assert mine in shown and theirs not in shown, (command, shown)
        assert theirs in vera.docker(*command.split()).stdout  # who has no limits sees all


def test_compose_sees_its_own_project(host: OwnHost) -> None:
    dora = Reached(host, PEOPLE, "dora")
    dora.compose("shop", "up", "-d")
    try:
        assert b"shop-web-1" in dora.compose("shop", "ps").stdout
        assert b"shop" in dora.compose("shop", "ls", "-a").stdout
        assert b"shop" not in dora.compose("bank", "ps", "-a").stdout
    finally:
        dora.compose("shop", "down", "-v", "-t", "0")


def test_what_is_another_projects_can_not_be_inspected(host: OwnHost) -> None:
    dora = Reached(host, PEOPLE, "dora")
    for target in (
        "containers/bank/json",
        "containers/bank/logs?stdout=1",
        "volumes/bank_volume",
        "networks/bank_network",
    ):
        answer = dora.ask("GET", f"/{target}")
        assert answer.status == 403 and "of project bank" in answer.json["message"], target


@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_events_are_of_their_containers(host: OwnHost, version: str) -> None:
    dora, root = Reached(host, PEOPLE, "dora"), Reached(host, PEOPLE)
    listening = dora.begin(f"GET /events HTTP/{version}\r\nHost: x\r\n\r\n")
    listening.wait_for(b"200 OK")
    root.docker("pause", "bank")
    root.docker("unpause", "bank")
    root.docker("pause", "shop")
    root.docker("unpause", "shop")
    listening.wait_for(b'"Action":"unpause"')
    assert b"bank" not in listening.all and b"shop" in listening.all
    listening.end()


def test_docker_follows_them_and_ends(host: OwnHost) -> None:
    dora, root = Reached(host, PEOPLE, "dora"), Reached(host, PEOPLE)
    for name in ("bank", "shop"):
        root.docker("run", "--rm", "--label", f"{LABEL}={name}", BUSYBOX, "true")
    said = dora.docker("events", "--since", "10m", "--until", "0s", "--filter", "event=die").stdout
    assert b"project=shop" in said and b"project=bank" not in said
