"""What counts as worse: a published port that is meant to be open, and whose rules no longer let anybody in."""

from __future__ import annotations

from pathlib import Path

from msgspec import structs

import examples
from dockworthy.harden.condition import condition_of, worse
from dockworthy.harden.steps.published_ports.planning import inside_interfaces
from dockworthy.model.machine import Machine
from dockworthy.model.policy import Exposure

_RULES = ["# iptables-nft-save", "*filter", ":INPUT DROP", ":FORWARD DROP", ":DOCKER -", ":DOCKER-USER -",
          "-A INPUT -p tcp -m tcp --dport 8080 -j ACCEPT", "-A FORWARD -j DOCKER-USER"]  # fmt: skip


def machine(*docker_user: str) -> Machine:
    bound = {
        "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}],
        "81/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8081"}],
    }
    firewall = {"backend": "nft", "rules": [*_RULES, *docker_user], "input_policy": "drop"}
    networks = [
        {"Name": "shop", "Id": "0123456789abcdef", "Driver": "bridge"},
        {"Name": "own", "Id": "f" * 64, "Driver": "bridge", "Options": {"com.docker.network.bridge.name": "shopbr0"}},
    ]
    part = {
        "host": {"firewall": {"is": "set", "value": firewall, "source": {"where": "iptables"}}},
        "engine": {
            "containers": [{"name": "web", "inspect": {"NetworkSettings": {"Ports": bound}}}],
            "networks": networks,
        },
    }
    return examples.machine_of("snapshot", part, Path("/nonexistent"))


def test_an_intended_port_that_is_closed_is_worse() -> None:
    before, after = condition_of(machine()), condition_of(machine("-A DOCKER-USER -j DROP"))
    assert worse(before, after) == ["nobody outside reaches port 8080/tcp (web) any more"]
    assert worse(after, before) == [], "8081 was meant for nobody, whatever the rules let in"
    limited = condition_of(machine("-A DOCKER-USER -s 203.0.113.9/32 -j DROP"))
    assert worse(before, limited) == [] and worse(before, before) == []


def test_what_dockworthy_yaml_says_comes_first() -> None:
    says = {"8081/tcp": Exposure.INTERNET, "8080/tcp": Exposure.PRIVATE}
    before = structs.replace(machine(), published=says)
    after = structs.replace(machine("-A DOCKER-USER -j DROP"), published=says)
    assert worse(condition_of(before), condition_of(after)) == ["nobody outside reaches port 8081/tcp (web) any more"]


def test_a_bridge_of_the_host_is_outside() -> None:
    seen = ["lo", "eth0", "docker0", "br-0123456789ab", "shopbr0"]
    assert inside_interfaces(machine(), seen) == ["docker0", "docker_gwbridge", "br-+", "shopbr0"]
    with_lan = inside_interfaces(machine(), [*seen, "br-lan"])
    assert with_lan == ["br-0123456789ab", "docker0", "docker_gwbridge", "shopbr0"]
