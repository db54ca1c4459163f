"""Ports of a protocol, as people write them: `443/tcp`, `8000-8010/udp`."""

from __future__ import annotations

from msgspec import Struct

PROTOCOLS = ("tcp", "udp", "sctp")
_HIGHEST = 65535


class Ports(Struct, frozen=True):
    """A protocol's ports from `low` to `high`."""

    protocol: str
    low: int
    high: int

    @classmethod
    def parse(cls, name: str) -> Ports:
        """`443` is `443/tcp`. Raises ValueError with a sentence."""
        numbers, _, protocol = name.partition("/")
        low, dash, high = numbers.partition("-")
        if not _is_number(low) or (dash and not _is_number(high)) or protocol not in ("", *PROTOCOLS):
            raise ValueError(f"{name!r} is no port: 443/tcp or 8000-8010/udp is one")
        ports = cls(protocol or "tcp", int(low), int(high or low))
        if not 0 < ports.low <= ports.high <= _HIGHEST:
            raise ValueError(f"{name!r} is no port: from 1 to {_HIGHEST}, the lower first")
        return ports

    def holds(self, protocol: str, port: int) -> bool:
        return self.protocol == protocol and self.low <= port <= self.high

    def includes(self, other: Ports) -> bool:
        """All of the other's ports."""
        return self.protocol == other.protocol and self.low <= other.low and other.high <= self.high

    def overlaps(self, other: Ports) -> bool:
        """At least one port of the other's."""
        return self.protocol == other.protocol and self.low <= other.high and other.low <= self.high

    def __str__(self) -> str:
        return f"{self.low if self.low == self.high else f'{self.low}-{self.high}'}/{self.protocol}"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 6
