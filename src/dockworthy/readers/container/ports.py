"""Ports: those that are open now where the container runs, else those that it would open."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.workload import Port
from ..api_object import ApiObject


def read_ports(inspect: ApiObject) -> tuple[Port, ...]:
    """A port that is exposed and not published has `host_port` 0."""
    now = inspect.at("NetworkSettings", "Ports")
    bindings = now if isinstance(now.data, dict) and now.data else inspect.at("HostConfig", "PortBindings")
    ports = [port for name, listed in bindings.entries() for port in _published(name, listed)]
    known = {(port.container_port, port.protocol) for port in ports}
    for name, exposed in inspect.entries("Config", "ExposedPorts"):
        port = _port(name, exposed)
        if port is not None and (port.container_port, port.protocol) not in known:
            ports.append(port)
    return tuple(ports)


def _published(name: str, listed: ApiObject) -> Iterator[Port]:
    for binding in listed.items():
        port = _port(name, binding, binding.word("HostIp"), binding.word("HostPort"))
        if port is not None:
            yield port


def _port(name: str, at: ApiObject, host_ip: str = "", host_port: str | None = None) -> Port | None:
    """`name` is `8080/tcp`; None where it is not a port. `host_port` None: exposed only, `""`: the engine picks one.

    Of a range (`8000-8010`) the engine takes one when the container starts: its first stands for it.
    """
    number, _, protocol = name.partition("/")
    first = (host_port or "").partition("-")[0]
    if not _is_port(number) or (first and not _is_port(first)):
        return None
    picked = host_port is not None and int(first or 0) == 0
    return Port(int(number), at.source, int(first or 0), host_ip, protocol or "tcp", picked)


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5
