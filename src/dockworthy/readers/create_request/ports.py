"""Ports of a container that is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.workload import Port
from ..api_object import ApiObject

_PORTS = range(65536)


def read_ports(request: ApiObject) -> tuple[Port, ...]:
    """Published ones, then those that are only exposed. With PublishAllPorts the engine picks a port for each."""
    host = request.at("HostConfig")
    ports = [port for name, listed in host.entries("PortBindings") for port in _published(name, listed)]
    known = {(port.container_port, port.protocol) for port in ports}
    all_published = host.at("PublishAllPorts").data is True
    for name, exposed in request.entries("ExposedPorts"):
        port = _port(name, exposed, picked=all_published)
        if port is not None and (port.container_port, port.protocol) not in known:
            ports.append(port)
    return tuple(ports)


def _published(name: str, listed: ApiObject) -> Iterator[Port]:
    """An empty list of bindings publishes nothing; a binding without a port leaves the choice to the engine."""
    for binding in listed.items():
        port = _port(name, binding, binding.word("HostIp"), binding.word("HostPort"), picked=True)
        if port is not None:
            yield port


def _port(name: str, at: ApiObject, host_ip: str = "", host_port: str = "", *, picked: bool = False) -> Port | None:
    """`name` is `8080/tcp`; a host port `8000-8010` is one of these, the first that is free. None: not a port."""
    number, _, protocol = name.partition("/")
    inside, outside = _number(number), _number(host_port.partition("-")[0] or "0")
    if not inside or outside is None:
        return None
    return Port(inside, at.source, outside, host_ip, protocol or "tcp", picked=picked and not outside)


def _number(text: str) -> int | None:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else -1
    return number if number in _PORTS else None


__all__ = ["read_ports"]
