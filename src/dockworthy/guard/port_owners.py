"""Whose each listening port of the host is: a container's, a service's, or a program's of the host. The engine, or its
proxy, holds a published port."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import structs

from ..facts.host.sockets import NetSocket
from ..model.published_ports import PublishedPort, ports_as_listed
from .floor.host_ports import Listening

_EVERY = (ipaddress.IPv4Address(0), ipaddress.IPv6Address(0))
_SERVICE = "service"


def heard(socket: NetSocket) -> Listening:
    return Listening(socket.protocol.removesuffix("6"), ipaddress.ip_address(socket.address), socket.port)


def published_now(
    containers: Iterable[Mapping[str, Any]] | None, services: Iterable[Mapping[str, Any]] | None
) -> Iterator[Listening]:
    """What the lists `GET /containers/json` and `GET /services` show as published, each with the address that the
    engine holds for it: for a service it listens at every address."""
    return (one for each in ports_as_listed(containers or (), services or ()) for one in _listening(each))


def _listening(published: PublishedPort) -> Iterator[Listening]:
    by = published.who.partition("/")[0]
    exact = (ipaddress.ip_address(published.address),) if published.address else ()
    for address in _EVERY if by == _SERVICE else exact:
        yield Listening(published.protocol, address, published.port, by)


def with_owners(listening: Iterable[Listening], published: Iterable[Listening]) -> Iterator[Listening]:
    """Each with the kind of object that publishes just this port at just this address. A program that listens at
    another address is the host's, whatever a container publishes beside it."""
    known = {structs.replace(each, by=""): each for each in published}
    for each in listening:
        yield known.get(each, each)
