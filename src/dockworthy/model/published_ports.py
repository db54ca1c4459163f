"""Which container or service publishes a TCP port of the host.

The engine itself may hold such a port: always for a service of a swarm, and for containers where `userland-proxy` is
off. Who listens then says nothing about who answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from .field import Set
from .json_parts import items, part
from .snapshot import EngineFacts

_EVERY = ("", "*", "0.0.0.0", "::")


class PublishedPort(NamedTuple):
    """`who` is `container/NAME` or `service/NAME`; `address` is `""` for every address of the host."""

    who: str
    address: str
    port: int

    def is_at(self, address: str, port: int) -> bool:
        """Is this the socket that listens there?"""
        return self.port == port and self.address == every_as_one(address)

    def may_answer_at(self, address: str, port: int) -> bool:
        """May a connection to this address of the host lead there?"""
        asked = every_as_one(address)
        return self.port == port and (not asked or self.address in ("", asked))


def every_as_one(address: str) -> str:
    """The address, `""` for each way to write every address."""
    bare = address.removeprefix("[").removesuffix("]")
    return "" if bare in _EVERY else bare


def published_ports(engine: EngineFacts) -> tuple[PublishedPort, ...]:
    """Of the containers that were read, and of the services where this engine is a manager."""
    services = engine.services.value if isinstance(engine.services, Set) else ()
    return (*_of_containers(engine), *_of_services(services))


def published_as_listed(
    containers: Iterable[Mapping[str, Any]], services: Iterable[Mapping[str, Any]]
) -> tuple[PublishedPort, ...]:
    """The same of lists: GET /containers/json and GET /services."""
    found = [
        PublishedPort(f"container/{name.lstrip('/')}", every_as_one(str(part(each, "IP") or "")), each["PublicPort"])
        for container in containers
        for name in map(str, items(container, "Names")[:1])
        for each in items(container, "Ports")
        if part(each, "Type") == "tcp" and isinstance(part(each, "PublicPort"), int)
    ]
    return (*found, *_of_services(services))


def _of_containers(engine: EngineFacts) -> Iterator[PublishedPort]:
    for container in engine.containers.value if isinstance(engine.containers, Set) else ():
        inspect = container.inspect.value if isinstance(container.inspect, Set) else {}
        ports = part(inspect, "NetworkSettings", "Ports")
        for inside, published in ports.items() if isinstance(ports, dict) else ():
            for each in published if str(inside).endswith("/tcp") and isinstance(published, list) else ():
                port = str(part(each, "HostPort") or "")
                if port.isascii() and port.isdigit() and len(port) < 6:
                    address = every_as_one(str(part(each, "HostIp") or ""))
                    yield PublishedPort(f"container/{container.name}", address, int(port))


def _of_services(services: Iterable[Mapping[str, Any]]) -> Iterator[PublishedPort]:
    """On every node's every address, by the swarm's routing mesh."""
    for service in services:
        for each in items(service, "Endpoint", "Ports"):
            port, mode = part(each, "PublishedPort"), part(each, "PublishMode")
            if isinstance(port, int) and part(each, "Protocol") in ("tcp", None) and mode != "host":
                yield PublishedPort(f"service/{part(service, 'Spec', 'Name')}", "", port)
