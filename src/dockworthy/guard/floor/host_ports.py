"""Ports of the host that are published: whose they are already, and which the policy lets anybody have.

An engine writes its rules of the packet filter before it knows whether a port is free. A container then fails to start,
and meanwhile what was sent to the program that listens there goes to the container. A service of a swarm does not even
fail: on every node all that is sent to the port goes to it from then on, whoever listens. Sources: moby
libnetwork/portmapper/mapper.go, MapRange; libnetwork/service_linux.go, programIngress.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from ...model.host_addresses import Address, published_at
from ...model.ports import PROTOCOLS, Ports
from ...readers.api_object import ApiObject
from ..decision import Refusal, refused
from ..request import NotCanonical

RULE = "guard/host-ports"
_TITLE = "A published port must not be in use by anything else on the host"
_LISTED = "A published port must be one that the policy allows"
FREE_FROM = 1024
"""Below it are the ports of the host's own services: on other nodes of a swarm nobody can see them from here."""
_SSH = Ports("tcp", 22, 22)
_OF_THE_SWARM = (Ports("tcp", 2377, 2377), Ports("tcp", 7946, 7946), Ports("udp", 7946, 7946), Ports("udp", 4789, 4789))
"""Where nodes reach each other: managers, gossip, overlay networks. Source: Docker's documentation of swarms."""
_HOST_PORT = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?", re.ASCII)


class RequestedPort(Struct, frozen=True):
    """`address` None: every one of the host. `is_ingress`: by a swarm's routing mesh, on every node."""

    ports: Ports
    address: Address | None = None
    is_ingress: bool = False


class Listening(Struct, frozen=True):
    """`by`: the kind of object that publishes this very port, `container` or `service`; `""`: a program of the host."""

    protocol: str
    address: Address
    port: int
    by: str = ""


class SwarmPorts(Struct, frozen=True):
    """`nodes`: how many the swarm has, 0 where that is not known; `data_path`: the UDP port of its overlay networks."""

    nodes: int = 0
    data_path: int = 4789


def published_by_container(host: ApiObject) -> tuple[RequestedPort, ...]:
    """Of a HostConfig, without those that the engine chooses. Raises NotCanonical."""
    found = []
    for inside, bindings in (host.at("PortBindings").data or {}).items():
        protocol = inside.partition("/")[2].lower() or "tcp"
        for each in bindings or ():
            ports = _read(each.get("HostPort") or "", protocol)
            if ports is not None:
                found.append(RequestedPort(ports, published_at(each.get("HostIp") or "")))
    return tuple(dict.fromkeys(found))


def published_by_service(spec: ApiObject) -> tuple[RequestedPort, ...]:
    """Of a service's spec, without those that the swarm chooses. Raises NotCanonical."""
    found = []
    for each in spec.items("EndpointSpec", "Ports"):
        ports = _read(str(each.at("PublishedPort").data or ""), each.word("Protocol").lower() or "tcp")
        if ports is not None:
            found.append(RequestedPort(ports, is_ingress=each.word("PublishMode") != "host"))
    return tuple(dict.fromkeys(found))


def _read(text: str, protocol: str) -> Ports | None:
    """None where the engine chooses one."""
    match = _HOST_PORT.fullmatch(text)
    if text and (match is None or protocol not in PROTOCOLS):
        raise NotCanonical(f"{text[:20]!r} of {protocol[:20]!r} is no port of the host")
    if match is None or not int(match[2] or match[1]):
        return None
    low, high = int(match[1]), int(match[2] or match[1])
    if not 0 < low <= high < 1 << 16:
        raise NotCanonical(f"{text[:20]!r} is no port of the host")
    return Ports(protocol, low, high)


def published_by_edge(specs: Iterable[Mapping[str, Any]]) -> tuple[Ports, ...]:
    """Of the edge's own container, as root wrote it in services of a Compose file."""
    written = (ApiObject(spec, "compose.json").items("ports") for spec in specs)
    found = (_of_compose(each) for ports in written for each in ports)
    return tuple(dict.fromkeys(ports for ports in found if ports is not None))


def _of_compose(port: ApiObject) -> Ports | None:
    try:
        return _read(str(port.at("published").data or ""), port.word("protocol") or "tcp")
    except NotCanonical:
        return None


def refused_by_list(wanted: Iterable[RequestedPort], listed: Sequence[Ports]) -> Iterator[Refusal]:
    """Where the policy lists ports, these are all."""
    for each in wanted if listed else ():
        if not any(one.includes(each.ports) for one in listed):
            says = f"{each.ports} is not one of guard.ports"
            yield refused(RULE, _LISTED, says, "publish one that is listed, or let an admin list it under guard.ports")


def refused_of_edge(wanted: Iterable[RequestedPort], edge: Sequence[Ports]) -> Iterator[Refusal]:
    for each in wanted:
        if any(each.ports.overlaps(one) for one in edge):
            says = f"{each.ports} is the edge's: requests for every site would go elsewhere"
            yield refused(RULE, _TITLE, says, "publish another port, or give the site a route (docs/edge.md)")


def refused_for_swarm(wanted: Iterable[RequestedPort], listed: Sequence[Ports], swarm: SwarmPorts) -> Iterator[Refusal]:
    """What programs of other nodes have, as far as that can be told from here."""
    overlay = Ports("udp", swarm.data_path, swarm.data_path)
    for each in wanted:
        ports = each.ports
        if ports.overlaps(_SSH):
            says = f"{ports} is the port of SSH: nobody would reach the nodes any more"
            yield refused(RULE, _TITLE, says, "publish another port")
        elif any(ports.overlaps(one) for one in (*_OF_THE_SWARM, overlay)):
            says = f"{ports} is the swarm's own, by which its nodes reach each other"
            yield refused(RULE, _TITLE, says, "publish another port")
        elif ports.low < FREE_FROM and not listed and swarm.nodes != 1:
            yield refused(
                RULE,
                _TITLE,
                f"a program on another node may use {ports}; the guard can't see that from here",
                f"publish one from {FREE_FROM} on, or let an admin list under guard.ports which may be published",
            )


def refused_listeners(wanted: Iterable[RequestedPort], listening: Sequence[Listening]) -> Iterator[Refusal]:
    """What another container or service publishes the engine refuses itself, before it writes a rule; but not to a
    service in the routing mesh, which takes a container's port, too."""
    for each in wanted:
        for one in listening:
            is_taken = one.by == "" or (each.is_ingress and one.by == "container")
            if is_taken and each.ports.holds(one.protocol, one.port) and _meets(each.address, one.address):
                at = f"[{one.address}]:{one.port}" if one.address.version == 6 else f"{one.address}:{one.port}"
                who = "a container already publishes" if one.by else "a program of the host listens at"
                yield refused(
                    RULE,
                    _TITLE,
                    f"{who} {at}/{one.protocol}: the new container or service would get what is sent to it",
                    "publish another port; `ss -tulpn` on the host shows who listens",
                )
                break


def _meets(published: Address | None, listener: Address) -> bool:
    """Can both not be had at once? A listener at `::` may have the addresses of IPv4, too."""
    if published is None or published == listener or (listener.is_unspecified and listener.version == 6):
        return True
    return published.version == listener.version and (published.is_unspecified or listener.is_unspecified)
