"""Names, addresses and lines of hosts: what is chosen, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockworthy.errors import UsageError
from dockworthy.hosts.addresses import addresses_in, chosen, in_one_network
from dockworthy.hosts.options import name_for
from dockworthy.policy.stating import with_host, without_host
from dockworthy.readers.project_file import parse_project_file

SAID = """\
2: eth0    inet 192.0.2.7/24 brd 192.0.2.255 scope global eth0\\       valid_lft forever preferred_lft forever
3: eth1    inet 10.0.0.7/8 scope global eth1
4: docker0    inet 172.17.0.1/16 brd 172.17.255.255 scope global docker0
9: br-1b2c    inet 172.18.0.1/16 scope global br-1b2c
"""
FOUND = addresses_in(SAID)


def test_networks_of_containers_are_no_way_to_a_host() -> None:
    assert [str(each) for each in FOUND] == ["192.0.2.7/24", "10.0.0.7/8"]


@given(st.text(max_size=200))
def test_whatever_a_host_says_of_its_addresses(text: str) -> None:
    addresses_in(text)


def test_the_address_in_the_managers_network_is_chosen() -> None:
    assert chosen(FOUND, None, "10.0.0.1", name="h", option="--address") == "10.0.0.7"
    assert chosen(FOUND, "192.0.2.7", "10.0.0.1", name="h", option="--address") == "192.0.2.7"
    other = addresses_in("2: e    inet 10.0.0.9/8 x\n")
    assert [str(each.ip) for each in in_one_network(FOUND, other)] == ["10.0.0.7"]


@pytest.mark.parametrize("wanted", ["0.0.0.0", "127.0.0.1", "shop", "224.0.0.1"])
def test_an_address_that_nobody_reaches_is_refused(wanted: str) -> None:
    with pytest.raises(UsageError, match=wanted):
        chosen(FOUND, wanted, "", name="h", option="--address")


def test_where_it_is_not_clear_a_person_says_it() -> None:
    with pytest.raises(UsageError, match=r"h has 2 addresses .*: 192.0.2.7, 10.0.0.7") as refused:
        chosen(FOUND, None, "203.0.113.1", name="h", option="--address")
    assert "--address ADDRESS" in refused.value.hint
    with pytest.raises(UsageError, match="does not tell"):
        chosen([], None, "", name="h", option="--address")


def test_names() -> None:
    hosts = {"shop": "ssh://root@a"}
    assert name_for(hosts, "ssh://root@a", None, "a") == "shop"
    assert name_for(hosts, "ssh://root@b", None, "b") == "b"
    for endpoint, name, why in (
        ("ssh://root@b", "shop", "shop is ssh://root@a"),
        ("ssh://root@a", "web", "is called shop"),
        ("ssh://root@b", "all", "no host can be called all"),
    ):
        with pytest.raises(UsageError, match=why):
            name_for(hosts, endpoint, name, "b")


TEXTS = st.sampled_from(
    ["", "# ours\n", "hosts: {}\n", "# a\nhosts:\n  b: ssh://root@b  # second\n", "deploy:\n    target: swarm # two\n"]
)
NAMES = st.text("abcdefgh-0123456789", min_size=1, max_size=12)


@given(TEXTS, NAMES)
def test_a_line_that_comes_and_goes_leaves_all_else(text: str, name: str) -> None:
    known = parse_project_file(text, "x").hosts
    if name in known:
        return
    written = with_host(text, name, "ssh://root@new")
    assert parse_project_file(written, "x").hosts == {**known, name: "ssh://root@new"}
    assert with_host(written, name, "ssh://root@new") == written
    gone = without_host(written, name)
    assert parse_project_file(gone, "x").hosts == known
    for line in text.splitlines():
        assert "#" not in line or line.strip() in gone
