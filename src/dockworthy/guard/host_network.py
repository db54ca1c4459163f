"""Addresses that the host itself sends to: a network of containers over them would get what is meant for others.

Sources: proc_net(5), /proc/net/route; resolv.conf(5).
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
from collections.abc import Iterator

from ..facts.host.dns import read_dns
from ..facts.host.root import Root
from ..model.field import Set

_ENGINES = re.compile(r"docker0|docker_gwbridge|br-[0-9a-f]{12}|veth[0-9a-f]+")
"""Interfaces that the engine makes: it keeps its networks apart itself."""
_A_LAN = 16
"""Bits of a network's mask: routes to more than that (a VPN for all of 10.0.0.0/8) say little of who is there."""


def addresses_of_host(root: Root) -> tuple[tuple[str, str], ...]:
    """(network, what it is to the host): its name servers, gateways, and the networks that it is in (of version 6
    the name servers alone)."""
    return (*_name_servers(root), *_routes(root))


def names_of_loopback(root: Root) -> frozenset[str]:
    """In small letters. Source: hosts(5)."""
    try:
        lines = root.read("/etc/hosts").splitlines()
    except OSError:
        return frozenset()
    found: set[str] = set()
    for address, *names in filter(None, (line.partition("#")[0].split() for line in lines)):
        with contextlib.suppress(ValueError):
            if ipaddress.ip_address(address.partition("%")[0]).is_loopback:
                found.update(name.lower().rstrip(".") for name in names)
    return frozenset(found)


def _name_servers(root: Root) -> Iterator[tuple[str, str]]:
    with contextlib.suppress(FileNotFoundError):
        servers = read_dns(root)
        for address in servers.value if isinstance(servers, Set) else ():
            with contextlib.suppress(ValueError):  # the resolver passes over such a line, too
                yield str(ipaddress.ip_address(address.partition("%")[0])), f"the host's name server {address}"


def _routes(root: Root) -> Iterator[tuple[str, str]]:
    with contextlib.suppress(FileNotFoundError):
        for line in root.read("/proc/net/route").splitlines()[1:]:
            interface, destination, gateway, _, _, _, _, mask, *_ = line.split()
            network = ipaddress.IPv4Network((_address(root, destination), str(_address(root, mask))))
            if network.prefixlen == 0 and int(gateway, 16):
                yield str(_address(root, gateway)), f"the host's gateway {_address(root, gateway)}"
            elif network.prefixlen >= _A_LAN and not int(gateway, 16) and not _ENGINES.fullmatch(interface):
                yield str(network), f"{network}, in which the host itself is"


def _address(root: Root, text: str) -> ipaddress.IPv4Address:
    """Written as a number of this kernel's."""
    return ipaddress.IPv4Address(int(text, 16).to_bytes(4, "little" if root.byteorder == "little" else "big"))


__all__ = ["addresses_of_host", "names_of_loopback"]
