"""Which ports of a unit are really published: none of one that has the host's network, or no network."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.field import Set
from ...model.finding import Judgement, not_applicable
from ...model.host_addresses import published_at
from ...model.workload import Container, Port, Unit

_WITHOUT_PORTS = {"host": "the host's own network", "none": "no network"}
"""Network mode -> what it is. The engine discards published ports there."""


def published_of(container: Container, unit: Unit) -> Iterator[Port]:
    """Ports of the container that the engine opens on the host."""
    if network_without_ports(unit) is None:
        yield from (port for port in container.ports if port.host_port or port.picked)


def network_without_ports(unit: Unit) -> str | None:
    """`the host's own network`, where that makes the engine ignore every published port."""
    network = unit.namespaces.network
    return _WITHOUT_PORTS.get(network.value) if isinstance(network, Set) else None


def ports_ignored(unit: Unit) -> Judgement | None:
    """What a control on published ports says of such a unit."""
    where = network_without_ports(unit)
    if where is None:
        return None
    written = any(port.host_port or port.picked for container in unit.containers for port in container.ports)
    says = "the engine ignores its published ports" if written else "nothing is published there"
    return not_applicable(f"it is on {where}: {says}", unit.namespaces.network.source)


def is_on_all_addresses(port: Port) -> bool:
    address = published_at(port.host_ip)
    return address is None or address.is_unspecified


def is_loopback(port: Port) -> bool:
    address = published_at(port.host_ip)
    return address is not None and address.is_loopback


def shares_host_network(unit: Unit) -> bool:
    network = unit.namespaces.network
    return isinstance(network, Set) and network.value == "host"
