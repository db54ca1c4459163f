"""By which names and addresses a container is reached on a network, spelt as the engine compares them. No I/O.

The engine's name server knows no case. Beside each name it answers to NAME.NETWORK, and for a swarm's service to
tasks.NAME. It asks every network for the whole name first, so that an alias `db.shop_default` comes before the `db` of
shop_default. Addresses it reads as Go does: net.ParseIP, net.ParseMAC.

Sources: libnetwork's sandbox.go (ResolveName), agent.go (tasks.NAME) of Engine 26.1; net/mac.go of Go 1.22.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

DEFAULT_BRIDGE = frozenset(("", "default", "bridge"))
"""Words by which a container joins the engine's default bridge."""
PREDEFINED = DEFAULT_BRIDGE | {"none", "host"}
"""Words that the engine reads as such, whatever else is called so."""
_HARDWARE_ADDRESS = re.compile(r"[0-9a-f]{2}([:-][0-9a-f]{2}){5,19}|[0-9a-f]{4}(\.[0-9a-f]{4}){2,9}", re.IGNORECASE)
_ENDPOINT_ADDRESSES = ("MacAddress", "IPAddress", "GlobalIPv6Address")


def joins_another(mode: str) -> bool:
    """Of `host`, `container:NAME` and `service:NAME` what listens on loopback alone is reached, too."""
    return mode == "host" or mode.startswith(("container:", "service:"))


def comparable(name: str) -> str:
    """One spelling of a name, an IP address or a hardware address: two that are the same for the engine are equal."""
    if _HARDWARE_ADDRESS.fullmatch(name):
        return "hardware address " + re.sub("[:.-]", "", name).lower()
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return name.casefold().rstrip(".")
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def is_address(name: str) -> bool:
    """An IP address or a hardware address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return _HARDWARE_ADDRESS.fullmatch(name) is not None
    return True


def with_network(names: Iterable[str], network: str) -> Iterator[str]:
    """Each name as it is and as NAME.NETWORK. Addresses stay alone."""
    for name in names:
        yield name
        if not is_address(name):
            yield f"{name}.{network}"


def with_tasks(names: Iterable[str]) -> Iterator[str]:
    """The names of a swarm's service and those of all its tasks."""
    for name in names:
        yield name
        yield f"tasks.{name}"


def networks_in(name: str) -> Iterator[str]:
    """What may be the network in NAME.NETWORK: both may have dots. Nothing for an address."""
    parts = [] if is_address(name) else name.rstrip(".").split(".")
    return (".".join(parts[index:]) for index in range(1, len(parts)))


def endpoint_names(endpoint: Mapping[str, Any]) -> list[str]:
    """All names and addresses of an `EndpointSettings` of the engine's API; of a container that is stopped those that
    it comes back with."""
    ipam = endpoint.get("IPAMConfig") or {}
    found = [*(endpoint.get("Aliases") or ()), *(endpoint.get("DNSNames") or ())]
    found += [endpoint.get(key) for key in _ENDPOINT_ADDRESSES]
    found += [ipam.get("IPv4Address"), ipam.get("IPv6Address"), *(ipam.get("LinkLocalIPs") or ())]
    return [str(each) for each in found if each]
