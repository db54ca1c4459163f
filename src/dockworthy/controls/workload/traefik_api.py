"""Traefik's API without a login shows every route, and every service behind it, to whoever asks."""

from __future__ import annotations

import posixpath
import re

from ...model.control import Control, Subject, nist, owasp
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ...model.workload import Container, Unit
from ..image_names import parse_image
from ._platforms import ENGINES
from ._ports import is_loopback, published_of, shares_host_network

control = Control(
    id="workload/traefik-api",
    title="Traefik's API is closed, or asks for a login",
    fault="{who} [serves|serve] Traefik's API without a login",
    rationale="With `api.insecure` the dashboard and the API listen on a port of their own and ask nobody who they are. "
    "They name every route, service, address and middleware; what the file provider holds stands there, too.",
    level=Level.RESTRICTED,
    severity=Severity.HIGH,
    demand="5.network",
    also_for=("3.least-privilege",),
    subject=Subject.UNIT,
    platforms=ENGINES,
    references=(nist("4.4.2"), owasp("D03")),
    remedy=Remedy(
        "Take `api.insecure` out. A router to `api@internal` with a middleware that asks for a login opens the dashboard; "
        "for yourself alone, publish the port as `127.0.0.1:8080:8080`.",
        "recreates the container",
    ),
    check_yourself="docker port {name}; curl -s http://127.0.0.1:8080/api/rawdata | head -c 300",
    bad={
        "compose": [
            "services: {edge: {image: 'traefik:v3.6', command: [--api.insecure=true], ports: ['80:80', '8080:8080']}}",
            "services: {edge: {image: 'traefik:v3.6', command: --api.insecure, ports: ['8080:8080']}}",
            "services: {edge: {image: 'traefik:v3.6', environment: {TRAEFIK_API_INSECURE: 'true'}, ports: ['8080:8080']}}",
            "services: {edge: {image: 'traefik:v3.6', command: [--api.insecure], network_mode: host}}",
            "services: {edge: {image: 'traefik:v3.6', command: [--API.Insecure=true, "
            "'--entryPoints.traefik.address=:9000'], ports: ['9000:9000']}}",
            "services: {edge: {image: 'traefik:1.7', command: [--api], ports: ['8080:8080']}}",
        ],
        "container": {
            "Path": "/entrypoint.sh",
            "Args": ["traefik", "--api.insecure=true"],
            "Config": {"Image": "traefik:v3.6"},
            "NetworkSettings": {"Ports": {"8080/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}},
        },
    },
    good={
        "compose": [
            "services: {edge: {image: 'traefik:v3.6', command: [--api.insecure=true], ports: ['80:80']}}",
            "services: {edge: {image: 'traefik:v3.6', command: [--api.insecure=true], ports: ['127.0.0.1:8080:8080']}}",
            "services: {edge: {image: 'traefik:v3.6', command: [--api.insecure=false], ports: ['8080:8080']}}",
            "services: {edge: {image: 'traefik:v3.6', command: [--api.dashboard=true], ports: ['443:443']}}",
        ],
    },
    unclear={
        "compose": [
            "services: {edge: {image: 'traefik:v3.6', ports: ['8080:8080'], volumes: ['./traefik.yml:/etc/traefik/traefik.yml']}}",
            "services: {edge: {image: 'traefik:v3.6', command: ['${FLAGS}'], ports: ['8080:8080']}}",
        ],
    },
)

_USUAL_PORT = 8080
_FALSE = frozenset({"false", "0", "f", "no"})
_ADDRESS = re.compile(r"--entrypoints\.traefik\.address=\S*:(\d+)", re.IGNORECASE)


@control.judge
def traefik_api(unit: Unit) -> Judgement:
    """Of the first container that runs Traefik."""
    container = next((each for each in unit.containers if _is_traefik(each)), None)
    if container is None:
        return not_applicable("it does not run Traefik", unit.source)
    open_at = _open_at(container, unit)
    if not open_at:
        return passed("the port of its API is not published", container.source)
    insecure = _insecure(container)
    if isinstance(insecure, Unknown):
        return unknown(insecure.reason, insecure.source or container.source, tell=insecure.tell)
    if insecure is None:
        return passed("it does not switch `api.insecure` on", container.source)
    return failed(f"{insecure.value} with {open_at}: its API asks for no login", insecure.source)


def _is_traefik(container: Container) -> bool:
    if isinstance(container.image, Set) and parse_image(container.image.value).program == "traefik":
        return True
    words = container.command.value if isinstance(container.command, Set) else ()
    return any(posixpath.basename(word) == "traefik" for word in words[:3])


def _open_at(container: Container, unit: Unit) -> str:
    """`port 8080 published`; empty where nobody outside reaches the API's port."""
    words = container.command.value if isinstance(container.command, Set) else ()
    inside = next((int(match[1]) for word in words if (match := _ADDRESS.fullmatch(word))), _USUAL_PORT)
    if shares_host_network(unit):
        return f"port {inside} open on the host's own network"
    ports = [port for port in published_of(container, unit) if port.container_port == inside and not is_loopback(port)]
    return f"port {ports[0].host_port or inside} published" if ports else ""


def _insecure(container: Container) -> Set[str] | Unknown | None:
    """What switches it on. A file that is mounted may, too: what it holds is not read here."""
    command, environment = container.command, container.environment
    if isinstance(command, Set):
        for word in command.value:
            if _switches_on(word, container):
                return Set(word, command.source)
    if isinstance(environment, Set):
        written = environment.value.get("TRAEFIK_API_INSECURE", "false")
        if "$" in written and "environment" in container.unclear:
            return container.unclear["environment"]
        if written.lower() not in _FALSE:
            return Set(f"TRAEFIK_API_INSECURE={written}", environment.source)
    if any(word.lower().startswith("--api.insecure=") for word in (command.value if isinstance(command, Set) else ())):
        return None
    for field in (command, environment):
        if isinstance(field, Unknown):
            return field
    mounted = next((mount for mount in container.mounts if mount.target.startswith("/etc/traefik")), None)
    if mounted is not None:
        tell = f"grep -rn insecure {mounted.host_path or mounted.source}"
        return Unknown(f"its settings stand in {mounted.target}, which is not read here", tell, mounted.declared_at)
    return None


def _switches_on(word: str, container: Container) -> bool:
    """Flags are read whatever their case. Of version 1 `--api` alone does it."""
    name, equals, value = word.lower().partition("=")
    tag = parse_image(container.image.value).tag if isinstance(container.image, Set) else ""
    first = tag.removeprefix("v").partition(".")[0] == "1"
    on = not equals or value.strip("'\"") not in _FALSE
    return on and (name == "--api.insecure" or (first and name in ("--api", "--web")))
