"""How a machine is at one moment, as far as a change must not make it worse: engine, containers, listening ports."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ..controls.machine._published import published
from ..controls.packet_filter.bridges import engine_bridges
from ..controls.packet_filter.reach import Doors
from ..model.field import Set
from ..model.machine import Machine
from ..model.workload import State

_PICKED_FROM = 32768
"""Linux picks ports from here on (net.ipv4.ip_local_port_range): they come and go."""


_THE_ENGINE = ("dockerd", "docker-proxy", "rootlesskit")


class Condition(Struct, frozen=True):
    """`running`: names of running containers -> their health (`""` for those without a check). `ports` as
    `tcp 0.0.0.0:80`: where programs of the host listen, on ports that they do not pick anew each time. `engine` is why
    it does not answer, `""` where it does. `checked`: when the last health check of each began, RFC 3339. `published`:
    ports of containers that somebody outside is meant to reach, and can."""

    engine: str
    running: dict[str, str]
    ports: frozenset[str]
    checked: dict[str, str] = {}
    published: frozenset[str] = frozenset()


def condition_of(machine: Machine) -> Condition:
    """From what was read. What could not be seen is left out: it is not compared."""
    answers = machine.engine_answers
    silent = "" if isinstance(answers, Set) else getattr(answers, "reason", "it is silent")
    running, checked = {}, {}
    for unit in machine.units:
        for container in unit.containers:
            state = container.state
            if isinstance(state, Set) and unit.kind == "container" and _runs(state.value):
                running[container.name] = state.value.health or ""
                checked[container.name] = state.value.health_checked
    listeners = machine.host.listeners
    ports = [
        f"{listener.protocol} {listener.address}:{listener.port}"
        for listener in (listeners.value if isinstance(listeners, Set) else ())
        # A published port is its container's: who holds it for the engine is neither better nor worse.
        if listener.port < _PICKED_FROM and listener.program not in _THE_ENGINE
    ]
    return Condition(silent, running, frozenset(ports), checked, frozenset(open_as_meant(machine)))


def worse(before: Condition, after: Condition) -> list[str]:
    """What is worse than before, as sentences; empty where nothing is."""
    if after.engine:
        return [] if before.engine else [f"the engine does not answer: {after.engine}"]
    found = []
    for name, health in before.running.items():
        if name not in after.running:
            found.append(f"container {name} ran before and does not run now")
        elif health == "healthy" and after.running[name] != "healthy":
            found.append(f"container {name} was healthy before and is {after.running[name] or 'without a check'} now")
    found += [f"nobody listens at {port} any more" for port in sorted(before.ports - after.ports)]
    found += [f"nobody outside reaches port {port} any more" for port in sorted(before.published - after.published)]
    return found


def without_engine(condition: Condition) -> Condition:
    """What must still be there when a person took the engine away: what ran on it went with it."""
    return Condition(condition.engine or "it was taken away", {}, condition.ports)


def _runs(state: State) -> bool:
    return state.running and state.status != "restarting"


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
