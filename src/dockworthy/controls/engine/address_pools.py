"""The engine's default address pools hold 31 networks, and take the addresses that many companies use."""

from __future__ import annotations

import ipaddress
from typing import Any

from ...model.control import Control, Subject
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, failed, passed, unknown
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import both, engine_says, on_host, settings_not_seen
from ._settings import value_or_none

_ABOUT = "engine"
_DEFAULT = ("172.17.0.0/16", "172.18.0.0/15", "172.20.0.0/14", "172.24.0.0/13", "192.168.0.0/16")
_DEFAULT_NETWORKS = 31
_ROOM = 16
"""Networks that should still fit: a Compose project takes one or two."""

_POOL = '{"default-address-pools": [{"base": "%s", "size": %d}]}'

control = Control(
    id="engine/address-pools",
    title="The engine's address pools hold enough networks and collide with nothing",
    fault="The engine's address pools are too small, or collide with other networks",
    rationale="With the default pools the 32nd network fails (`could not find an available, non-overlapping IPv4 "
    "address pool`), and before that 172.16.0.0/12 and 192.168.0.0/16 hide a company's own hosts and VPNs from every "
    "container.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="5.engine-defaults",
    subject=Subject.MACHINE,
    remedy=Remedy(
        'Set `"default-address-pools": [{"base": "10.200.0.0/16", "size": 24}]` (a range that nobody else uses here) '
        "in daemon.json.",
        "restart of the engine: containers stop unless live-restore is on; existing networks keep their addresses "
        "until they are recreated",
    ),
    check_yourself="docker info -f '{{json .DefaultAddressPools}}'; "
    "docker network inspect $(docker network ls -q) -f '{{.Name}} {{range .IPAM.Config}}{{.Subnet}}{{end}}'; ip route",
    bad={
        "daemon.json": ["{}", _POOL % ("10.200.0.0/22", 24)],
        "snapshot": both(
            on_host(
                dns=["10.200.3.53"], daemon_json={"default-address-pools": [{"base": "10.200.0.0/16", "size": 24}]}
            ),
            engine_says(DefaultAddressPools=[{"Base": "10.200.0.0/16", "Size": 24}]),
        ),
    },
    good={"daemon.json": _POOL % ("10.200.0.0/16", 24)},
    unclear={"snapshot": settings_not_seen()},
)


@control.judge
def address_pools(machine: Machine) -> Judgement:
    setting = machine.engine.setting("default-address-pools")
    if isinstance(setting, Unknown):
        return unknown(setting.reason, setting.source, tell=setting.tell, about=_ABOUT)
    pools = _pools(value_or_none(setting))
    used = sum(1 for network in machine.networks if network.driver == "bridge")
    hidden = _hidden_resolver(machine, [network for network, _ in pools] or _networks(_DEFAULT))
    if hidden:
        return failed(hidden, setting.source, about=_ABOUT)
    if not pools:
        says = f"the engine's default pools: {_DEFAULT_NETWORKS} networks, {used} in use, from 172.16/12 and 192.168/16"
        return failed(says, setting.source, about=_ABOUT)
    room = sum(1 << max(size - network.prefixlen, 0) for network, size in pools)
    says = f"{', '.join(str(network) for network, _ in pools)}: room for {room} networks, {used} in use"
    return (passed if room - used >= _ROOM else failed)(says, setting.source, about=_ABOUT)


def _pools(value: Any) -> list[tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, int]]:
    """(network, prefix length of each part). What is no pool is left out: the engine refuses it."""
    pools = []
    for pool in value if isinstance(value, list) else []:
        if isinstance(pool, dict) and isinstance(pool.get("size"), int):
            pools += [(network, min(pool["size"], 32)) for network in _networks((str(pool.get("base", "")),))]
    return [(network, size) for network, size in pools if network.version == 4]


def _networks(texts: tuple[str, ...]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    networks = []
    for text in texts:
        try:
            networks.append(ipaddress.ip_network(text, strict=False))
        except ValueError:
            continue
    return networks


def _hidden_resolver(machine: Machine, pools: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> str:
    """A name server of the host whose address lies in a pool: containers of that network can't reach it."""
    servers = machine.host.dns.value if isinstance(machine.host.dns, Set) else ()
    for server in servers:
        for pool in pools:
            if any(address in pool for address in _addresses(server)):
                return f"the name server {server} lies in the pool {pool}: a network made there hides it"
    return ""


def _addresses(text: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        return [ipaddress.ip_address(text)]
    except ValueError:
        return []
