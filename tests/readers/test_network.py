"""Networks: who is on them stands in the containers, not in the engine's list."""

from __future__ import annotations

from typing import Any

from engine_facts import container, engine, somewhere_else
from hypothesis import given

from dockworthy.model.field import Unknown
from dockworthy.readers.network import read_networks

WHOLE: dict[str, Any] = {
    "Id": "n1",
    "Name": "shop",
    "Driver": "bridge",
    "Scope": "local",
    "Internal": True,
    "Attachable": True,
    "EnableIPv6": True,
    "IPAM": {"Config": [{"Subnet": "172.18.0.0/16"}, {"Subnet": "fd00::/64"}, {"Gateway": "172.18.0.1"}]},
    "Options": {"com.docker.network.bridge.enable_icc": "false"},
    "Labels": {"com.docker.compose.project": "shop"},
    "Containers": {},
}


def on(name: str, *, runs: bool = True, **endpoint: str) -> Any:
    return container(name, State={"Running": runs}, NetworkSettings={"Networks": {"shop": endpoint}})


def test_what_a_network_is() -> None:
    (seen,) = read_networks(engine(networks=[WHOLE], containers=[]))
    assert (seen.name, seen.driver, seen.scope) == ("shop", "bridge", "local")
    assert seen.internal and seen.ipv6 and seen.attachable and not seen.ingress
    assert seen.subnets == ("172.18.0.0/16", "fd00::/64")
    assert seen.options == {"com.docker.network.bridge.enable_icc": "false"}


def test_running_containers_are_attached_by_id_or_by_name() -> None:
    containers = [on("web", NetworkID="n1"), on("db"), on("old", runs=False), on("other", NetworkID="n2")]
    (seen,) = read_networks(engine(networks=[WHOLE], containers=containers))
    assert seen.attached == ("db", "web")


def test_containers_that_the_engine_does_list_count_too() -> None:
    listed = {"c1": {"Name": "web"}, "c2": {"Name": ""}, "c3": None}
    (seen,) = read_networks(engine(networks=[{**WHOLE, "Containers": listed}], containers=[]))
    assert seen.attached == ("web",)


def test_a_network_without_a_name_has_its_id() -> None:
    (seen,) = read_networks(engine(networks=[{"Id": "0123456789abcdef"}]))
    assert seen.name == "0123456789ab"


def test_no_list_is_no_network() -> None:
    assert read_networks(engine(networks=Unknown("the engine went silent"))) == ()


@given(
    somewhere_else(
        {
            "network": WHOLE,
            "container": {"State": {"Running": True}, "NetworkSettings": {"Networks": {"shop": {"NetworkID": "n1"}}}},
        }
    )
)
def test_any_json_anywhere_gives_a_network(odd: Any) -> None:
    network = odd["network"] if isinstance(odd["network"], dict) else {}
    inspect = odd["container"] if isinstance(odd["container"], dict) else {}
    (seen,) = read_networks(engine(networks=[network], containers=[container("web", **inspect)]))
    assert isinstance(seen.name, str) and all(isinstance(subnet, str) for subnet in seen.subnets)
