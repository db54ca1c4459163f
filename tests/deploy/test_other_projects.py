"""Namespaces, volumes, networks and names of another project: asked about, or refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from deploy.composed import composed
from deploy.shops import PROJECT, Shop
from dockworthy.deploy.other_projects import Others, joined_networks, joins, on_networks, refuse_others_names
from dockworthy.errors import Refused
from dockworthy.model.rollout import Desired, Running, Task, TaskState

LABEL = "com.docker.compose.service"


def container(project: str, service: str, network: str, *aliases: str, **more: Any) -> dict[str, Any]:
    """As the list has it, with what an inspect tells besides."""
    name, labels = f"{project}-{service}-1", {PROJECT: project, LABEL: service}
    at = {
        "Aliases": [name, service, *aliases], "DNSNames": [name, service, *aliases], "IPAddress": "172.20.0.9",
        "MacAddress": "02:42:ac:14:00:09",
        "IPAMConfig": {"IPv6Address": "fd00::9", "LinkLocalIPs": ["169.254.9.9"]},
    }  # fmt: skip
    return {
        "Id": f"{name}-".ljust(64, "c"), "Names": [f"/{name}"], "Name": f"/{name}", "Labels": labels,
        "State": "running",
        "Config": {"Labels": labels}, "NetworkSettings": {"Networks": {network: at}}, "Mounts": [], **more,
    }  # fmt: skip


DATA = {"Type": "volume", "Name": "shop_data", "RW": True}
WEB = container("shop", "web", "shop_default", "Store")
DB = container("shop", "db", "shop_default", Mounts=[DATA])
GUEST = container("wiki", "app", "proxy", "wiki")
GUEST["NetworkSettings"]["Networks"]["wiki_inner"] = {"Aliases": ["app"], "IPAddress": "172.30.0.9"}
GUEST["Config"]["Labels"]["com.docker.swarm.service.name"] = "wiki_app"
PLAIN = {**container("", "tools", "bridge"), "Names": ["/tools"], "Name": "/tools", "Labels": {}}
CONTAINERS = [WEB, DB, GUEST, PLAIN]
NETWORKS = [
    {"Name": "shop_default", "Id": "51" * 32, "Labels": {PROJECT: "shop"}},
    {"Name": "blog_default", "Id": "61" * 32, "Labels": {PROJECT: "blog"}},
    {"Name": "proxy", "Id": "71" * 32, "Labels": {}},
]
SHOPS = {"theirs": {"name": "shop_default", "external": True}}
PROXY = {"proxy": {"name": "proxy", "external": True}}


def desired(service: dict[str, Any], *, called: str = "x", container_name: str = "", **parts: Any) -> Desired:
    names = {called: container_name} if container_name else {}
    spec = composed(name="blog", services={called: {"image": "i", **service}}, **parts)
    return Desired(project="blog", spec=spec, services={}, container_names=names)


def others(wanted: Desired) -> Others:
    seen = Others(
        networks=NETWORKS, containers=CONTAINERS, volumes=[{"Name": "shop_data", "Labels": {PROJECT: "shop"}}]
    )
    there = on_networks(joined_networks(wanted, NETWORKS), seen, "blog")
    return Others(networks=NETWORKS, containers=CONTAINERS, volumes=seen.volumes,
                  inspected=[each for each in CONTAINERS if each["Id"] in there])  # fmt: skip


def asked(wanted: Desired, running: Running = Running()) -> list[str]:  # noqa: B008 - it can't be changed
    seen = others(wanted)
    refuse_others_names(wanted, seen)
    return [f"{each.accept} {each.says}" for each in joins(wanted, seen, running)]


@pytest.mark.parametrize("key", ["pid", "ipc", "network_mode", "uts", "cgroup"])
@pytest.mark.parametrize("name", ["shop-web-1", "/shop-web-1", "shop-web-1-cccc"])
def test_a_namespace_of_another_project_is_asked_about(key: str, name: str) -> None:
    (says,) = asked(desired({key: f"container:{name}"}))
    assert says.startswith("x:joins x would share") and "the container shop-web-1 of the project shop" in says


@pytest.mark.parametrize(
    ("service", "parts", "what"),
    [
        ({"volumes_from": ["container:shop-db-1:ro"]}, {}, "the volumes of the container shop-db-1"),
        ({"networks": {"theirs": None}}, {"networks": SHOPS}, "the network shop_default of the project shop"),
        ({"networks": {"a": {}}}, {"networks": {"a": {"name": "shop_default"}}}, "the network shop_default"),
        ({"networks": {"a": {}}}, {"networks": {"a": {"name": "5151", "external": True}}}, "the network shop_default"),
        ({"network_mode": "shop_default"}, {}, "the network shop_default of the project shop"),
        (
            {"volumes": [{"type": "volume", "source": "d", "target": "/d", "read_only": True}]},
            {"volumes": {"d": {"name": "shop_data", "external": True}}},
            "the volume shop_data with the container shop-db-1 of the project shop",
        ),
    ],
)
def test_volumes_and_networks_of_another_project_are_asked_about(
    service: dict[str, Any], parts: dict[str, Any], what: str
) -> None:
    (says,) = asked(desired(service, **parts))
    assert what in says


def test_a_guest_of_a_shared_network_that_takes_another_guests_name_is_asked_about() -> None:
    wanted = desired({"networks": {"proxy": None}}, called="app", networks=PROXY)
    (says,) = asked(wanted)
    assert "the name app on the network proxy with the container wiki-app-1 of the project wiki" in says
    task = Task(id="a", name="blog-app-1", service="app", spec_hash="", image_id="", state=TaskState.RUNNING,
                addresses={"proxy": "10.0.0.2"})  # fmt: skip
    assert asked(wanted, Running(tasks={"app": (task,)})) == [], "it is there already"


@pytest.mark.parametrize(
    ("called", "service", "parts"),
    [
        ("x", {"networks": {"theirs": {"aliases": ["web"]}}}, {"networks": SHOPS}),
        ("x", {"networks": {"theirs": {"aliases": ["ok", "DB"]}}}, {"networks": SHOPS}),
        ("x", {"networks": {"theirs": {"aliases": ["shop-web-1"]}}}, {"networks": SHOPS}),
        ("x", {"networks": {"theirs": {"aliases": ["store"]}}}, {"networks": SHOPS}),
        ("web", {"networks": {"theirs": None}}, {"networks": SHOPS}),
        ("db", {"network_mode": "shop_default"}, {}),
        ("x", {"networks": {"proxy": {"aliases": ["wiki"]}}}, {"networks": PROXY}),
        ("x", {"networks": {"proxy": {"aliases": ["wiki-app-1"]}}}, {"networks": PROXY}),
        ("x", {"networks": {"proxy": {"aliases": ["Wiki-App-1.Proxy"]}}}, {"networks": PROXY}),
        ("x", {"networks": {"proxy": {"aliases": ["app.wiki_inner"]}}}, {"networks": PROXY}),
        ("x", {"networks": {"proxy": {"aliases": ["tasks.wiki_app"]}}}, {"networks": PROXY}),
        ("x", {"networks": {"proxy": None}, "hostname": "wiki"}, {"networks": PROXY}),
        ("x", {"network_mode": "proxy", "hostname": "app.proxy"}, {}),
    ],
)
def test_a_name_that_another_projects_container_is_found_by_is_refused(
    called: str, service: dict[str, Any], parts: dict[str, Any]
) -> None:
    with pytest.raises(Refused, match=r"where a container of the project (shop|wiki) is found by that name") as refused:
        asked(desired(service, called=called, **parts))
    assert refused.value.exit_status == 1


@pytest.mark.parametrize(
    "written",
    [
        {"networks": {"proxy": {"ipv4_address": "172.20.0.9"}}},
        {"networks": {"proxy": {"ipv4_address": "::ffff:172.20.0.9"}}},
        {"networks": {"proxy": {"ipv6_address": "FD00:0:0:0:0::9"}}},
        {"networks": {"proxy": {"link_local_ips": ["169.254.1.1", "169.254.9.9"]}}},
        {"networks": {"proxy": {"link_local_ips": ["172.20.0.9"]}}},
        {"networks": {"proxy": {"mac_address": "02-42-AC-14-00-09"}}},
        {"networks": {"proxy": None}, "mac_address": "0242.ac14.0009"},
    ],
)
def test_an_address_of_another_projects_container_is_refused_in_any_spelling(written: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=r"project wiki is found by that address \(wiki-app-1\)") as refused:
        asked(desired(written, networks=PROXY))
    assert "leave the address out" in (refused.value.hint or "")


def test_free_names_and_addresses_of_a_shared_network_are_no_question() -> None:
    how = {"aliases": ["x.proxy", "app.else", "172.30.0.9.wiki_inner"], "ipv4_address": "172.20.0.8",
           "link_local_ips": ["172.30.0.9"], "mac_address": "02-42-AC-14-00-08"}  # fmt: skip
    assert asked(desired({"networks": {"proxy": how}, "hostname": "x"}, networks=PROXY)) == []


@pytest.mark.parametrize("name", ["shop-web-2", "shop-web-1", "shop_web_7", "shop-new-thing-3", "tools", "wiki-app-1"])
def test_a_container_name_of_another_project_or_container_is_refused(name: str) -> None:
    with pytest.raises(Refused, match=f"container_name {name}"):
        asked(desired({}, container_name=name))


@pytest.mark.parametrize(
    ("service", "parts", "says"),
    [
        ({"labels": {PROJECT: "shop"}}, {}, "would count as a container of that project"),
        ({"labels": {"com.docker.stack.namespace": "shop"}}, {}, "would count as a container of that project"),
        (
            {},
            {"networks": {"l": {"driver": "macvlan", "driver_opts": {"parent": f"br-{'51' * 6}.7"}}}},
            "the bridge of",
        ),
    ],
)
def test_labels_and_bridges_of_another_project_are_refused(
    service: dict[str, Any], parts: dict[str, Any], says: str
) -> None:
    with pytest.raises(Refused, match=says):
        asked(desired(service, **parts))


@pytest.mark.parametrize(
    ("service", "more"),
    [
        ({}, {}),
        ({"networks": {"default": {"aliases": ["web", "db"]}}}, {"networks": {"default": {"name": "blog_default"}}}),
        ({"networks": {"proxy": {"aliases": ["blog"]}}}, {"networks": PROXY}),
        ({"network_mode": "service:db", "pid": "host", "ipc": "shareable"}, {}),
        ({"network_mode": "container:tools", "volumes_from": ["db:ro"]}, {}),
        ({"network_mode": "bridge", "labels": {PROJECT: "blog"}}, {}),
        (
            {"networks": {"lan": None}},
            {"networks": {"lan": {"driver": "macvlan", "driver_opts": {"parent": "eth0.7"}}}},
        ),
        ({}, {"container_name": "blog-web-2"}),
        ({}, {"container_name": "blog"}),
        ({}, {"container_name": "shop-mirror"}),
    ],
)
def test_what_is_the_projects_own_and_networks_for_all_pass(service: dict[str, Any], more: dict[str, Any]) -> None:
    assert asked(desired(service, **more)) == []


@pytest.fixture
def victim(shop: Shop) -> Iterator[str]:
    """Another project on the engine: a network and a container."""
    name = f"{shop.name}v"
    labels = ("--label", f"{PROJECT}={name}")
    shop.engine.docker("network", "create", *labels, f"{name}_default")
    run = ("run", "-d", "--name", f"{name}-web-1", "--network", f"{name}_default", "--network-alias", "web")
    shop.engine.docker(*run, *labels, "--label", f"{LABEL}=web", shop.image, "sleep", "1000")
    yield name
    shop.remove()
    shop.engine.docker("rm", "-f", f"{name}-web-1", check=False)
    shop.engine.docker("network", "rm", f"{name}_default", check=False)


@pytest.mark.engine
def test_a_deploy_asks_before_it_joins_another_project_and_takes_no_name_of_it(shop: Shop, victim: str) -> None:
    networks = {"theirs": {"name": f"{victim}_default", "external": True}}

    def deploy(
        *arguments: str, called: str = "job", parts: dict[str, Any] | None = None, **more: Any
    ) -> tuple[int, str]:
        shop.compose({called: shop.service(**more)}, **(parts or {}))
        done = shop.dockworthy("deploy", "--yes", *arguments)
        return done.returncode, " ".join((done.stdout + done.stderr).split())

    for more in ({"pid": f"container:{victim}-web-1"}, {"networks": ["theirs"], "parts": {"networks": networks}}):
        status, says = deploy(**more)
        assert status == 1 and "--accept job:joins" in says, says
    for called, aliases in (("web", []), ("job", ["web"]), ("job", [f"{victim}-web-1"])):
        at = {"theirs": {"aliases": aliases}}
        status, says = deploy("--accept", f"{called}:joins", called=called, networks=at, parts={"networks": networks})
        assert status == 1 and f"a container of the project {victim} is found by that name" in says, says
    status, says = deploy(container_name=f"{victim}-web-2")
    assert status == 1 and f"Compose gives to containers of the project {victim}" in says, says
    assert shop.containers(every=True) == {}
    accepted = ("--accept", "job:joins")
    assert deploy(*accepted, networks=["theirs"], parts={"networks": networks})[0] == 0
    assert deploy(networks=["theirs"], command=["sleep", "999"], parts={"networks": networks})[0] == 0, (
        "it was answered"
    )
