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
        except (OSError, UnicodeError):
            return None
    return getattr(found, "ipv4_mapped", None) or found


def is_this_host(name: str) -> bool:
    """Is it the loopback by its name? RFC 6761 gives all names below `localhost` to it."""
    bare = name.rstrip(".").lower()
    return bare.rpartition(".")[2] in ("localhost", "localdomain") or bare in ("ip6-localhost", "ip6-loopback")
