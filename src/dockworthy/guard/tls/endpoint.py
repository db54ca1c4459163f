"""The people's socket, reached by TLS: where it listens, with which papers, and who is told of those turned away."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable
from typing import cast

from ...errors import UsageError
from ...harden.remote_access.address import EngineAddress
from ..audit.flood_limits import SECONDS, Bounded, Told
from ..decision import Decision, refused
from ..listening import BACKLOG
from ..request import GuardRequest
from .connection import TlsConnection
from .handshakes import Handshakes

_ALIVE = ((socket.TCP_KEEPIDLE, 30), (socket.TCP_KEEPINTVL, 15), (socket.TCP_KEEPCNT, 4))
"""Seconds, seconds, times: who vanished without a word is let go after a minute and a half."""


_FREEBIND = {socket.AF_INET: (socket.IPPROTO_IP, 15), socket.AF_INET6: (socket.IPPROTO_IPV6, 78)}
"""ip(7): an address may come when the guard listens already, which comes before the network at a machine's start."""


def listen_tcp(place: EngineAddress, say: Callable[[str], None]) -> socket.socket:
    """`say` hears where the host has no such address yet. Raises UsageError where nobody can listen."""
    listening = socket.socket(socket.AF_INET6 if ":" in place.address else socket.AF_INET)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # a new guard comes before the old one goes
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)  # connections inherit it
        for option, value in _ALIVE:
            listening.setsockopt(socket.IPPROTO_TCP, option, value)
        _bind(listening, place, say)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise UsageError(
            f"--tls {place.url.removeprefix('tcp://')}: nobody can listen there: {error.strerror}",
            hint="an address of this host, and a port that is free",
        ) from None
    listening.setblocking(False)
    return listening


def _bind(listening: socket.socket, place: EngineAddress, say: Callable[[str], None]) -> None:
    where = place.address, place.port
    try:
        listening.bind(where)
    except OSError as error:
        if error.errno != errno.EADDRNOTAVAIL:
            raise
        listening.setsockopt(*_FREEBIND[listening.family], 1)
        listening.bind(where)
        say(f"this host has no address {place.address} yet; when it has, the guard is there")


_TITLE = "From elsewhere only holders of a certificate come in"


class TurnedAway:
    """`told` hears of them as it hears of refused requests."""

    def __init__(self, told: Told, *, seconds: float = SECONDS) -> None:
        self._told = Bounded(told, seconds=seconds)

    def __call__(self, address: str, why: str) -> None:
        decision = Decision(action="tls/handshake", refusals=(refused("guard/certificate", _TITLE, why),))
        self._told(GuardRequest(method="TLS", target="", user=f"somebody at {address}"), decision)

    def end(self) -> None:
        self._told.count()


class TlsEndpoint:
    """Listens at once; `context` is asked at each new connection: without one, nobody comes in. Raises UsageError where
    nobody can listen."""

    def __init__(
        self, place: EngineAddress, context: Callable[[], ssl.SSLContext | None], told: Told, say: Callable[[str], None]
    ) -> None:
        self._turned_away = TurnedAway(told)
        self._context, self._handshakes = context, Handshakes(self._turned_away)
        self._listening: socket.socket = listen_tcp(place, say)

    async def serve(self, make: Callable[[], asyncio.Protocol]) -> asyncio.Server:
        """`make` gives the reader of one connection, which begins when it is known who is there."""

        def connection() -> asyncio.Protocol:
            context = self._context()
            return _Closed() if context is None else TlsConnection(context, self._handshakes, make)

        return await asyncio.get_running_loop().create_server(connection, sock=self._listening, backlog=BACKLOG)

    def end(self) -> None:
        """What is still to be told is told."""
        self._turned_away.end()


class _Closed(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).abort()
