"""The people's socket, reached by TLS: where it listens, with which papers, and who is told of those turned away."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import cast

from ...harden.remote_access.address import Place
from ..audit.bounded import Told
from ..listening import BACKLOG
from .connection import TlsConnection
from .handshakes import Handshakes
from .listening import listen_tcp
from .turned_away import TurnedAway


class TlsEndpoint:
    """Listens at once; `context` is asked at each new connection: without one, nobody comes in. Raises UsageError where
    nobody can listen."""

    def __init__(
        self, place: Place, context: Callable[[], ssl.SSLContext | None], told: Told, say: Callable[[str], None]
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


__all__ = ["TlsEndpoint"]
