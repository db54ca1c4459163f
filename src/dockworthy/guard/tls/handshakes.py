"""Handshakes under way: few, and not for long, whoever dials; each that fails is told of."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import time
from collections.abc import Callable, Hashable

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


PATIENCE = 10.0
"""Seconds that a handshake may take: an honest one takes two ways there and back."""
MOST = 128
"""At a time. The oldest makes room for a new one: honest ones are over in milliseconds, so that it hits who waits."""

Told = Callable[[str, str], None]
"""Hears the address of who was turned away, and why."""


class Handshakes:
    def __init__(self, told: Told, *, patience: float = PATIENCE, most: int = MOST) -> None:
        self._told, self._patience, self._most = told, patience, most
        self._open: dict[Hashable, tuple[asyncio.Transport, asyncio.TimerHandle]] = {}
        self._failed: set[Hashable] = set()
        self._knocks = Knocks()

    def begin(self, connection: Hashable, transport: asyncio.Transport) -> None:
        address = address_of(transport)
        if not self._knocks.may(address):
            self._told(address, "too many of its handshakes failed")
            transport.abort()
            return
        if len(self._open) >= self._most:
            self._cut_off(next(iter(self._open)), "others wait for their handshake")
        late = f"no handshake within {self._patience:g} s"
        timer = asyncio.get_running_loop().call_later(self._patience, self._cut_off, connection, late)
        self._open[connection] = transport, timer

    def failed(self, connection: Hashable, error: ssl.SSLError) -> None:
        """It has until the end of its time to read why."""
        self._failed.add(connection)
        self._told(address_of(self._open[connection][0]), _in_words(error))

    def done(self, connection: Hashable) -> None:
        self._knocks.was_well(address_of(self._open[connection][0]))
        self.end(connection)

    def end(self, connection: Hashable) -> None:
        """The client went: a port that is only tried is nobody's attack."""
        self._failed.discard(connection)
        if connection in self._open:
            self._open.pop(connection)[1].cancel()

    def _cut_off(self, connection: Hashable, why: str) -> None:
        transport = self._open[connection][0]
        if connection not in self._failed:
            self._told(address_of(transport), why)
        self.end(connection)
        transport.abort()


def address_of(transport: asyncio.BaseTransport) -> str:
    peer = transport.get_extra_info("peername")
    return str(peer[0]) if peer else "an address that is not known any more"


def _in_words(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not good: {error.verify_message}"
    return {
        "PEER_DID_NOT_RETURN_A_CERTIFICATE": "it shows no certificate",
        "HTTP_REQUEST": "it speaks plain HTTP",
        "UNSUPPORTED_PROTOCOL": "it speaks a version of TLS before 1.2",
    }.get(error.reason or "", f"the handshake failed: {(error.reason or 'for no reason that it names').lower()}")
