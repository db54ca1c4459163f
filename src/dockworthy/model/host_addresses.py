"""Addresses as people and programs write them: parsed before they are compared, for one address has many spellings."""

from __future__ import annotations

import ipaddress
import socket

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
LOOPBACK = (ipaddress.IPv4Address("127.0.0.1"), ipaddress.IPv6Address("::1"))


def address_of(text: str) -> Address | None:
    """None for what is a name. Also as old programs write one (`0x7f.1`, `2130706433`, `172.18.2`), and an address of
    IPv4 inside one of IPv6 as that of IPv4. Source: inet_aton(3)."""
    bare = text.removeprefix("[").removesuffix("]").partition("%")[0]
    try:
        found = ipaddress.ip_address(bare)
    except ValueError:
        try:
            return ipaddress.IPv4Address(socket.inet_aton(bare)) if bare and " " not in bare else None
        except (OSError, ValueError):
            return None
    return getattr(found, "ipv4_mapped", None) or found


def published_at(text: str) -> Address | None:
    """Where the engine opens a port that is published at `text`. None is every address of the host, as it takes all
    that it can't read: a name, fewer than four numbers, an address in brackets or
    with a zone (`::1%lo`). Source: moby
    daemon/network.go, buildCreateEndpointOptions; net.ParseIP of Go 1.22."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    if "%" in text:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def is_this_host(text: str) -> bool:
    """As far as its spelling tells: a name or an address of the loopback, or the address that is every one of the host.
    RFC 6761 gives all names below `localhost` to the loopback."""
    name, address = text.rstrip(".").lower(), address_of(text)
    if address is not None:
        return address.is_loopback or address.is_unspecified
    return name.rpartition(".")[2] in ("localhost", "localdomain") or name in ("ip6-localhost", "ip6-loopback")


def may_answer_at(listens: str, address: Address | None) -> bool:
    """May what listens at `listens`, `""` for every address, answer at `address`? None: it may be any address."""
    own = address_of(listens)
    return own is None or own.is_unspecified or address is None or address.is_unspecified or own == address
