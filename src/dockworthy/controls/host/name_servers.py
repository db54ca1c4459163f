"""Containers ask the host's name servers; where those are only reachable from the host, they ask somebody else."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, failed, passed
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import not_seen, on_host
from ._fields import HOST, not_known

_RESOLVED = ("127.0.0.53", "127.0.0.54")
"""systemd-resolved: the engine knows it and reads the real servers from /run/systemd/resolve."""

control = Control(
    id="host/name-servers",
    title="Containers have name servers that they can reach",
    fault="Containers have no name server that they can reach",
    rationale="A server on 127.0.0.1 is the host's, not the container's: the engine leaves it out, and old ones put "
    "public servers in its place. Names of the own network then fail, and questions leave the house.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="7.foundation",
    subject=Subject.MACHINE,
    remedy=Remedy(
        'Name reachable servers in /etc/resolv.conf, or for containers only: `"dns": ["192.0.2.53"]` in daemon.json.',
        "restart of the engine: containers stop unless live-restore is on; containers get it when they are recreated",
    ),
    check_yourself="cat /etc/resolv.conf; grep -A3 -s '\"dns\"' /etc/docker/daemon.json",
    bad={"snapshot": [on_host(dns=[]), on_host(dns=["127.0.0.1"])]},
    good={
        "snapshot": [
            on_host(dns=["192.0.2.53"]),
            on_host(dns=["127.0.0.53"]),
            on_host(dns=["127.0.0.1"], daemon_json={"dns": ["192.0.2.53"]}),
        ]
    },
    unclear={"snapshot": on_host(dns=not_seen())},
)


@control.judge
def name_servers(machine: Machine) -> Judgement:
    own = machine.engine.setting("dns")
    if isinstance(own, Set) and own.value:
        return passed(f"dns {_listed(own.value)} of the engine", own.source, about=HOST)
    servers = machine.host.dns
    if not isinstance(servers, Set):
        return not_known(servers, about=HOST, what="the list of name servers")
    if any(not server.startswith("127.") and server != "::1" for server in servers.value):
        return passed(f"name servers {', '.join(servers.value)}", servers.source, about=HOST)
    if any(server in _RESOLVED for server in servers.value):
        return passed(
            f"{servers.value[0]}: systemd-resolved, whose servers the engine reads", servers.source, about=HOST
        )
    if isinstance(own, Unknown):
        return not_known(own, about=HOST)
    says = f"only {', '.join(servers.value)}, which containers can't reach" if servers.value else "no name server"
    return failed(says, servers.source, about=HOST)


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
