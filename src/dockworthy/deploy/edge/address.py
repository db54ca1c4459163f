"""What keepalived's files say for the address that moves between the hosts with the edge. Pure.

One host has the address; another one takes it by VRRP when that host or its edge is lost. keepalived is the
distribution's.

Source: keepalived.conf(5), RFC 9568.
"""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from ...engine.host_addresses import interfaces_in
from ...errors import UsageError
from ...host_scripts import HostScript
from ...model.compose_project import ComposeProject, ComposeService
from ...model.edge_network import ADDRESS_PROJECT

PROJECT, SERVICE = ADDRESS_PROJECT, "keepalived"
CONTAINER = f"{PROJECT}-{SERVICE}-1"
IMAGE = "dockworthy-address"
FILE, CHECK, HEARS = "keepalived.conf", "edge-answers", "others-answer"
SCRIPTS = (CHECK, HEARS)
_FOLDER = "/etc/edge-address"
"""Not keepalived's own: its image has a file there without which it does not start."""
_GOSSIP = 7946
"""A port that each node of a swarm has open to the others; a connection that says nothing is none to write down."""
_ADVERTISED = 0.5
"""Seconds between two words of the host that has the address; after three that are missing another one takes it."""
_FIRST = 200
"""Priority of the first host; each next one has ten less, or fewer where there are many."""
_IN_TOUCH = 54
"""More for a host that others answer: more than all that is between the first and the last one."""
_ASKED = 8
"""Others that a host asks at a time."""
_CONF = """\
# Written by dockworthy from deploy.edge.address; changes are lost with the next deploy.
global_defs {{
    router_id {name}
    vrrp_version 3
    script_user root
    enable_script_security
    # Who lost one of the words by which neighbours learn where the address is hears it again.
    vrrp_garp_master_refresh 30
    vrrp_garp_lower_prio_repeat 5
}}

vrrp_script edge {{
    script "{folder}/{check}"
    interval 1
    timeout 2
    fall 2
    rise 2
    init_fail
}}

vrrp_script in_touch {{
    script "{folder}/{hears}"
    interval 1
    timeout 2
    fall 1
    rise 10
    weight {in_touch}
    init_fail
}}

vrrp_instance edge {{
    # Whoever has it keeps it: a host that comes back takes nothing away. Of two that have it, as one of them was cut
    # off, the one with the higher priority keeps it, whatever nopreempt says: that is the one whom others answer.
    state BACKUP
    nopreempt
    interface {interface}
    virtual_router_id {router}
    priority {priority}
    advert_int {advertised}
    unicast_src_ip {source}
    unicast_peer {{
{peers}
    }}
    virtual_ipaddress {{
        {address} dev {interface}
    }}
    track_script {{
        edge
        in_touch
    }}
}}
"""
_ANSWERS = HostScript(__package__, "edge-answers.sh")
_LISTENS = HostScript(__package__, "edge-listens.sh")
"""Of an edge without http: one that is asked in plain words at the port for https does not answer."""
_HEARS = HostScript(__package__, "others-answer.sh")


class AddressPlace(Struct, frozen=True):
    """Where a host is in the network of the address."""

    interface: str
    address: str


def place_in(output: str, wanted: str, name: str) -> AddressPlace:
    """From what `ip` prints of its addresses. Raises UsageError where the host is not in that network."""
    network = ipaddress.IPv4Interface(wanted)
    for interface, found in interfaces_in(output):
        if found.ip in network.network and found.ip != network.ip and found.network.prefixlen < 32:
            return AddressPlace(interface, str(found.ip))
    raise UsageError(
        f"deploy.edge.address is {wanted}, and {name} has no address in {network.network}",
        hint="the address is one of the network that the hosts share, written with its length, as 192.0.2.100/24",
    )


def must_be_free_address(wanted: str) -> None:
    """Raises UsageError for what no host can have."""
    try:
        address = ipaddress.IPv4Interface(wanted)
    except ValueError:
        raise UsageError(f"deploy.edge.address: {wanted} is no address with the length of its network",
                         hint="as 192.0.2.100/24") from None  # fmt: skip
    if address.ip in (address.network.network_address, address.network.broadcast_address) or address.is_loopback:
        raise UsageError(f"deploy.edge.address: no host can have {wanted}", hint="as 192.0.2.100/24")


def address_files(
    name: str,
    wanted: str,
    hosts: Sequence[str],
    places: Mapping[str, AddressPlace],
    ports: tuple[int | None, int | None],
    nodes: Mapping[str, str],
) -> dict[str, str]:
    """Those of the host `name`. `hosts`: all of them, in the order in which they are preferred; `places`: those of
    which it is known where they are, also of hosts that are no longer among them and may still run keepalived: one that
    hears nobody takes the address. `ports`: the edge's for http and https. `nodes`: of the swarm, each with its
    address: those in the network of the edge's address tell a host whether it is cut off."""
    mine = places[name]
    step = max(min(10, 50 // max(len(hosts) - 1, 1)), 1)
    every = [*hosts, *sorted(places.keys() - {*hosts})]
    peers = [places[each].address for each in every if each != name and each in places]
    conf = _CONF.format(
        name=name,
        folder=_FOLDER,
        check=CHECK,
        interface=mine.interface,
        router=int(wanted.partition("/")[0].rpartition(".")[2]) or 1,
        priority=_FIRST - step * list(hosts).index(name),
        hears=HEARS,
        in_touch=_IN_TOUCH,
        advertised=_ADVERTISED,
        source=mine.address,
        peers="\n".join(f"        {peer}" for peer in peers),
        address=wanted,
    )
    http, https = ports
    check = (_ANSWERS if http else _LISTENS).filled({"port": str(http or https)})
    asked = [f"{peer}/{http or https}" for peer in peers]
    asked += [f"{node}/{_GOSSIP}" for node in _near(name, wanted, every, nodes) if node not in peers]
    hears = _HEARS.filled({"others": " ".join(asked[:_ASKED]), "interface": mine.interface})
    return {FILE: conf, CHECK: check, HEARS: hears}


def _near(name: str, wanted: str, hosts: Collection[str], nodes: Mapping[str, str]) -> Iterator[str]:
    """Addresses of nodes in the network of the address, of hosts of the edge none: these are asked where they are."""
    network = ipaddress.IPv4Interface(wanted)
    for node, at in sorted(nodes.items()):
        with contextlib.suppress(ValueError):
            address = ipaddress.IPv4Address(at)
            if node not in (name, *hosts) and address in network.network and address != network.ip:
                yield at


def address_compose_file(image: str, folder: str, *, userns: bool) -> ComposeProject:
    """It shares the host's network, whose addresses it sets, and may nothing else. `folder`: the edge's on the host.
    `userns`: the engine gives containers users of their own, to whom the host's network does not belong."""
    service: dict[str, Any] = {
        "image": image,
        "pull_policy": "never",
        "entrypoint": ["keepalived"],
        "command": ["--dont-fork", "--log-console", "--vrrp", "--pid=/run/keepalived.pid",
                    "--vrrp_pid=/run/vrrp.pid", f"--use-file={_FOLDER}/{FILE}"],
        "network_mode": "host",
        "read_only": True,
        "tmpfs": ["/run:size=1m", "/tmp:size=1m"],
        "cap_drop": ["ALL"],
        # SETGID: it asks the edge as a process of its own, with no groups, and complains each time where it may not.
        "cap_add": ["NET_ADMIN", "NET_RAW", "SETGID"],
        "security_opt": ["no-new-privileges:true"],
        "restart": "always",
        # It takes the address off the host before it ends.
        "stop_signal": "SIGTERM",
        "stop_grace_period": "10s",
        "mem_limit": "64m",
        "memswap_limit": "64m",
        "pids_limit": 50,
        "ulimits": {"core": 0},
        "logging": {"driver": "json-file", "options": {"max-size": "1m", "max-file": "3"}},
        "healthcheck": {"disable": True},
        "volumes": [
            {"type": "bind", "source": f"{folder}/address", "target": _FOLDER, "read_only": True,
             "bind": {"create_host_path": False}},
        ],
    }  # fmt: skip
    if userns:
        service["userns_mode"] = "host"
    return ComposeProject.of(PROJECT, {SERVICE: ComposeService.from_json(service)})
