"""A published port without an address is open on all of them, and past the host's own firewall rules."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.workload import Port, Unit
from ._graded import GradedFault, judge_graded
from ._platforms import CONTAINERS
from ._ports import is_on_all_addresses, ports_ignored, published_of
from ._unclear import as_far_as_told

control = Control(
    id="workload/published-ports",
    title="Published ports are bound to a chosen address",
    fault="{who} [publishes|publish] ports on every address of the host",
    rationale="The engine opens a published port on every address of the host, IPv6 included, with rules that come "
    "before those of ufw and firewalld. A database that is meant for the neighbours is then on the internet. A web server's own "
    "ports are meant to be open: say so in an exception, or publish from the one edge.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="5.network",
    subject=Subject.UNIT,
    platforms=CONTAINERS,
    references=(
        cis("1.6.0", "5.14"),
        cis("1.8.0", "5.14"),
        cis("1.6.0", "5.9"),
        cis("1.8.0", "5.9"),
        nist("4.4.2"),
        owasp("D03"),
    ),
    remedy=Remedy(
        "Publish as `127.0.0.1:8080:80` or on the address that is meant; containers reach each other over a network "
        "without any published port.",
        "recreates the container",
    ),
    check_yourself="docker port {name}; ss -ltnup",
    bad={
        "docker run": ["docker run -p 8080:80 shop", "docker run -p 80 shop", "docker run -P --expose 80 shop"],
        "request": {"Image": "shop", "HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": "8080"}]}}},
        "compose": [
            "services: {web: {image: shop, ports: ['8080:80']}}",
            "services: {web: {image: shop, ports: ['80']}}",
            "services: {web: {image: shop, ports: [{target: 5432, published: 5432}]}}",
            # The engine opens what it can't read as an address on every one.
            *(
                f"services: {{web: {{image: shop, ports: [{{target: 80, published: 8080, host_ip: '{address}'}}]}}}}"
                for address in ("::1%lo", "127.0.0.1%x", "127.0.1", "localhost", "[::1]", "0:0::0", "0.0.0.0")
            ),
        ],
        "container": [
            *(
                {"NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": address, "HostPort": "8080"}]}}}
                for address in ("0.0.0.0", "::", "")
            ),
            {"HostConfig": {"PortBindings": {"5432/tcp": [{"HostIp": "", "HostPort": "5432"}]}}},
        ],
    },
    good={
        "docker run": ["docker run -p 127.0.0.1:8080:80 -p [::1]:8080:80 shop", "docker run --expose 80 shop"],
        "request": {
            "Image": "shop",
            "HostConfig": {"PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "80"}]}},
        },
        "compose": [
            "services: {web: {image: shop}}",
            "services: {web: {image: shop, ports: ['127.0.0.1:8080:80', '[::1]:8080:80']}}",
            "services: {web: {image: shop, expose: ['80']}}",
        ],
        "container": [
            {},
            {"NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]}}},
            {"NetworkSettings": {"Ports": {"80/tcp": None}}},
            {"Config": {"ExposedPorts": {"80/tcp": {}}}},
        ],
    },
    unclear={"docker run": "docker run -P shop", "compose": "services: {web: {image: shop, ports: ['${PORT}:80']}}"},
)

_WEB = frozenset({80, 443})
_GUARDED = frozenset(
    {22, 111, 389, 445, 873, 1433, 1521, 2049, 2181, 2375, 2376, 2379, 3306, 3389, 5000, 5432, 5601, 5672, 5900, 5984}
    | {6379, 6443, 7474, 8086, 8123, 8500, 9000, 9042, 9090, 9092, 9200, 9300, 10250, 11211, 15672, 27017, 50000}
)
"""Ports on which databases, caches, queues and control panels listen, many of them without a password."""


@control.judge
def published_ports(unit: Unit) -> Judgement:
    if (ignored := ports_ignored(unit)) is not None:
        return ignored
    open_ports: dict[tuple[int, int, str], Port] = {}
    for container in unit.containers:
        for port in published_of(container, unit):
            if is_on_all_addresses(port):
                # The engine lists a port once for IPv4 and once for IPv6.
                open_ports.setdefault((port.host_port, port.container_port, port.protocol), port)
    faults = [_fault(port) for port in open_ports.values()]
    judged = judge_graded(faults, good="no port is open on every address", source=unit.source)
    return as_far_as_told(judged, unit, "ports")


def _fault(port: Port) -> GradedFault:
    number = f"port {port.host_port}/{port.protocol}" if port.host_port else "a port that the engine picks"
    says = f"{number} is open on every address of the host (to {port.container_port} inside)"
    if port.container_port in _GUARDED:
        return GradedFault(says, port.declared_at, Severity.HIGH)
    return GradedFault(says, port.declared_at, Severity.LOW if port.host_port in _WEB else Severity.MEDIUM)
