"""A network of containers on addresses that belong to somebody else cuts the host off from them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from ...model.control import Control, Subject
from ...model.engine import Network
from ...model.field import Set, Source
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import both, not_seen, on_host
from ._running import gap


def _network(subnet: str) -> dict[str, object]:
    return {"engine": {"networks": [{"Name": "shop", "Driver": "bridge", "IPAM": {"Config": [{"Subnet": subnet}]}}]}}


control = Control(
    id="machine/subnets-apart",
    title="Networks of containers do not cover addresses that the host needs",
    fault="{who} [covers|cover] addresses that the host needs",
    rationale="The host sends everything for a network's addresses to its containers: a name server, a swarm node or a "
    "file server with such an address is gone, often only after somebody made the one network too many.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="5.network",
    subject=Subject.MACHINE,
    remedy=Remedy(
        "Make the network again with another subnet, and set `default-address-pools` to a range that nobody here uses.",
        "recreates the containers on the network",
    ),
    check_yourself="ip route; grep nameserver /etc/resolv.conf; docker network inspect -f '{{.Name}} {{.IPAM.Config}}' $(docker network ls -q)",
    bad={"snapshot": both(_network("172.17.0.0/16"), on_host(dns=["172.17.5.53"]))},
    good={
        "snapshot": [
            both(_network("172.17.0.0/16"), on_host(dns=["192.0.2.53", "127.0.0.53"])),
            both(_network("172.17.0.0/16"), on_host(dns=["fe80::1%eth0", "odd"])),
        ]
    },
    unclear={"snapshot": both(_network("172.17.0.0/16"), on_host(dns=not_seen()))},
)


@control.judge
def subnets_apart(machine: Machine) -> Iterator[Judgement]:
    networks = [network for network in machine.networks if network.subnets and network.driver == "bridge"]
    if not networks:
        yield gap(machine, "networks") or not_applicable("no network has addresses", Source("GET /networks", "IPAM"))
    needed = _needed(machine)
    for network in networks:
        place = Source(network.source.where, f"{network.name}.IPAM.Config")
        about = f"network/{network.name}"
        taken = [what for address, what in needed if _covers(network, address)]
        if taken:
            yield failed(f"{', '.join(network.subnets)} covers {taken[0]}", place, about=about)
        elif not isinstance(machine.host.dns, Set):
            reason = getattr(machine.host.dns, "reason", "the host names no name server")
            yield unknown(reason, machine.host.dns.source, about=about)
        else:
            yield passed(
                f"{', '.join(network.subnets)} covers no name server and no node of the swarm", place, about=about
            )


def _needed(machine: Machine) -> list[tuple[str, str]]:
    """(address, what it is)."""
    dns = machine.host.dns.value if isinstance(machine.host.dns, Set) else ()
    needed = [(address, f"the host's name server {address}") for address in dns if not address.startswith("127.")]
    if machine.cluster is not None and isinstance(machine.cluster.nodes, Set):
        for node in machine.cluster.nodes.value:
            status = node.get("Status")
            address = status.get("Addr") if isinstance(status, dict) else None
            if isinstance(address, str):
                needed.append((address, f"the swarm's node {address}"))
    return needed


def _covers(network: Network, address: str) -> bool:
    try:
        host = ipaddress.ip_address(address.partition("%")[0])
        return any(host in ipaddress.ip_network(subnet, strict=False) for subnet in network.subnets)
    except ValueError:
        return False
