"""An engine inside a container that takes commands without TLS: whoever reaches it is root in a privileged container."""

from __future__ import annotations

import posixpath

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ...model.workload import Container, Unit
from ..image_names import parse_image
from ._graded import failed_as
from ._platforms import ENGINES
from ._ports import is_loopback, published_of, shares_host_network

control = Control(
    id="workload/engine-inside",
    title="An engine inside a container demands client certificates",
    fault="{who} [runs|run] a Docker Engine that asks for no client certificate",
    rationale="Docker-in-Docker listens on the network. Without TLS every container beside it, and everybody who reaches a "
    "published port, gives it commands: it is privileged, so its root is root on the host.",
    level=Level.BASELINE,
    severity=Severity.HIGH,
    demand="1.host-access",
    also_for=("1.privileges", "3.least-privilege", "5.network"),
    subject=Subject.UNIT,
    platforms=ENGINES,
    references=(cis("1.6.0", "2.7"), cis("1.8.0", "2.8"), nist("4.4.2"), owasp("D03")),
    remedy=Remedy(
        "Leave `DOCKER_TLS_CERTDIR` at `/certs`, share that volume with the client (`DOCKER_HOST=tcp://docker:2376`, "
        "`DOCKER_TLS_VERIFY=1`), and publish no port of it. Better: build without an engine (BuildKit, rootless).",
        "recreates the container, and its clients with other settings",
    ),
    check_yourself="docker exec {name} sh -c 'echo $DOCKER_TLS_CERTDIR; netstat -ltn'",
    bad={
        "compose": [
            "services: {dind: {image: 'docker:29-dind', privileged: true, environment: {DOCKER_TLS_CERTDIR: ''}}}",
            "services: {dind: {image: 'docker:dind', command: [--host=tcp://0.0.0.0:2375], ports: ['2375:2375']}}",
            "services: {dind: {image: 'docker:dind', command: [dockerd, -H, 'tcp://0.0.0.0:2375', --tls=false]}}",
            "services: {dind: {image: 'docker:18.09-dind', privileged: true}}",
        ],
        "container": {
            "Path": "dockerd-entrypoint.sh",
            "Args": ["dockerd", "--host=tcp://0.0.0.0:2375"],
            "Config": {"Image": "docker:29-dind"},
        },
    },
    good={
        "compose": [
            "services: {dind: {image: 'docker:29-dind', privileged: true}}",
            "services: {dind: {image: 'docker:29-dind', environment: {DOCKER_TLS_CERTDIR: /certs}}}",
            "services: {dind: {image: 'docker:dind', command: [dockerd, -H, 'tcp://0.0.0.0:2376', --tlsverify]}}",
            "services: {dind: {image: 'docker:dind', command: [dockerd, -H, 'unix:///run/docker.sock']}}",
        ],
    },
    unclear={
        "compose": "services: {dind: {image: 'docker:29-dind', environment: {DOCKER_TLS_CERTDIR: '${CERTS}'}}}",
    },
)

_TLS_SINCE = 19
"""The first major version of the image that makes certificates by itself."""

_OFF = frozenset({"--tls=false", "--tls=0", "--tls=f"})
_VERIFIES = frozenset({"--tlsverify", "--tlsverify=true", "--tlsverify=1"})


@control.judge
def engine_inside(unit: Unit) -> Judgement:
    """Of the first container that runs an engine."""
    container = next((each for each in unit.containers if _is_engine(each)), None)
    if container is None:
        return not_applicable("it runs no engine", unit.source)
    opened = _without_tls(container)
    if isinstance(opened, Unknown):
        return unknown(opened.reason, opened.source or container.source, tell=opened.tell)
    if opened is None:
        return passed("its engine demands client certificates, or is on no network", container.source)
    outside = _reached_from_outside(container, unit)
    says = f"its engine takes commands without TLS ({opened.value}){f', {outside}' if outside else ''}"
    return failed_as(Severity.CRITICAL if outside else Severity.HIGH, says, opened.source)


def _is_engine(container: Container) -> bool:
    if isinstance(container.image, Set):
        image = parse_image(container.image.value)
        if image.program in ("dind", "docker-dind") or (image.program == "docker" and "dind" in image.tag):
            return True
    words = container.command.value if isinstance(container.command, Set) else ()
    return any(posixpath.basename(word) in ("dockerd", "dockerd-entrypoint.sh") for word in words[:2])


def _without_tls(container: Container) -> Set[str] | Unknown | None:
    """What leaves it without TLS."""
    command, environment = container.command, container.environment
    words = command.value if isinstance(command, Set) else ()
    if isinstance(command, Set):
        if _VERIFIES & set(words):
            return None
        named = [word for word in _hosts(words) if word.startswith("tcp:")]
        if named or _OFF & set(words):
            return Set(named[0] if named else "--tls=false", command.source)
        if _hosts(words):
            return None  # a socket alone
    if isinstance(environment, Unknown):
        return environment
    folder = environment.value.get("DOCKER_TLS_CERTDIR") if isinstance(environment, Set) else None
    if folder == "":
        return Set("DOCKER_TLS_CERTDIR is empty", environment.source or container.source)
    if "environment" in container.unclear and "$" in (folder or "$"):
        return container.unclear["environment"]
    image = container.image
    version = parse_image(image.value).tag.partition(".")[0] if isinstance(image, Set) else ""
    if folder is None and version.isdigit() and int(version) < _TLS_SINCE and isinstance(image, Set):
        return Set(f"docker {version} makes no certificates by itself", image.source)
    return None


def _hosts(words: tuple[str, ...]) -> list[str]:
    """Where the engine is told to listen: `-H tcp://…`, `--host=tcp://…`."""
    found = []
    for word, following in zip(words, (*words[1:], ""), strict=True):
        name, equals, value = word.partition("=")
        if name in ("-H", "--host"):
            found.append(value if equals else following)
    return found


def _reached_from_outside(container: Container, unit: Unit) -> str:
    if shares_host_network(unit):
        return "on the host's own network"
    ports = [port for port in published_of(container, unit) if not is_loopback(port)]
    return f"and port {ports[0].host_port or ports[0].container_port} is published" if ports else ""
