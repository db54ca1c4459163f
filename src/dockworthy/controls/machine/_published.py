"""The ports of this host that lead to containers."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, structs

from ...model.field import Source
from ...model.machine import Machine
from ...model.workload import Unit
from ._running import running

_EVERY = ("", "0.0.0.0", "::")


class Published(Struct, frozen=True):
    """`address` is `0.0.0.0` for every address of the host, IPv6 too. `families`: over IPv4 (False), IPv6 (True)?"""

    address: str
    port: int
    protocol: str
    inside: int
    name: str
    source: Source
    families: tuple[bool, ...]

    @property
    def about(self) -> str:
        protocol = "" if self.protocol == "tcp" else f"/{self.protocol}"
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"port/{address}:{self.port}{protocol}"

    @property
    def is_loopback(self) -> bool:
        return self.address.startswith("127.") or self.address == "::1"


def published(machine: Machine) -> list[Published]:
    """Of running containers and of services, each address and port once."""
    units = [unit for unit, _ in running(machine)] + [unit for unit in machine.units if unit.kind == "service"]
    found: dict[str, Published] = {}
    for unit in units:
        for port in _of(unit):
            known = found.get(port.about, port)
            found[port.about] = structs.replace(known, families=tuple(sorted({*known.families, *port.families})))
    return list(found.values())


def _of(unit: Unit) -> Iterator[Published]:
    for container in unit.containers:
        for port in container.ports:
            if port.host_port:
                address = "0.0.0.0" if port.host_ip in _EVERY else port.host_ip
                families = (False, True) if not port.host_ip else (":" in port.host_ip,)
                yield Published(
                    address, port.host_port, port.protocol, port.container_port, unit.name, port.declared_at, families
                )
