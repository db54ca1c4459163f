"""Who listens on the host, and for which container or service: the engine, or its proxy, holds a published port."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import structs

from ..facts.host.sockets import NetSocket
from ..readers.api_object import ApiObject
from .floor.host_ports import Listening

_EVERY = (ipaddress.IPv4Address(0), ipaddress.IPv6Address(0))


def heard(socket: NetSocket) -> Listening:
    address = ipaddress.ip_address(socket.address)
    return Listening(socket.protocol.removesuffix("6"), getattr(address, "ipv4_mapped", None) or address, socket.port)


def published_now(containers: Any, services: Any) -> Sequence[Listening]:
    """What the lists `GET /containers/json` and `GET /services` show as published, each with the address that the
    engine holds for it."""
    return (*_of_containers(containers or ()), *_of_services(services or ()))


def _of_containers(containers: Iterable[Mapping[str, Any]]) -> Iterator[Listening]:
    for container in containers:
        for each in ApiObject(container, "GET /containers/json").items("Ports"):
            port, address = each.at("PublicPort").data, each.word("IP")
            if isinstance(port, int) and address:
                yield Listening(each.word("Type"), ipaddress.ip_address(address), port, "container")


def _of_services(services: Iterable[Mapping[str, Any]]) -> Iterator[Listening]:
    """In the routing mesh the engine listens at every address. In mode `host` the tasks' containers do."""
    for service in services:
        for each in ApiObject(service, "GET /services").items("Endpoint", "Ports"):
            port = each.at("PublishedPort").data
            if isinstance(port, int) and each.word("PublishMode") != "host":
                for address in _EVERY:
                    yield Listening(each.word("Protocol") or "tcp", address, port, "service")


def named(listening: Iterable[Listening], published: Iterable[Listening]) -> Iterator[Listening]:
    """Each with the kind of object that publishes just this port at just this address. A program that listens at
    another address is the host's, whatever a container publishes beside it."""
    known = {structs.replace(each, by=""): each for each in published}
    for each in listening:
        yield known.get(each, each)
