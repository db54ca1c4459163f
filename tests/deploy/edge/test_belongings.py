"""What an edge carries along is taken apart by project, and no other files than an edge's come from the swarm."""

from __future__ import annotations

import json

import msgspec
import pytest

from dockworthy.deploy.edge.edges import address_of, hosts_of
from dockworthy.deploy.edge.haproxy.configuration import challenged_at
from dockworthy.deploy.edge.routes import ProjectRoutes, ServedRoute
from dockworthy.deploy.edge.state_dir import EdgeState
from dockworthy.deploy.edge.swarm_secrets import AUTHORITY, EdgePart, in_words, parts_in, unpacked
from dockworthy.engine.host_shell import unpacked_files
from dockworthy.errors import HostError
from dockworthy.model.deploy_settings import Edge, Route


def routes(project: str, **edge: object) -> ProjectRoutes:
    route = ServedRoute(Route(host=f"{project}.example.com", service="web", port=8000))
    return ProjectRoutes(project, Edge(**edge), (route,))  # type: ignore[arg-type]


def test_each_project_has_its_own_and_the_authority_is_nobodys() -> None:
    files = {
        "authority/key.pem": "KEY",
        "authority/ca.pem": "CA",
        "internal/shop.pem": "SHOP",
        "internal/shop.names": "DNS:shop.example.com",
        "acme/blog.example.com.pem": "BLOG",
        "acme/gone.example.com.pem": "GONE",
        **{f"routes/{name}.json": msgspec.json.encode(routes(name)).decode() for name in ("shop", "blog")},
    }
    parts = parts_in(files)
    assert {name: sorted(part.files) for name, part in parts.items()} == {
        AUTHORITY: ["authority/ca.pem", "authority/key.pem"],
        "shop": ["internal/shop.names", "internal/shop.pem", "routes/shop.json"],
        "blog": ["acme/blog.example.com.pem", "routes/blog.json"],
    }
    for part in parts.values():
        assert unpacked(part.packed) == part and part.digest != EdgePart().digest
    assert AUTHORITY not in parts_in({"authority/ca.pem": "CA"}), "without its key it is none"


@pytest.mark.parametrize("path", ["/etc/passwd", "routes/../../x", "settings/current", "authority/.x", "key.pem"])
def test_no_other_file_is_written(path: str) -> None:
    with pytest.raises(HostError, match="which is not a file of the edge"):
        unpacked(json.dumps({path: "x"}).encode())


def test_a_broken_archive_is_said_to_be_one() -> None:
    with pytest.raises(HostError, match="shop1: the files did not arrive whole"):
        unpacked_files("shop1", b"no archive" * 100)


def test_what_came_along_in_words() -> None:
    assert in_words([AUTHORITY, "shop", "blog"]) == "its authority and routes and certificates of blog, shop"
    assert in_words(["shop"]) == "routes and certificates of shop"


def test_who_names_no_hosts_gets_those_of_the_others() -> None:
    kept = EdgeState({"shop": routes("shop", hosts=("a", "b")), "blog": routes("blog")})
    assert hosts_of(kept, (), "blog") == ("a", "b")
    assert hosts_of(kept, ("c", "d"), "shop") == ("c", "d")
    assert hosts_of(kept, (), "shop") == (), "its own word before is not its word now"


def test_a_managers_address_is_the_one_that_others_know() -> None:
    manager = {"Status": {"Addr": "0.0.0.0"}, "ManagerStatus": {"Addr": "192.0.2.1:2377"}}
    assert address_of(manager) == "192.0.2.1"
    assert address_of({"Status": {"Addr": "192.0.2.2"}}) == "192.0.2.2"
    assert address_of({"ManagerStatus": {"Addr": "[2001:db8::1]:2377"}}) == "2001:db8::1"
    assert address_of({"Status": {"Addr": "2001:db8::2"}}) == "2001:db8::2"


def test_an_ipv6_address_stands_in_brackets_before_its_port() -> None:
    assert challenged_at([routes("shop")], ["192.0.2.1", "2001:db8::1"]) == ["192.0.2.1:80", "[2001:db8::1]:80"]
