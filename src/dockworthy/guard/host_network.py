"""Addresses that the host itself sends to: a network of containers over them would get what is meant for others. And
those that lead to the host itself, and to its containers: the engine reaches there what others do not.

Sources: proc_net(5), /proc/net/route and ipv6_route; resolv.conf(5); hosts(5).
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
from collections.abc import Callable, Iterator

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


def names_of_host(root: Root, what: Callable[[str], str]) -> frozenset[str]:
    """Its own name, and all that its table gives to an address that leads to it, or to its link; in small letters.
    `what` tells what of the host an address is, or is empty."""
    found: set[str] = set()
    with contextlib.suppress(OSError):
        found.update(root.read("/etc/hostname").lower().split()[:1])
    lines: list[str] = []
    with contextlib.suppress(OSError):
        lines = root.read("/etc/hosts").splitlines()
    known: dict[str, bool] = {}  # tables that block names give one address to thousands
    for address, *names in filter(None, (line.partition("#")[0].split() for line in lines)):
        if address not in known:
            known[address] = _leads_here(address.partition("%")[0], what)
        if known[address]:
            found.update(name.lower().rstrip(".") for name in names)
    return frozenset(found)


def _leads_here(text: str, what: Callable[[str], str]) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified or address.is_link_local or bool(what(text))


def what_of_host(root: Root, address: str) -> str:
    """What an address leads to, where that is this host or one of its containers; else empty. `address` as the library
    writes it."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    if _sends_to_itself(family, address) or _may_listen(root, family, address):
        return "the host itself"
    networks = _of_containers(root) if family == socket.AF_INET else _of_containers_in_6(root)
    inside = any(ipaddress.ip_address(address) in network for network in networks)
    return "an address of containers on this host" if inside else ""


def _sends_to_itself(family: int, address: str) -> bool:
    """Nothing is sent: the kernel is asked from where it would; to an interface of its own, from there."""
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as asking:
        asking.connect((address, 9))
        return bool(asking.getsockname()[0] == address)
    return False


def _may_listen(root: Root, family: int, address: str) -> bool:
    """Also where a route makes a whole network the host's own. Some load balancers may listen anywhere."""
    version = "ipv6" if family == socket.AF_INET6 else "ipv4"
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as listening:
        if root.read(f"/proc/sys/net/{version}/ip_nonlocal_bind").strip() == "0":
            listening.bind((address, 0))
            return True
    return False


def _of_containers(root: Root) -> Iterator[ipaddress.IPv4Network]:
    with contextlib.suppress(OSError):
        for line in root.read("/proc/net/route").splitlines()[1:]:
            interface, destination, gateway, _, _, _, _, mask, *_ = line.split()
            if _ENGINES.fullmatch(interface) and not int(gateway, 16):
                yield ipaddress.IPv4Network((_address(root, destination), str(_address(root, mask))))


def _of_containers_in_6(root: Root) -> Iterator[ipaddress.IPv6Network]:
    with contextlib.suppress(OSError):
        for line in root.read("/proc/net/ipv6_route").splitlines():
            destination, length, *_, interface = line.split()
            if _ENGINES.fullmatch(interface):
                yield ipaddress.IPv6Network((int(destination, 16), int(length, 16)))


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
