"""Where the guard listens on a network: one address of this host, never all of them."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable

from ...errors import UsageError
from ...harden.remote_access.address import Place
from ..listening import BACKLOG

_ALIVE = ((socket.TCP_KEEPIDLE, 30), (socket.TCP_KEEPINTVL, 15), (socket.TCP_KEEPCNT, 4))
"""Seconds, seconds, times: who vanished without a word is let go after a minute and a half."""


_FREEBIND = {socket.AF_INET: (socket.IPPROTO_IP, 15), socket.AF_INET6: (socket.IPPROTO_IPV6, 78)}
"""ip(7): an address may come when the guard listens already, which comes before the network at a machine's start."""


def listen_tcp(place: Place, say: Callable[[str], None]) -> socket.socket:
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


def _bind(listening: socket.socket, place: Place, say: Callable[[str], None]) -> None:
    where = place.address, place.port
    try:
        listening.bind(where)
    except OSError as error:
        if error.errno != errno.EADDRNOTAVAIL:
            raise
        listening.setsockopt(*_FREEBIND[listening.family], 1)
        listening.bind(where)
        say(f"this host has no address {place.address} yet; when it has, the guard is there")


__all__ = ["listen_tcp"]
