"""Where the guard listens on a network: one address of this host, never all of them."""

from __future__ import annotations

import socket

from ...errors import UsageError
from ...harden.remote_access.address import Place
from ..listening import BACKLOG

_ALIVE = ((socket.TCP_KEEPIDLE, 30), (socket.TCP_KEEPINTVL, 15), (socket.TCP_KEEPCNT, 4))
"""Seconds, seconds, times: who vanished without a word is let go after a minute and a half."""


def listen_tcp(place: Place) -> socket.socket:
    """Raises UsageError where it can't."""
    listening = socket.socket(socket.AF_INET6 if ":" in place.address else socket.AF_INET)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # a new guard comes before the old one goes
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)  # connections inherit it
        for option, value in _ALIVE:
            listening.setsockopt(socket.IPPROTO_TCP, option, value)
        listening.bind((place.address, place.port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise UsageError(
            f"--tls {place.url.removeprefix('tcp://')}: nobody can listen there: {error.strerror}",
            hint="an address of this host, and a port that is free",
        ) from None
    listening.setblocking(False)
    return listening


__all__ = ["listen_tcp"]
