"""Which ports of this host look like a service that may answer without a password, and where others reach them."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ...model.field import Set
from ...model.host import Host
from ...model.snapshot import EngineFacts

_BY_PROGRAM: dict[str, str] = {
    "redis-server": "Redis",
    "redis-check-rdb": "Redis",  # Debian's redis-server is a link to it
    "valkey-server": "Redis",
    "valkey-check-rdb": "Redis",
    "keydb-server": "Redis",
    "memcached": "memcached",
    "mongod": "MongoDB",
    "postgres": "PostgreSQL",
    "etcd": "etcd",
    "dockerd": "Docker API",
    "prometheus": "Prometheus",
    "alertmanager": "Alertmanager",
    "prometheus-alertmanager": "Alertmanager",
    "node_exporter": "node exporter",
    "prometheus-node-exporter": "node exporter",
    "cadvisor": "cAdvisor",
    "docker-registry": "registry",
    "registry": "registry",
}
_BY_PORT: dict[int, str] = {
    6379: "Redis",
    11211: "memcached",
    27017: "MongoDB",
    5432: "PostgreSQL",
    2379: "etcd",
    9200: "Elasticsearch",
    2375: "Docker API",
    15672: "RabbitMQ management",
    5984: "CouchDB",
    9090: "Prometheus",
    9093: "Alertmanager",
    9100: "node exporter",
}
"""A container's own port, or one of the host whose program is hidden or is an interpreter (java, beam.smp)."""
_BY_IMAGE: dict[str, str] = {"registry": "registry", "cadvisor": "cAdvisor", "distribution": "registry"}
_OWN_PORTS: dict[str, int] = {"registry": 5000, "cAdvisor": 8080}
_INTERPRETERS = ("", "java", "beam.smp", "node", "python3")
_EVERY = ("", "0.0.0.0", "::")


class Candidate(NamedTuple):
    """`address` is asked, on `port`; `bound` is where it listens. `container` and its port `inside`, or a `program`."""

    service: str
    address: str
    port: int
    bound: str
    container: str = ""
    inside: int = 0
    program: str = ""


def candidates_of(host: Host, engine: EngineFacts, own_address: str) -> list[Candidate]:
    """Each port once, containers first. `own_address` is asked where a service listens on every address."""
    found: dict[int, Candidate] = {}
    for candidate in (*_published(engine, own_address), *_listeners(host, own_address)):
        found.setdefault(candidate.port, candidate)
    return list(found.values())


def own_address() -> str:
    """The address by which this host would talk to others; `""` where it has none. (UDP: nothing is sent.)"""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
            asked.connect(("192.0.2.1", 9))  # a documentation address: any route will do
            address = str(asked.getsockname()[0])
    except OSError:
        address = ""
    if _is_for_others(address):
        return address
    try:
        return first_address(Path("/proc/net/fib_trie").read_text())
    except OSError:
        return ""


def first_address(trie: str) -> str:
    """The first of a host's own, as the kernel's table of routes (/proc/net/fib_trie) has them; `""` for none."""
    found = re.findall(r"\|-- ([0-9.]+)\n\s+/32 host LOCAL", trie)
    return next((address for address in found if _is_for_others(address)), "")


def _is_for_others(address: str) -> bool:
    return address != "" and not address.startswith(("127.", "0."))


def _asked_at(bound: str, own: str) -> str:
    """Where others reach what is bound there; `""` where nobody else does."""
    if bound in _EVERY:
        return own
    try:
        return "" if ipaddress.ip_address(bound).is_loopback else bound
    except ValueError:
        return ""


def _listeners(host: Host, own: str) -> Iterator[Candidate]:
    for listener in host.listeners.value if isinstance(host.listeners, Set) else ():
        if listener.protocol not in ("tcp", "tcp6") or listener.program == "docker-proxy":
            continue
        service = _BY_PROGRAM.get(listener.program, "")
        if listener.port == 2376 or (service == "etcd" and listener.port != 2379):
            continue  # the engine's port with TLS; the port by which members of an etcd talk to each other
        if not service and listener.program in _INTERPRETERS:
            service = _BY_PORT.get(listener.port, "")
        address = _asked_at(listener.address, own)
        if service and address:
            yield Candidate(service, address, listener.port, listener.address, program=listener.program)


def _published(engine: EngineFacts, own: str) -> Iterator[Candidate]:
    for container in engine.containers.value if isinstance(engine.containers, Set) else ():
        if not isinstance(container.inspect, Set) or not _runs(container.inspect.value):
            continue
        image = str(_part(container.inspect.value, "Config").get("Image", ""))
        for port, bindings in _part(_part(container.inspect.value, "NetworkSettings"), "Ports").items():
            inside, _, protocol = str(port).partition("/")
            service = _service(image, int(inside) if inside.isdigit() else 0)
            if not service or protocol != "tcp" or not isinstance(bindings, list):
                continue
            for binding in bindings:
                yield from _binding(binding, service, container.name, int(inside), own)


def _binding(binding: Any, service: str, container: str, inside: int, own: str) -> Iterator[Candidate]:
    bound, port = (
        (str(binding.get(key, "")) for key in ("HostIp", "HostPort")) if isinstance(binding, dict) else ("", "")
    )
    address = _asked_at(bound, own)
    if address and port.isdigit() and 0 < int(port) < 1 << 16:
        yield Candidate(service, address, int(port), bound or "0.0.0.0", container, inside)


def _service(image: str, port: int) -> str:
    name = image.split("@")[0].rsplit("/", 1)[-1].split(":")[0]
    by_image = _BY_IMAGE.get(name, "")
    return by_image if by_image and _OWN_PORTS[by_image] == port else _BY_PORT.get(port, "")


def _runs(inspect: Mapping[str, Any]) -> bool:
    return bool(_part(inspect, "State").get("Running"))


def _part(whole: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = whole.get(key)
    return part if isinstance(part, dict) else {}
