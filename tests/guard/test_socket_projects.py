"""Who is limited to a project sees that project alone at the guard's socket: in lists, in events, by docker itself."""

from __future__ import annotations

import json
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
    said = dora.docker("events", "--since", "10m", "--until=-1s", "--filter", "event=die").stdout
    assert b"project=shop" in said and b"project=bank" not in said


MINE = ("--label", f"{LABEL}=shop")


def test_a_link_copies_no_environment_of_another_project(host: OwnHost) -> None:
    dora, root = Reached(host, PEOPLE, "dora"), Reached(host, PEOPLE)
    root.docker("run", "-d", "--name", "till", "-e", "TILL_KEY=k-of-the-bank", "--label", f"{LABEL}=bank", BUSYBOX,
                "sleep", "3600")  # fmt: skip
    try:
        copied = root.docker("run", "--rm", "--link", "till:x", BUSYBOX, "sh", "-c", "set").stdout
        assert b"X_ENV_TILL_KEY='k-of-the-bank'" in copied, "the engine copies it: else this proves nothing"
        short = root.docker("inspect", "-f", "{{.Id}}", "till").stdout.decode()[:10]
        for link in ("till:x", "till", "/till:/a/x", f"{short}:x"):
            refused = dora.docker("create", *MINE, "--link", link, BUSYBOX, "env", check=False)
            assert b"container till is of project bank (HostConfig.Links)" in refused.stderr, (link, refused.stderr)
        made = dora.docker("run", "--rm", *MINE, "--link", "shop:x", BUSYBOX, "true", check=False)
        assert made.returncode == 0, made.stderr
    finally:
        root.docker("rm", "-f", "till")


def test_nobody_takes_the_name_of_another_project_on_a_network_of_both(host: OwnHost) -> None:
    dora, root = Reached(host, PEOPLE, "dora"), Reached(host, PEOPLE)
    root.docker("network", "connect", "--alias", "Ledger", "shop_network", "bank")
    named = ("--name", "shop-names", *MINE, "--network", "shop_network")
    try:
        for claim in (("--network-alias", "ledger"), ("--hostname", "LEDGER"), ("--network-alias", "bank")):
            refused = dora.docker("create", *named, *claim, BUSYBOX, "true", check=False)
            assert b"container bank is of project bank (it has " in refused.stderr, (claim, refused.stderr)
        dora.docker("create", *named, "--network-alias", "books", BUSYBOX, "true")
        refused = dora.docker("rename", "shop-names", "ledger", check=False)
        assert b"(it has ledger, which name would take" in refused.stderr, refused.stderr
        dora.docker("network", "disconnect", "shop_network", "shop-names")
        refused = dora.docker("network", "connect", "--alias", "ledger", "shop_network", "shop-names", check=False)
        assert b"is of project bank" in refused.stderr
        dora.docker("network", "connect", "--alias", "books", "shop_network", "shop-names")
    finally:
        root.docker("rm", "-f", "shop-names", check=False)
        root.docker("network", "disconnect", "shop_network", "bank")


def test_nobody_joins_what_comes_under_the_name_of_a_network_that_is_gone(host: OwnHost) -> None:
    """The engine keeps a network's name with a container, and looks it up when it starts it for the first time."""
    dora, root = Reached(host, PEOPLE, "dora"), Reached(host, PEOPLE)
    try:
        dora.docker("network", "create", "--label", f"{LABEL}=shop", "ledgers")
        for name in ("shop-first", "shop-late"):
            dora.docker("create", "--name", name, *MINE, "--network", "ledgers", BUSYBOX, "sleep", "3600")
        dora.docker("start", "shop-first")
        dora.docker("restart", "-t", "0", "shop-first")
        dora.docker("stop", "-t", "0", "shop-first")
        dora.docker("network", "rm", "ledgers")
        root.docker("network", "create", "--label", f"{LABEL}=bank", "ledgers")
        for name in ("shop-first", "shop-late"):
            for how in ("start", "restart"):
                refused = dora.docker(how, name, check=False)
                assert b"network ledgers is of project bank (the container's settings name it" in refused.stderr, (
                    refused.stderr
                )
        root.docker("network", "rm", "ledgers")
        dora.docker("network", "create", "--label", f"{LABEL}=shop", "ledgers")
        dora.docker("start", "shop-late")
    finally:
        root.docker("rm", "-f", "shop-first", "shop-late", check=False)
        root.docker("network", "rm", "ledgers", check=False)


def test_nobody_takes_the_address_of_another_project_on_everybodys_network(host: OwnHost) -> None:
    dora, root = Reached(host, PEOPLE, "dora"), Reached(host, PEOPLE)
    address = root.docker("inspect", "-f", "{{.NetworkSettings.MacAddress}}", "bank").stdout.decode().strip()
    refused = dora.docker("create", *MINE, "--mac-address", address, BUSYBOX, "true", check=False)
    assert b"container bank is of project bank (it has " in refused.stderr, refused.stderr


def test_nobody_is_linked_to_what_comes_under_a_name(host: OwnHost) -> None:
    """The engine looks up links by their words when it restarts: they are the ids of what was judged."""
    dora, root = Reached(host, PEOPLE, "dora"), Reached(host, PEOPLE)
    try:
        dora.docker("run", "-d", "--name", "ledger", *MINE, "-e", "OF=shop", BUSYBOX, "sleep", "3600")
        told = ("sh", "-c", "env; exec sleep 3600")
        id = dora.docker("run", "-d", "--name", "shop-linked", *MINE, "--link", "ledger:db", BUSYBOX, *told).stdout
        assert b"DB_ENV_OF=shop" in dora.docker("logs", "shop-linked").stdout
        data = root.docker("info", "-f", "{{.DockerRootDir}}").stdout.decode().strip()
        kept = json.loads(host.read(f"{data}/containers/{id.decode().strip()}/hostconfig.json"))
        ledger = root.docker("inspect", "-f", "{{.Id}}", "ledger").stdout.decode().strip()
        assert kept["Links"] == [f"{ledger}:db"]
    finally:
        root.docker("rm", "-f", "shop-linked", "ledger", check=False)


def test_what_is_not_there_is_said_as_the_engine_says_it(host: OwnHost) -> None:
    """A client tells by it what is to be made, pulled or left."""
    dora, root = Reached(host, PEOPLE, "dora"), Reached(host, PEOPLE)
    for line, status in (
        ("GET /containers/later/json", 404),
        ("DELETE /containers/later?force=1", 404),
        ("GET /volumes/later", 404),
        ("DELETE /volumes/later", 404),
        ("DELETE /volumes/later?force=1", 204),
        ("GET /networks/later", 404),
        (f"GET /exec/{'0' * 64}/json", 404),
    ):
        by_guard, by_engine = (who.ask(*line.split()) for who in (dora, root))
        assert (by_guard.status, by_guard.body) == (by_engine.status, by_engine.body) and by_guard.status == status, (
            line
        )


def test_an_image_that_was_made_of_another_project_is_not_run(host: OwnHost) -> None:
    dora, root = Reached(host, PEOPLE, "dora"), Reached(host, PEOPLE)
    id = root.docker("commit", "bank", "bank-saved").stdout.decode().strip()
    try:
        for image in ("bank-saved", id):
            refused = dora.docker("create", *MINE, image, "true", check=False)
            assert b"is of project bank" in refused.stderr, image
    finally:
        root.docker("rmi", "bank-saved")


def test_nor_is_it_looked_at(host: OwnHost) -> None:
    """Its environment, command, labels and history are those of the container."""
    opal, vera, root = (Reached(host, PEOPLE, user) for user in ("opal", "vera", ""))
    root.docker("run", "-d", "--name", "bank-vault", "-e", "PIN=1234-of-the-bank", "--label", f"{LABEL}=bank", BUSYBOX,
                "sleep", "3600")  # fmt: skip
    id = root.docker("commit", "bank-vault", "committed").stdout.decode().strip()
    try:
        assert b"1234-of-the-bank" in root.ask("GET", "/images/committed/json").body, "else this proves nothing"
        for name in (
            "committed",
            "committed:latest",
            "docker.io/library/committed",
            id,
            id.removeprefix("sha256:")[:12],
        ):
            for target in (f"/images/{name}/json", f"/v1.41/images/{name}/history", f"/images/get?names={name}"):
                answer = opal.ask("GET", target)
                assert answer.status == 403 and b"is of project bank" in answer.body, (target, answer)
        # The client cuts the moment down to whole seconds: until now would leave out what happened within this one.
        listed = ("images -a", "system df -v", "events --since 10m --until=-1s --filter type=image")
        for command in listed:
            everything, seen = (each.docker(*command.split()) for each in (vera, opal))
            assert (everything.returncode, seen.returncode) == (0, 0), (everything, seen)
            assert b"committed" in everything.stdout, (command, everything, seen)
            assert b"committed" not in seen.stdout and id.encode()[7:19] not in seen.stdout, (command, everything, seen)
        assert vera.ask("GET", "/images/committed/json").json["Config"]["Env"][0] == "PIN=***"  # who has no limits
        assert opal.ask("GET", f"/images/{BUSYBOX}/json").status == 200
    finally:
        root.docker("rm", "-f", "bank-vault")
        root.docker("rmi", "committed")


def test_nobody_makes_what_another_project_will_want(host: OwnHost) -> None:
    dora, root = Reached(host, PEOPLE, "dora"), Reached(host, PEOPLE)
    root.docker("volume", "create", "--label", f"{LABEL}=shop-two", "shop-two_x")
    try:
        for name in ("bank_new", "bank-web-1", "shop-two_data"):
            for command in (("volume", "create"), ("network", "create"), ("create", "--name")):
                more = (BUSYBOX, "true") if command[0] == "create" else ()
                refused = dora.docker(*command, *((name, *MINE) if more else (*MINE, name)), *more, check=False)
                assert b"begins like the names of project" in refused.stderr, (command, name, refused.stderr)
        mounted = ("--mount", f"type=volume,src=bank_new,dst=/x,volume-label={LABEL}=shop")
        refused = dora.docker("create", *MINE, *mounted, BUSYBOX, "true", check=False)
        assert b"begins like the names of project bank" in refused.stderr, refused.stderr
        refused = dora.docker("rename", "shop", "bank-web-1", check=False)
        assert b"begins like the names of project bank" in refused.stderr
        dora.docker("volume", "create", *MINE, "shop_new")
    finally:
        root.docker("volume", "rm", "shop-two_x", "shop_new")


def test_compose_makes_anew_what_has_a_volume_without_a_name(host: OwnHost) -> None:
    """It names the old container's volume, which carries no label."""
    dora = Reached(host, PEOPLE, "dora")
    text = host.read("/etc/compose/compose.yaml")
    try:
        host.write("/etc/compose/compose.yaml", text.replace('["data:/data"]', '["data:/data", "/cache"]'))
        dora.compose("shop", "up", "-d")
        dora.compose("shop", "up", "-d", "--force-recreate", "-t", "0")
    finally:
        dora.compose("shop", "down", "-v", "-t", "0")
        host.write("/etc/compose/compose.yaml", text)
