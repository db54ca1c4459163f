"""The names by which the edge finds containers: secret, kept, renewed; and what projects may not use of the edge."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from deploy.composed import composed
from dockworthy.deploy.edge.aliases import found_by_old_names, named, needs_tasks, new_alias, still_by_old_names
from dockworthy.deploy.edge.haproxy.configuration import edge_files
from dockworthy.deploy.edge.process import without_aliases
from dockworthy.deploy.edge.reserved import refuse_reserved
from dockworthy.deploy.edge.routes import ProjectRoutes, ServedRoute
from dockworthy.deploy.edge.status import cares_of
from dockworthy.deploy.targets.swarm.service_spec import task_template, with_edge_names
from dockworthy.deploy.targets.swarm.spec_hash import spec_hash
from dockworthy.errors import Refused
from dockworthy.model.deploy_settings import Edge, Route, Tls
from dockworthy.model.edge import EdgeStanding
from dockworthy.model.edge_network import is_alias
from dockworthy.model.rollout import Desired, Task, TaskState

A, B = "a" * 32, "b" * 32
ROUTES = ProjectRoutes(
    "shop", Edge(tls=Tls.OFF), (ServedRoute(Route("a.x", "web", 80)), ServedRoute(Route("b.x", "api", 81)))
)


def task(service: str, *names: str, at_edge: bool = True, **more: Any) -> Task:
    addresses = {"dockworthy-edge": "10.0.0.2"} if at_edge else {}
    return Task(id="1", name="1", service=service, spec_hash="h", image_id="i", state=TaskState.RUNNING,
                addresses=addresses, edge_names=names, **more)  # fmt: skip


def test_a_service_keeps_its_secret_name_and_a_new_one_gets_its_own() -> None:
    first = named(ROUTES, None, {}, swarm=False)
    assert set(first.aliases) == {"web", "api"} and len(set(first.aliases.values())) == 2
    assert all(map(is_alias, first.aliases.values())) and first.old_names == ()
    assert named(ROUTES, first, {}, swarm=False) == first
    one = structs.replace(first, aliases={"web": A})
    assert named(ROUTES, one, {}, swarm=False).aliases["web"] == A
    assert named(ROUTES, None, {}, swarm=False).aliases != first.aliases, "a project that comes back gets other names"
    assert len({new_alias() for _ in range(100)}) == 100


def test_what_runs_under_an_old_name_is_found_by_it_until_it_is_replaced() -> None:
    running = {"web": [task("web", "web.shop")], "api": [task("api", "api.shop", at_edge=False)]}
    wanted = named(ROUTES, ROUTES, running, swarm=False)
    assert wanted.old_names == ("web",)
    assert wanted.lead_to == {
        "shop:web": ("web.shop:80", f"{wanted.aliases['web']}:80"),
        "shop:api": (f"{wanted.aliases['api']}:81",),
    }
    both = {"web": [*running["web"], task("web", wanted.aliases["web"])]}
    assert still_by_old_names(wanted, wanted.old_names, both) == ("web",)
    new = {"web": [task("web", wanted.aliases["web"]), task("web", is_job=True)]}
    assert still_by_old_names(wanted, wanted.old_names, new) == ()
    assert named(ROUTES, wanted, new, swarm=False) == structs.replace(wanted, old_names=())
    assert needs_tasks(ROUTES, wanted, swarm=False)
    assert not needs_tasks(ROUTES, structs.replace(wanted, old_names=()), swarm=False)


def test_edge_status_names_what_is_found_by_old_names() -> None:
    secret = structs.replace(ROUTES, aliases={"web": A, "api": B})
    (said,) = found_by_old_names([ROUTES])
    assert said.startswith("web, api of shop: the edge finds it by a name that other containers can take")
    (said,) = found_by_old_names([structs.replace(secret, old_names=("api",))])
    assert said.startswith("api of shop")
    assert not [*found_by_old_names([secret])]


def test_a_service_of_a_swarm_keeps_the_name_that_it_has_there_and_a_lost_edge_finds_names_again() -> None:
    running = {"web": [task("web", "web", "web.shop", A)]}
    assert named(ROUTES, None, running, swarm=True).aliases["web"] == A
    assert named(ROUTES, None, running, swarm=False).aliases["web"] == A
    known = structs.replace(ROUTES, aliases={"web": B, "api": B})
    assert named(ROUTES, known, running, swarm=True).aliases["web"] == A
    assert named(ROUTES, known, running, swarm=False).aliases["web"] == B


def test_haproxy_asks_for_secret_names_and_for_old_ones_only_while_they_are_used() -> None:
    def templates(routes: ProjectRoutes) -> list[str]:
        lines = edge_files([routes], {}).files["haproxy.cfg"].splitlines()
        return [" ".join(line.split()[1:4]) for line in lines if "server-template" in line]

    secret = structs.replace(ROUTES, aliases={"web": A, "api": B})
    assert templates(ROUTES) == ["s 10 web.shop:80", "s 10 api.shop:81"]
    assert templates(secret) == [f"c 10 {A}:80", f"c 10 {B}:81"]
    moving = structs.replace(secret, old_names=("web",))
    assert templates(moving) == ["s 10 web.shop:80", f"c 10 {A}:80", f"c 10 {B}:81"]


def test_a_swarm_service_gets_its_name_and_its_release_is_known_without_it() -> None:
    at_edge = {"default": None, "dockworthy-edge": {"aliases": ["web.shop"]}}
    spec = composed(
        name="shop",
        services={"web": {"image": "i", "networks": at_edge}, "db": {"image": "d"}},
        networks={"dockworthy-edge": {"name": "dockworthy-edge", "external": True}},
    )
    plain, a, b = (task_template(with_edge_names(spec, names), "web") for names in ({}, {"web": A}, {"web": B}))
    assert {"Target": "dockworthy-edge", "Aliases": ["web", "web.shop", A]} in a["Networks"]
    assert spec_hash(plain) == spec_hash(a) == spec_hash(b)
    assert len({spec_hash(each, secret_names=True) for each in (plain, a, b)}) == 3
    assert with_edge_names(spec, {"web": A, "db": B}).services["db"].to_json() == {"image": "d"}


OURS = {"com.docker.compose.project": "dockworthy-edge"}
NETWORKS = [
    {"Name": "dockworthy-edge", "Id": "d1" * 32},
    {"Name": "dockworthy-edge-front", "Id": "f1" * 32},
    {"Name": "shop_default", "Id": "51" * 32},
    {"Name": "f1f1", "Id": "61" * 32},
]
CONTAINERS = [
    {"Id": "e1" * 32, "Names": ["/dockworthy-edge-proxy-1"], "Labels": OURS},
    {"Id": "71" * 32, "Names": ["/db"], "Labels": {}},
]
_AT_EDGE = {"dockworthy-edge": {"name": "dockworthy-edge", "external": True}}


def desired(service: dict[str, Any], networks: dict[str, Any], *routed: str, project: str = "blog") -> Desired:
    spec = composed(name=project, services={"web": {"image": "i", **service}}, networks=networks)
    return Desired(project=project, spec=spec, services={}, routed=routed)


@pytest.mark.parametrize(
    ("service", "networks"),
    [
        ({}, {"mine": {"name": "dockworthy-edge", "external": True}}),
        ({"networks": {"mine": {"aliases": ["web.shop"]}}}, {"mine": {"name": "dockworthy-edge"}}),
        ({}, {"default": {"name": "dockworthy-edge", "external": True}}),
        ({}, {"mine": {"name": "dockworthy-edge-front", "external": True}}),
        ({}, {"mine": {"name": "d1" * 32, "external": True}}),
        ({}, {"mine": {"name": "d1d1d1", "external": True}}),
        ({}, {"mine": {"driver": "macvlan", "driver_opts": {"parent": f"br-{'d1' * 6}"}}}),
        ({"networks": {"dockworthy-edge": None}}, _AT_EDGE),
        ({"network_mode": "dockworthy-edge"}, {}),
        ({"network_mode": "d1d1"}, {}),
        ({"network_mode": "container:dockworthy-edge-proxy-1"}, {}),
        ({"network_mode": "container:e1e1"}, {}),
        ({"pid": "container:dockworthy-edge-proxy-1"}, {}),
        ({"ipc": f"container:{'e1' * 32}"}, {}),
        ({"volumes_from": ["container:dockworthy-edge-proxy-1:rw"]}, {}),
        ({"volumes_from": ["container:e1e1e1e1e1e1"]}, {}),
        ({"external_links": ["dockworthy-edge-proxy-1:edge"]}, {}),
        ({"labels": {"com.docker.compose.project": "dockworthy-edge"}}, {}),
    ],
)
def test_a_project_that_uses_the_edges_own_is_refused(service: dict[str, Any], networks: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="which is the edge's own") as refused:
        refuse_reserved(desired(service, networks), NETWORKS, CONTAINERS)
    assert "deploy.routes" in refused.value.hint


@pytest.mark.parametrize("name", ["dockworthy-edge-proxy-1", "dockworthy-address-keepalived-1"])
def test_a_container_by_the_name_of_the_edges_is_refused_also_where_there_is_no_edge(name: str) -> None:
    with pytest.raises(Refused, match=f"container_name is {name}, which is the edge's own"):
        refuse_reserved(structs.replace(desired({}, {}), container_names={"web": name}), [], [])
    refuse_reserved(structs.replace(desired({}, {}), container_names={"web": "dockworthy-edges"}), [], [])


def test_a_project_by_the_edges_name_is_refused() -> None:
    with pytest.raises(Refused, match="the edge's own project"):
        refuse_reserved(desired({}, {}, project="dockworthy-edge"), [], [])


@pytest.mark.parametrize(
    ("service", "networks", "routed"),
    [
        ({}, {}, ()),
        ({"networks": {"default": None, "dockworthy-edge": {"aliases": ["web.blog"]}}}, _AT_EDGE, ("web",)),
        ({"networks": {"mine": None}}, {"mine": {"name": "edge", "external": True}}, ()),
        ({}, {"mine": {"name": "f1f1", "external": True}}, ()),
        ({"network_mode": "host"}, {}, ()),
        ({"network_mode": "container:db", "volumes_from": ["container:db", "other"]}, {}, ()),
        ({"network_mode": "service:db"}, {"mine": {"driver": "macvlan", "driver_opts": {"parent": "eth0"}}}, ()),
    ],
)
def test_other_networks_and_routed_services_pass(service: Any, networks: Any, routed: tuple[str, ...]) -> None:
    refuse_reserved(desired(service, networks, *routed), NETWORKS, CONTAINERS)


def test_who_is_at_the_edge_by_itself_needs_care() -> None:
    edge = EdgeStanding(host="h", is_there=True, is_running=True, strangers=("the container x on dockworthy-edge",))
    (said,) = cares_of(edge, 0.0)
    assert said.startswith("the container x on dockworthy-edge: no release put it there")


def test_no_message_quotes_a_secret_name() -> None:
    assert without_aliases(f"Server shop:web/c1 ('{A}') is DOWN") == "Server shop:web/c1 ('***') is DOWN"
