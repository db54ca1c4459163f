"""Networks: made, joined, left."""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from typing import Any

from ...model.edge_network import COMPOSE_KEYS, EDGE_NETWORK, EDGE_NETWORKS, EDGE_PROJECT, is_alias
from ...model.engine_builtins import SWARM_NETWORKS
from ...model.labels import COMPOSE_NETWORK, COMPOSE_PROJECT
from ...model.network_names import PREDEFINED
from ...model.network_options import DRIVERS, OPTIONS
from ...readers.api_object import ApiObject
from ...readers.create_request.keys import ENDPOINT, TEXT, TEXT_MAP, TRUTH, KeyListOf, Shape
from ..decision import Refusal, refused
from .case import Case
from .edge_secrets import EDGE_RULE
from .existing import EDGE_TITLE, has_edge_folder
from .naming import BEGINNING, refused_name

_PRIVATE = tuple(
    ipaddress.ip_network(pool)
    for pool in "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 198.18.0.0/15 fc00::/7".split()
)
_NETWORK: dict[str, Shape] = {
    **dict.fromkeys(("Name", "Driver", "Scope"), TEXT),
    **dict.fromkeys(
        ("CheckDuplicate", "Internal", "Attachable", "Ingress", "ConfigOnly", "EnableIPv6", "EnableIPv4"), TRUTH
    ),
    "ConfigFrom": {"Network": TEXT},
    "IPAM": {
        "Driver": TEXT,
        "Options": TEXT_MAP,
        "Config": KeyListOf(
            {
                **dict.fromkeys(("Subnet", "IPRange", "Gateway"), TEXT),
                "AuxiliaryAddresses": TEXT_MAP,
                "AuxAddress": TEXT_MAP,
            }
        ),
    },
    **dict.fromkeys(("Options", "Labels"), TEXT_MAP),
}
_MTU, _LEAST_MTU, _MOST_MTU = "com.docker.network.driver.mtu", 68, 65_535
"""Source: linux net/core/dev.c, include/uapi/linux/if_ether.h (ETH_MIN_MTU, ETH_MAX_MTU)."""
_CONNECT: dict[str, Shape] = {"Container": TEXT, "EndpointConfig": ENDPOINT}
_DISCONNECT: dict[str, Shape] = {"Container": TEXT, "Force": TRUTH}


async def refused_network(case: Case, reference: str) -> AsyncIterator[Refusal]:
    """For a container that would join it. One that is not there is the engine's matter."""
    if reference in PREDEFINED - {"host"}:
        return
    if "/" in reference or reference.startswith("."):
        yield refused("guard/names", "What a name stands for can be looked up", f"{reference!r} names no network")
        return
    for network in await _might_be(case, reference):
        if "host" in (network.get("Driver"), network.get("Name")):
            says = f"network {reference} is the host's"
            yield refused("guard/networks", "The host's own network stays the host's", says)
    async for refusal in _refused_as_swarms(case, reference):
        yield refusal


async def _refused_as_swarms(case: Case, reference: str) -> AsyncIterator[Refusal]:
    """The tasks of all services meet on these two, kept apart by the network's own options alone, and published ports
    come in by them."""
    names = [reference, *(str(each.get("Name")) for each in await _might_be(case, reference) if _is_swarms(each))]
    if reference in SWARM_NETWORKS or len(names) > 1:
        yield _of_swarm(names[-1])


def _is_swarms(network: Mapping[str, Any]) -> bool:
    return network.get("Name") in SWARM_NETWORKS or network.get("Ingress") is True


def _of_swarm(name: str) -> Refusal:
    return refused(
        "guard/networks",
        "The swarm's own networks stay the swarm's",
        f"network {name} is the swarm's: the tasks of all services are on it",
        "use a network of your own; root changes this one",
    )


async def refused_edge(case: Case, reference: str, *, aliases: Collection[str] = ()) -> AsyncIterator[Refusal]:
    """For a container that would join it, and is not the edge's own. `aliases`: the names that it gets there.

    The edge finds containers by names that nobody can guess, which `dockworthy deploy` gives them when they run. Who
    joins by another way wants to be taken for one of them, or to reach what is routed past the edge's passwords.
    """
    found = await _might_be(case, reference) if reference and "/" not in reference else []
    name = next((str(each.get("Name")) for each in found if each.get("Name") in EDGE_NETWORKS), reference)
    if name not in EDGE_NETWORKS:
        return
    secret = [alias for alias in aliases if is_alias(alias)] if name == EDGE_NETWORK else []
    if secret:
        known = await case.world.edge_names()
        if any(alias in known for alias in secret):
            return
    yield refused(
        EDGE_RULE,
        EDGE_TITLE,
        f"network {name} is the edge's own",
        "write the route into dockworthy.yaml (deploy.routes); dockworthy deploy lets its service join",
    )


async def _might_be(case: Case, reference: str) -> list[Mapping[str, Any]]:
    """The network that is called so, and those whose ids begin so: the engine takes one of these where the other one is
    of a swarm, or is gone when it looks."""
    found = [await case.world.network(reference)]
    if BEGINNING.fullmatch(reference):
        known = str((found[0] or {}).get("Id"))
        ids = [id for id in await case.world.ids_beginning("network", reference) if id != known]
        found += [await case.world.network(id) for id in ids]
    return [each for each in found if each is not None]


def networks_of(inspect: Mapping[str, Any]) -> dict[str, str]:
    """By name those of a container that the engine looks up when it starts it, with the id of the one that it was on
    under that name; empty where it was on none."""
    read = ApiObject(inspect, "GET /containers/{id}/json")
    mode = read.word("HostConfig", "NetworkMode")
    found = {} if ":" in mode or mode in PREDEFINED else {mode: ""}
    for name, endpoint in read.entries("NetworkSettings", "Networks"):
        if name not in PREDEFINED:
            found[name] = endpoint.word("NetworkID")
    if not found.get(mode, "-"):  # it may be said by its id
        found[mode] = next((id for id in found.values() if id == mode), "")
    return found


async def refused_at_start(case: Case, inspect: Mapping[str, Any]) -> AsyncIterator[Refusal]:
    """A network's name in the container's settings may be another network's since the container was made."""
    for name, id in networks_of(inspect).items():
        now = await _might_be(case, name)
        if id and all(str(each.get("Id")) == id for each in now):
            continue
        async for refusal in refused_network(case, name):
            yield refusal
        if name not in EDGE_NETWORKS:  # by its own name it was judged before, or `dockworthy deploy` joined it
            async for refusal in refused_edge(case, name):
                yield refusal


async def network_create(case: Case) -> AsyncIterator[Refusal]:
    body = ApiObject(case.body(_NETWORK), "POST /networks/create")
    async for refusal in refused_name(case, body.word("Name"), "network"):
        yield refusal
    for refusal in _refused_as_edge(body):
        yield refusal
    if body.word("Name").casefold() in SWARM_NETWORKS:  # a swarm that begins later takes what it finds, options and all
        yield _of_swarm(body.word("Name"))
    driver = body.word("Driver")
    if driver not in (*DRIVERS, *case.policy.guard.network_drivers):
        yield refused(
            "guard/network-driver",
            "Networks are made by a driver that the policy names",
            f"driver {driver} reaches the host's own network",
            "use a bridge or an overlay, or list it under guard.network_drivers",
        )
    strange = sorted(name for name in body.words("Options") if name not in OPTIONS)
    if strange and driver in DRIVERS:
        yield refused(
            "guard/network-options", "A network takes no interface of the host's", f"options {', '.join(strange)}"
        )
    mtu = body.words("Options").get(_MTU, "")
    if mtu not in ("", "0") and not (
        mtu.isascii() and mtu.isdigit() and len(mtu) < 6 and _LEAST_MTU <= int(mtu) <= _MOST_MTU
    ):
        yield refused(
            "guard/network-options",
            "A network's packets have a size that the kernel takes",
            f"{_MTU} is {mtu[:20]!r}: the engine fails and leaves the bridge that it made on the host",
            f"a number from {_LEAST_MTU} to {_MOST_MTU}",
        )
    if body.word("IPAM", "Driver") not in ("", "default"):
        yield refused(
            "guard/network-driver", "Addresses are given by the engine", f"IPAM driver {body.word('IPAM', 'Driver')}"
        )
    for pool in body.items("IPAM", "Config"):
        if not _is_private(pool.word("Subnet")):
            yield refused(
                "guard/subnets",
                "Networks have private addresses",
                f"{pool.word('Subnet')} is not private: what the host itself sends there would go to a container",
                "use 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or fd00::/8",
            )
        elif of_host := _of_host(case, pool.word("Subnet")):
            yield refused(
                "guard/subnets",
                "Networks keep off the addresses that the host itself sends to",
                f"{pool.word('Subnet')} has addresses of {of_host}",
                "leave the subnet out: the engine finds one",
            )
    async for refusal in _settings_of_another(case, body):
        yield refusal
    if body.at("Ingress").data is True:
        yield refused("guard/admins-only", "The swarm's ingress network is an admin's matter", "Ingress is true")


def _refused_as_edge(body: ApiObject) -> Iterator[Refusal]:
    """A network of the edge is made as `dockworthy deploy` makes it, by itself on a swarm and else by Compose, which
    uses one that is there, whoever made it: without `Internal` all routed services had a way out by it."""
    name, driver = body.word("Name"), body.word("Driver")
    if name not in EDGE_NETWORKS:
        return
    labels, is_swarms = body.words("Labels"), driver == "overlay"
    by_compose = {COMPOSE_PROJECT: EDGE_PROJECT, COMPOSE_NETWORK: COMPOSE_KEYS[name]}
    wrong = [key for key in ("ConfigOnly", "Ingress", "EnableIPv6") if body.at(key).data]
    wrong += [key for key in ("Options", "ConfigFrom") if body.at(key).data not in (None, {}, {"Network": ""})]
    wrong += [] if not body.at("IPAM", "Config").data else ["IPAM"]
    wrong += [] if body.at("Internal").data is True or name != EDGE_NETWORK else ["Internal"]
    wrong += [] if driver in ("", "default", "bridge", "overlay") else ["Driver"]
    wrong += [] if is_swarms or labels.items() >= by_compose.items() else ["Labels"]
    if wrong:
        yield refused(
            EDGE_RULE,
            "Networks of the edge are made by `dockworthy deploy`",
            f"{name} would not be what a deploy makes: {', '.join(wrong)} differ",
            "choose another name; dockworthy deploy makes this one for the first route",
        )


async def _settings_of_another(case: Case, body: ApiObject) -> AsyncIterator[Refusal]:
    name = body.word("ConfigFrom", "Network")
    if not name:
        return
    found = ApiObject(await case.world.network(name) if "/" not in name else None, "GET /networks/{id}")
    strange = sorted(option for option in found.words("Options") if option not in OPTIONS)
    if found.data is None or found.at("ConfigOnly").data is not True or strange:
        says = f"network {name} has options {', '.join(strange)}" if strange else f"{name} holds no settings"
        yield refused("guard/network-options", "A network takes no interface of the host's", says)


def _is_private(subnet: str) -> bool:
    """Without one the engine picks one of its own."""
    try:
        wanted = ipaddress.ip_network(subnet or "10.0.0.0/8", strict=False)
    except ValueError:
        return False
    return any(wanted.version == pool.version and wanted.subnet_of(pool) for pool in _PRIVATE)  # type: ignore[arg-type]


def _of_host(case: Case, subnet: str) -> str:
    """Where the engine picks it, it looks at the host's routes itself."""
    if not subnet:
        return ""
    wanted = ipaddress.ip_network(subnet, strict=False)
    for network, what in case.world.addresses_of_host():
        taken = ipaddress.ip_network(network)
        if wanted.version == taken.version and wanted.overlaps(taken):
            return what
    return ""


async def network_connect(case: Case) -> AsyncIterator[Refusal]:
    async for refusal in refused_network(case, case.call.names["network"]):
        yield refusal
    body = ApiObject(case.body(_CONNECT), "POST /networks/{id}/connect")
    aliases = [str(each) for each in body.at("EndpointConfig", "Aliases").data or ()]
    async for refusal in refused_edge(case, case.call.names["network"], aliases=aliases):
        yield refusal
    if body.at("EndpointConfig", "DriverOpts").data:
        yield refused("guard/endpoint-options", "Endpoints take no driver options", "DriverOpts are given")
    named, container = case.call.names["network"], body.word("Container")
    joined = ApiObject(await case.world.network(named), "GET /networks/{id}").word("Name") or named
    if joined not in EDGE_NETWORKS and "/" not in container and await has_edge_folder(case, container):
        yield refused(
            EDGE_RULE,
            EDGE_TITLE,
            f"container {container} is the edge: on one more network, a container with the name of one that the edge "
            "serves would get its requests",
            "write the route into dockworthy.yaml (deploy.routes); dockworthy deploy lets its service join",
        )


async def network_disconnect(case: Case) -> AsyncIterator[Refusal]:
    case.body(_DISCONNECT)
    async for refusal in _refused_as_swarms(case, case.call.names["network"]):
        yield refusal


async def network_remove(case: Case) -> AsyncIterator[Refusal]:
    async for refusal in _refused_as_swarms(case, case.call.names["network"]):
        yield refusal


JUDGES = {
    "network_create": network_create,
    "network_connect": network_connect,
    "network_disconnect": network_disconnect,
    "network_remove": network_remove,
}
