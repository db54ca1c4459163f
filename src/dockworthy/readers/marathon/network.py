"""Networks and ports of apps and pods."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.field import Field, Origin, Set
from ...model.workload import Port
from ..definition import items, number, word
from ..yaml_source import Value

_MODES = {"host": "host", "container/bridge": "bridge", "HOST": "host", "BRIDGE": "bridge", "NONE": "none"}
"""`networks[].mode`, and the older `container.docker.network`."""


def read_network(definition: Value) -> Field[str]:
    """Without a word about it the host's: `networks` of today, or `docker.network` and `ipAddress` of older files."""
    for network in items(definition, "networks"):
        mode = network.get("mode")
        written = "container" if mode is None else mode.scalar_text()
        return Set(_MODES.get(written) or word(network, "name") or "container", (mode or network).source)
    older = definition.at("container", "docker", "network")
    if older is not None:
        return Set(_MODES.get(older.scalar_text(), "container"), older.source)
    address = definition.get("ipAddress")
    if address is not None:
        return Set(word(address, "networkName") or "container", address.source)
    return Set("host", definition.source, Origin.PLATFORM)


def read_app_ports(app: Value, network: Field[str]) -> Iterator[Port]:
    """Mappings of a container, or in the host's network the ports that are asked of the agent."""
    container = app.get("container")
    docker = None if container is None else container.get("docker")
    bridged = isinstance(network, Set) and network.value == "bridge"
    for mapping in (*items(container, "portMappings"), *items(docker, "portMappings")):
        yield from _mapped(mapping, picked=bridged)
    required = app.get("requirePorts")
    fixed = required is not None and required.boolean()
    for definition in items(app, "portDefinitions"):
        port = _port(definition, "port")
        yield from _each_protocol(definition, port, port if fixed else 0, picked=not (fixed and port))


def read_endpoints(container: Value) -> Iterator[Port]:
    """`protocol` is a list there."""
    for endpoint in items(container, "endpoints"):
        protocols = items(endpoint, "protocol")
        names = [protocol.scalar_text().lower() for protocol in protocols] or ["tcp"]
        host = endpoint.get("hostPort")
        outside = 0 if host is None else _port(endpoint, "hostPort")
        for name in names:
            picked = host is not None and not outside
            yield Port(_port(endpoint, "containerPort"), endpoint.source, outside, "", name, picked)


def _mapped(mapping: Value, *, picked: bool) -> Iterator[Port]:
    """`hostPort` 0 is a port that Mesos picks: the default on the bridge, and none at all in other networks."""
    host = mapping.get("hostPort")
    outside = 0 if host is None else _port(mapping, "hostPort")
    is_open = picked if host is None else not outside
    yield from _each_protocol(mapping, _port(mapping, "containerPort"), outside, picked=is_open)


def _each_protocol(written: Value, inside: int, outside: int, *, picked: bool) -> Iterator[Port]:
    """`udp,tcp` is both."""
    for protocol in (word(written, "protocol") or "tcp").lower().split(","):
        yield Port(inside, written.source, outside, "", protocol, picked)


def _port(parent: Value, key: str) -> int:
    written = parent.get(key)
    port = 0 if written is None else number(written)
    if written is not None and port > 65535:
        raise written.wrong("a port from 0 to 65535")
    return int(port)
