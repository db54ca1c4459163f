"""A network of containers on public addresses hides the part of the internet that really has them."""

from __future__ import annotations

import ipaddress

from ...model.control import Control, Subject
from ...model.engine import Network
from ...model.field import Source
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.levels import Level, Severity

control = Control(
    id="network/private-subnets",
    title="Networks of containers use private addresses",
    fault="{who} [uses|use] public addresses",
    rationale="The host routes a network's addresses to its containers. If they belong to somebody on the internet, "
    "neither the host nor any container reaches that somebody.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="5.network",
    subject=Subject.NETWORK,
    remedy=Remedy(
        "Make the network again with a subnet of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or fd00::/8.",
        "recreates the containers on the network",
    ),
    check_yourself="docker network inspect -f '{{json .IPAM.Config}}' {name}",
    bad={
        "snapshot": [
            {
                "engine": {
                    "networks": [
                        {"Name": "shop", "Driver": "bridge", "IPAM": {"Config": [{"Subnet": "172.64.0.0/16"}]}}
                    ]
                }
            },
            {
                "engine": {
                    "networks": [
                        {
                            "Name": "shop",
                            "Driver": "bridge",
                            "IPAM": {"Config": [{"Subnet": "172.18.0.0/16"}, {"Subnet": "2a01:4f8::/64"}]},
                        }
                    ]
                }
            },
        ]
    },
    good={
        "snapshot": [
            {
                "engine": {
                    "networks": [
                        {
                            "Name": "shop",
                            "Driver": "bridge",
                            "IPAM": {"Config": [{"Subnet": "172.18.0.0/16"}, {"Subnet": "fd00:1::/64"}]},
                        }
                    ]
                }
            },
            {
                "engine": {
                    "networks": [
                        {"Name": "shop", "Driver": "bridge", "IPAM": {"Config": [{"Subnet": "100.64.3.0/24"}]}}
                    ]
                }
            },
        ]
    },
    unclear={
        "snapshot": {
            "engine": {
                "networks": [{"Name": "shop", "Driver": "bridge", "IPAM": {"Config": [{"Subnet": "10.0.0/300"}]}}]
            }
        }
    },
)

_ON_THE_LAN = ("macvlan", "ipvlan")
_CARRIER = ipaddress.IPv4Network("100.64.0.0/10")
"""Shared by carriers behind their own translation: nobody on the internet has these addresses."""


@control.judge
def private_subnets(network: Network) -> Judgement:
    place = Source(network.source.where, f"{network.name}.IPAM.Config")
    if not network.subnets or network.driver in _ON_THE_LAN:
        return not_applicable("it has no addresses of the engine's choice", place)
    try:
        public = [subnet for subnet in network.subnets if _is_public(subnet)]
    except ValueError as error:
        return unknown(f"a subnet can't be read: {error}", place)
    if public:
        kind = "IPv6 addresses that the internet can route to" if ":" in public[0] else "addresses of the internet"
        return failed(f"{', '.join(public)}: {kind}", place)
    return passed(f"{', '.join(network.subnets)}: private", place)


def _is_public(subnet: str) -> bool:
    network = ipaddress.ip_network(subnet, strict=False)
    shared = isinstance(network, ipaddress.IPv4Network) and _CARRIER.supernet_of(network)
    return not (network.is_private or network.is_link_local or shared)
