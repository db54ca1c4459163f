"""The ports of this host that lead to containers."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ...model.field import Source
from ...model.machine import Machine
from ...model.workload import Unit
from ._running import running

_EVERY = ("", "0.0.0.0", "::")


class Published(Struct, frozen=True):
    """`address` is `0.0.0.0` for every address of the host, IPv6 too."""

    address: str
    port: int
    protocol: str
    inside: int
    name: str
    source: Source

    @property
    def about(self) -> str:
        protocol = "" if self.protocol == "tcp" else f"/{self.protocol}"
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"port/{address}:{self.port}{protocol}"

    @property
    def families(self) -> tuple[bool, ...]:
        """Is it open over IPv4 (False), IPv6 (True), or both?"""
        return (False, True) if self.address in _EVERY else (":" in self.address,)

    @property
    def is_loopback(self) -> bool:
        return self.address.startswith("127.") or self.address == "::1"


def published(machine: Machine) -> list[Published]:
    """Of running containers and of services, each address and port once."""
    units = [unit for unit, _ in running(machine)] + [unit for unit in machine.units if unit.kind == "service"]
    found: dict[str, Published] = {}
    for unit in units:
        for port in _of(unit):
            found.setdefault(port.about, port)
    return list(found.values())


def _of(unit: Unit) -> Iterator[Published]:
    for container in unit.containers:
        for port in container.ports:
            if port.host_port:
                address = "0.0.0.0" if port.host_ip in _EVERY else port.host_ip
                yield Published(
                    address, port.host_port, port.protocol, port.container_port, unit.name, port.declared_at
                )
