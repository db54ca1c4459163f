"""Ports below 1024 belong to the host's own services: SSH, mail, names, time."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._containers import Fault, judge_faults
from ._platforms import ENGINES
from ._ports import ports_ignored
from ._unclear import as_far_as_told

control = Control(
    id="workload/privileged-ports",
    title="Host ports below 1024 are taken by web servers only",
    fault="{who} [takes|take] host ports below 1024 that are not the web's",
    rationale="On a host's port 22 or 53 clients expect the host itself. 80 and 443 are a web server's own ports; another "
    "one is deliberate, or a mistake.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="5.network",
    subject=Subject.UNIT,
    platforms=ENGINES,
    references=(cis("1.6.0", "5.8"), cis("1.8.0", "5.8"), nist("4.4.2"), owasp("D03")),
    remedy=Remedy("Publish on a port from 1024 on, or record the exception.", "recreates the container"),
    check_yourself="docker port {name}",
    bad={
        "container": {"NetworkSettings": {"Ports": {"53/udp": [{"HostIp": "127.0.0.1", "HostPort": "53"}]}}},
        "service": {"Spec": {"EndpointSpec": {"Ports": [{"TargetPort": 2525, "PublishedPort": 25}]}}},
    },
    good={
        "container": [
            {},
            {"NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "443"}]}}},
            {"NetworkSettings": {"Ports": {"53/udp": [{"HostIp": "127.0.0.1", "HostPort": "5353"}]}}},
            {"Config": {"ExposedPorts": {"22/tcp": {}}}},
        ],
        "service": {},
    },
)

_FIRST_FREE = 1024
_WEB = frozenset({80, 443})


@control.judge
def privileged_ports(unit: Unit) -> Judgement:
    if (ignored := ports_ignored(unit)) is not None:
        return ignored
    taken = {
        (port.host_port, port.protocol): port.declared_at
        for container in unit.containers
        for port in container.ports
        if 0 < port.host_port < _FIRST_FREE and port.host_port not in _WEB
    }
    faults = [Fault(f"takes port {number}/{protocol} of the host", at) for (number, protocol), at in taken.items()]
    judged = judge_faults(faults, good="no port below 1024 but a web server's", source=unit.source)
    return as_far_as_told(judged, unit, "ports")
