"""How often somebody may fail: a handshake costs the guard half a millisecond, which all who ask would wait for."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable

PER_SECOND = 10.0
AT_ONCE = 100.0
_MOST = 4096
"""Addresses that are remembered; of more, those that were heard of last."""


class Knocks:
    """Each begins with AT_ONCE tries and gets PER_SECOND; one that turned out well is given back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}

    def may(self, address: str) -> bool:
        """It knocks. Is it heard?"""
        key = _key(address)
        left = self._now(key)
        if left < 1:
            return False
        self._keep(key, left - 1)
        return True

    def was_well(self, address: str) -> None:
        key = _key(address)
        self._keep(key, min(self._now(key) + 1, AT_ONCE))

    def _now(self, key: str) -> float:
        left, at = self._left.get(key, (AT_ONCE, self._clock()))
        return min(AT_ONCE, left + (self._clock() - at) * PER_SECOND)

    def _keep(self, key: str, left: float) -> None:
        self._left.pop(key, None)  # the one heard of last stands last
        if left < AT_ONCE:
            self._left[key] = left, self._clock()
        if len(self._left) > _MOST:
            self._left.pop(next(iter(self._left)))


def _key(address: str) -> str:
    """Of IPv6 the network: whoever has one address there has all."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if found.version == 4:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False))


__all__ = ["AT_ONCE", "PER_SECOND", "Knocks"]
