"""Published ports that somebody outside is meant to reach, and can, by the rules in force."""

from __future__ import annotations

from collections.abc import Iterator

from ..controls.machine._published import published
from ..controls.packet_filter.bridges import engine_bridges
from ..controls.packet_filter.reach import Doors
from ..model.field import Set
from ..model.machine import Machine


def open_as_meant(machine: Machine) -> Iterator[str]:
    """As `443/tcp (web)`, `443/tcp (web, IPv6)`. What can't be told is left out."""
    firewall = machine.host.firewall
    ports = [port for port in published(machine) if not port.is_loopback]
    if not ports or not isinstance(firewall, Set):
        return
    doors = Doors(firewall.value, machine.published, engine_bridges(machine))
    for port in ports:
        for ipv6 in port.families:
            door = doors.of(port.port, port.protocol, port.inside, ipv6=ipv6)
            if door is not None and any(branch.opens for branch in door.meant.branches) and not door.actual.closed:
                yield f"{port.port}/{port.protocol} ({port.name}{', IPv6' if ipv6 else ''})"
