"""Containers that talk to the engine, what they are, and which of its API versions they can speak."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from ...model.dialect import Version
from ...model.field import Set, Source
from ...model.knowledge.clients import ClientProgram, client_of, spoken_by
from ...model.knowledge.releases import Numbers
from ...model.machine import Machine
from ...model.workload import Container, Unit
from ..image_names import parse_image
from ..workload._engine_sockets import socket_reached
from ._running import running

_IMAGE = Source("GET /containers/{id}/json", "Config.Image")
_PINNED = "DOCKER_API_VERSION"
_LAST = 1_000_000
_LABEL = "org.opencontainers.image.version"
_BASE = "org.opencontainers.image.ref.name"
_NUMBERS = re.compile(r"v?(\d{1,5})(?:\.(\d{1,5}))?(?:\.(\d{1,5}))?(?![\d.])")


class EngineClient(Struct, frozen=True):
    """`client` None: none that is known here. `how` it reaches the engine. `apis`: what its version may speak."""

    name: str
    image: str
    how: str
    client: ClientProgram | None
    apis: tuple[Version | None, ...]
    version: str
    source: Source = _IMAGE


def clients_of(machine: Machine) -> Iterator[EngineClient]:
    """Running containers that reach the engine: by a mount of its socket, or told so by DOCKER_HOST."""
    for unit, container in running(machine):
        how = _way_to_engine(unit, container)
        if how:
            yield _client(unit, container, how)


def _way_to_engine(unit: Unit, container: Container) -> str:
    for mount in container.mounts:
        if socket := socket_reached(mount, unit.engine_paths):
            return f"mounts {socket}"
    host = environment_of(container).get("DOCKER_HOST", "")
    return f"DOCKER_HOST={host}" if host else ""


def environment_of(container: Container) -> dict[str, str]:
    return container.environment.value if isinstance(container.environment, Set) else {}


def _client(unit: Unit, container: Container, how: str) -> EngineClient:
    image = container.image.value if isinstance(container.image, Set) else ""
    named = parse_image(image)
    client = client_of(named.repository)
    low, high, version = _versions(named.tag, unit.labels)
    pinned = _pinned(environment_of(container))
    if pinned is not None and (client is None or client.obeys_environment):
        return EngineClient(unit.name, image, how, client, (pinned,), f"with {_PINNED}={pinned.major}.{pinned.minor}")
    apis = _apis(client, low, high) if client is not None else ()
    return EngineClient(unit.name, image, how, client, apis, version)


def _pinned(environment: dict[str, str]) -> Version | None:
    try:
        return Version.parse(environment.get(_PINNED, ""))
    except ValueError:
        return None


def _versions(tag: str, labels: dict[str, str]) -> tuple[Numbers, Numbers, str]:
    """The oldest and the newest version that it may be, and how that was told.

    A label counts after an exact tag only: images inherit it from their base (Ubuntu sets it).
    """
    told = _NUMBERS.match(tag)
    if told is None or told[3] is None:
        label = _NUMBERS.match(labels.get(_LABEL, ""))
        if label is not None and label[2] is not None and labels.get(_BASE) != "ubuntu":
            told = label
    if told is None:
        return (), (_LAST,), ""
    given = tuple(int(part) for part in told.groups() if part is not None)
    return given, given if len(given) == 3 else (*given, _LAST), told[0].removeprefix("v")


def _apis(client: ClientProgram, low: Numbers, high: Numbers) -> tuple[Version | None, ...]:
    """What any version between the two speaks, each once."""
    between = [each.since for each in client.spoken if low < each.since <= high]
    return tuple(dict.fromkeys(spoken_by(client, version) for version in (low, *between)))


def compose_v1(machine: Machine) -> EngineClient | None:
    """Compose of the host's own packages, where it is still the first one, in Python."""
    field, client = machine.host.packages, client_of("docker/compose")
    for package in field.value if isinstance(field, Set) else ():
        version = _NUMBERS.match(package.version)
        if package.name == "docker-compose" and version is not None and int(version[1]) < 2 and client is not None:
            given = tuple(int(part) for part in version.groups() if part is not None)
            api = spoken_by(client, given)
            assert isinstance(field, Set)
            return EngineClient("docker-compose", "", "a package", client, (api,), version[0], field.source)
    return None


def fixed_in(client: ClientProgram, least: Version) -> list[str]:
    """The first versions that speak at least this, one a line of releases."""
    found: list[str] = []
    before = False
    for each in client.spoken:
        enough = each.api is not None and each.api >= least
        if enough and not before and each.since:
            found.append(".".join(str(number) for number in each.since))
        before = enough
    return found
