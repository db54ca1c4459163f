"""macvlan, ipvlan and unprotected bridges: every port of every container is open to the network outside."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.engine import Network
from ...model.field import Source
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed
from ...model.levels import Level, Severity

control = Control(
    id="network/closed-ports",
    title="A container's port is open to the outside only where it is published",
    fault="{who} [opens|open] unpublished ports of containers to the outside",
    rationale="On a macvlan or ipvlan network a container is a machine of the LAN: the host's firewall does not see its "
    "traffic, and what listens for the neighbours only is open to everyone there. A bridge in mode `nat-unprotected` "
    "lets everyone in who knows the way.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="1.reach",
    also_for=("5.network",),
    subject=Subject.NETWORK,
    references=(cis("1.6.0", "5.9"), cis("1.8.0", "5.9"), nist("4.4.2"), owasp("D03")),
    remedy=Remedy(
        "Put the containers on a bridge network and publish the ports that are needed. Where the LAN must see them, filter "
        "on the switch or in the containers' own network namespace.",
        "recreates the containers on the network; their addresses change",
    ),
    check_yourself="docker network inspect -f '{{.Driver}} {{.Options}}' {name}",
    bad={
        "snapshot": [
            {"engine": {"networks": [{"Name": "lan", "Driver": "macvlan", "Options": {"parent": "eth0"}}]}},
            {
                "engine": {
                    "networks": [
                        {"Name": "lan", "Driver": "ipvlan", "Options": {"ipvlan_mode": "l2", "parent": "eth0"}}
                    ]
                }
            },
            {
                "engine": {
                    "networks": [
                        {
                            "Name": "open",
                            "Driver": "bridge",
                            "Options": {"com.docker.network.bridge.gateway_mode_ipv4": "nat-unprotected"},
                        }
                    ]
                }
            },
        ]
    },
    good={
        "snapshot": [
            {"engine": {"networks": [{"Name": "shop", "Driver": "bridge"}]}},
            {"engine": {"networks": [{"Name": "shop", "Driver": "macvlan", "Internal": True}]}},
            {
                "engine": {
                    "networks": [
                        {
                            "Name": "shop",
                            "Driver": "bridge",
                            "Options": {"com.docker.network.bridge.gateway_mode_ipv4": "routed"},
                        }
                    ]
                }
            },
        ]
    },
)

_ON_THE_LAN = ("macvlan", "ipvlan")
_MODE = "com.docker.network.bridge.gateway_mode_ipv"


@control.judge
def closed_ports(network: Network) -> Judgement:
    if network.driver in ("host", "null"):
        return not_applicable("not a network of containers", network.source)
    if network.internal:
        return passed("internal: nothing outside reaches it", network.source)
    if network.driver in _ON_THE_LAN:
        parent = network.options.get("parent", "")
        where = f" through {parent}" if parent else ""
        return failed(f"{network.driver}: its containers are on the LAN{where}", _at(network, "Driver"))
    unprotected = [key for key, value in network.options.items() if key[:-1] == _MODE and value == "nat-unprotected"]
    if unprotected:
        return failed(
            "nat-unprotected: every port of its containers is open to whoever can route here", _at(network, "Options")
        )
    return passed(f"{network.driver}: only published ports are open", _at(network, "Driver"))


def _at(network: Network, path: str) -> Source:
    return Source(network.source.where, f"{network.name}.{path}")
