"""Networks of the engine. Source: Engine API v1.45, `GET /networks`, and the containers' own word on where they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ..model.engine import Network
from ..model.field import Set, Source
from ..model.snapshot import EngineFacts
from .api_object import ApiObject

WHERE = "GET /networks"


def read_networks(facts: EngineFacts) -> tuple[Network, ...]:
    """The engine's list leaves `Containers` empty: who is attached stands in the containers."""
    if not isinstance(facts.networks, Set):
        return ()
    attached = _attached(facts)
    return tuple(_network(ApiObject(network, WHERE), attached) for network in facts.networks.value)


def _network(network: ApiObject, attached: dict[str, set[str]]) -> Network:
    id, name = network.word("Id"), network.word("Name")
    listed = {container.word("Name") for _, container in network.entries("Containers")} - {""}
    return Network(
        id=id,
        name=name or id[:12],
        driver=network.word("Driver"),
        scope=network.word("Scope"),
        source=Source(WHERE, name),
        internal=network.at("Internal").data is True,
        ingress=network.at("Ingress").data is True,
        attachable=network.at("Attachable").data is True,
        ipv6=network.at("EnableIPv6").data is True,
        subnets=tuple(pool.word("Subnet") for pool in network.items("IPAM", "Config") if pool.word("Subnet")),
        options=network.words("Options"),
        labels=network.words("Labels"),
        attached=tuple(sorted(listed | attached.get(id, set()) | attached.get(f"name {name}", set()))),
    )


def _attached(facts: EngineFacts) -> dict[str, set[str]]:
    """Network id, or `name N` where a container does not tell the id, -> names of the running containers on it."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name, container in _running(facts):
        for network, endpoint in container.entries("NetworkSettings", "Networks"):
            found[endpoint.word("NetworkID") or f"name {network}"].add(name)
    return found


def _running(facts: EngineFacts) -> Iterator[tuple[str, ApiObject]]:
    containers = facts.containers.value if isinstance(facts.containers, Set) else ()
    for container in containers:
        if isinstance(container.inspect, Set):
            inspect = ApiObject(container.inspect.value, "GET /containers/{id}/json")
            if inspect.at("State", "Running").data is True:
                yield container.name, inspect
