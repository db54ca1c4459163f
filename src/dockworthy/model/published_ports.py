"""Which container or service publishes a port of the host.

The engine itself may hold such a port: always for a service of a swarm, and for containers where `userland-proxy` is
off. Who listens then says nothing about who answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from .field import Set
from .host_addresses import address_of, may_answer_at
from .json_parts import items, part
from .snapshot import EngineFacts


class PublishedPort(NamedTuple):
    """`who` is `container/NAME` or `service/NAME`; `address` is `""` for every address of the host."""

    who: str
    address: str
    port: int
    protocol: str = "tcp"

    def is_at(self, address: str, port: int) -> bool:
        """Is this the socket that listens there?"""
        return self.port == port and self.address == every_as_one(address)

    def may_answer_at(self, address: str, port: int) -> bool:
        """May a connection to this address of the host lead there?"""
        return self.port == port and may_answer_at(self.address, address_of(address))


def every_as_one(text: str) -> str:
    """The address in one spelling, `""` for each way to write every address. A name stays as it is."""
    bare, address = text.removeprefix("[").removesuffix("]"), address_of(text)
    if address is None:
        return "" if bare == "*" else bare
    return "" if address.is_unspecified else str(address)


def published_ports(engine: EngineFacts) -> tuple[PublishedPort, ...]:
    """Those of TCP, of the containers that were read, and of the services where this engine is a manager."""
    services = engine.services.value if isinstance(engine.services, Set) else ()
    return (*_of_containers(engine), *(each for each in _of_services(services) if each.protocol == "tcp"))


def published_as_listed(
    containers: Iterable[Mapping[str, Any]], services: Iterable[Mapping[str, Any]]
) -> tuple[PublishedPort, ...]:
    """The same of lists: GET /containers/json and GET /services."""
    found = ports_as_listed(containers, services)
    return tuple(each._replace(address=every_as_one(each.address)) for each in found if each.protocol == "tcp")


def ports_as_listed(
    containers: Iterable[Mapping[str, Any]], services: Iterable[Mapping[str, Any]]
) -> Iterator[PublishedPort]:
    """Of every protocol, with the address as it is listed: services have none."""
    for container in containers:
        name = "".join(map(str, items(container, "Names")[:1])).lstrip("/")
        for each in items(container, "Ports"):
            port = part(each, "PublicPort")
            if isinstance(port, int):
                yield PublishedPort(f"container/{name}", str(part(each, "IP") or ""), port, str(part(each, "Type")))
    yield from _of_services(services)


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
    """On every node's every address, by the swarm's routing mesh. In mode `host` the tasks' containers have them."""
    for service in services:
        for each in items(service, "Endpoint", "Ports"):
            port, protocol = part(each, "PublishedPort"), str(part(each, "Protocol") or "tcp")
            if isinstance(port, int) and part(each, "PublishMode") != "host":
                yield PublishedPort(f"service/{part(service, 'Spec', 'Name')}", "", port, protocol)
