"""The IPv4 addresses of a host's interfaces, as `ip` prints them. Source: ip-address(8)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

SHOW_ADDRESSES = "ip -o -4 address show up scope global"


def interfaces_in(output: str) -> Iterator[tuple[str, ipaddress.IPv4Interface]]:
    """Name -> address, of lines as `2: eth0    inet 192.0.2.7/24 brd … scope global eth0`; other lines are left out."""
    for line in output.splitlines():
        words = line.split()
        if len(words) < 4 or words[2] != "inet":
            continue
        try:
            yield words[1].partition("@")[0], ipaddress.IPv4Interface(words[3])
        except ValueError:
            continue
