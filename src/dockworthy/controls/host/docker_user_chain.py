"""A published port passes by the host's firewall: the engine's rules come first. Only DOCKER-USER comes before them."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, nist, owasp
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import both, not_seen, on_host
from ._fields import HOST, not_known
from .firewall import refuses

_EVERYWHERE = ("", "0.0.0.0", "::", "[::]")


def _publishing(firewall: dict[str, Any], address: str = "0.0.0.0") -> dict[str, Any]:
    bound = {"5432/tcp": [{"HostIp": address, "HostPort": "5432"}]}
    inspect = {"HostConfig": {"PortBindings": bound}, "NetworkSettings": {"Ports": bound, "Networks": {"shop": {}}}}
    return both(on_host(firewall=firewall), {"engine": {"containers": [{"name": "db", "inspect": inspect}]}})


_UFW: dict[str, Any] = {"backend": "nft", "front": "ufw", "front_active": True, "input_policy": "drop"}

control = Control(
    title="Where ports are published, the chain DOCKER-USER limits who reaches them",
    rationale="`ufw deny 5432` does nothing for a port that a container publishes: its packets are translated and "
    "forwarded before the host's input rules see them. Rules for it belong into DOCKER-USER.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="5.network",
    subject=Subject.MACHINE,
    references=(nist("4.4.2"), owasp("D03")),
    remedy=Remedy(
        "Publish on an address (`127.0.0.1:5432:5432`) what is for this host only, and write rules for the rest, e.g. "
        "`iptables -I DOCKER-USER -i eth0 ! -s 192.0.2.0/24 -j DROP`, where they survive a reboot.",
        "connections that the rules don't allow are refused",
    ),
    check_yourself="iptables -S DOCKER-USER; docker ps --format '{{.Names}} {{.Ports}}'",
    bad={"snapshot": _publishing(_UFW)},
    good={"snapshot": _publishing({**_UFW, "docker_user": ["-A DOCKER-USER ! -s 192.0.2.0/24 -i eth0 -j DROP"]})},
    unclear={"snapshot": both(_publishing(_UFW), on_host(firewall=not_seen()))},
)


@control.judge
def docker_user_chain(machine: Machine) -> Judgement:
    ports = _open_ports(machine)
    if not ports:
        return not_applicable("no running container publishes a port on every address", about=HOST)
    firewall = machine.host.firewall
    if not isinstance(firewall, Set):
        return not_known(firewall, about=HOST, what="the firewall")
    if firewall.value.docker_user:
        return passed(f"DOCKER-USER: {firewall.value.docker_user[0]}", firewall.source, about=HOST)
    how = refuses(firewall.value)
    if not how:
        why = "there is no firewall that refuses by default, which the ports could pass by (see host/firewall)"
        return not_applicable(why, firewall.source, about=HOST)
    listed = ", ".join(ports[:5]) + (f" and {len(ports) - 5} more" if len(ports) > 5 else "")
    return failed(f"{how}, but DOCKER-USER is empty: {listed} pass by it", firewall.source, about=HOST)


def _open_ports(machine: Machine) -> list[str]:
    """`db 5432/tcp`: ports of running containers that are published on every address."""
    found = []
    for container in (container for unit in machine.units for container in unit.containers):
        if not (isinstance(container.state, Set) and container.state.value.running):
            continue
        for port in container.ports:
            if port.host_port and port.host_ip in _EVERYWHERE:
                found.append(f"{container.name} {port.host_port}/{port.protocol}")
    return sorted(set(found))
