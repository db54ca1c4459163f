"""An engine refuses clients that speak an older API than it serves: best known before the upgrade, not by it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from msgspec import Struct, structs

from ...model.control import Control, Subject
from ...model.dialect import Version
from ...model.field import Set, Source
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.knowledge.clients import KNOWN_ON
from ...model.knowledge.engine_changes import NEXT_MAJOR, OLDEST_API, OLDEST_API_AT_FIRST
from ...model.knowledge.releases import numbers
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import both, known, not_seen
from ._engine_clients import EngineClient, clients_of, compose_v1, fixed_in
from ._running import gap

_SOCKET = {"Type": "bind", "Source": "/var/run/docker.sock", "Destination": "/var/run/docker.sock", "RW": False}


def _seen(image: str, engine: str = "28.5.2", minimum: str = "1.24", **config: Any) -> dict[str, Any]:
    inspect = {"Config": {"Image": image, **config}, "Mounts": [_SOCKET]}
    version = known({"Version": engine, "MinAPIVersion": minimum})
    return {"engine": {"version": version, "containers": [{"name": "helper", "inspect": inspect}]}}


control = Control(
    id="machine/next-engine",
    title="The programs that talk to the engine can talk to the next one, too",
    fault="{who} can't talk to the next engine",
    rationale=f"Engine {NEXT_MAJOR} refuses API versions that engines served for eight years. A reverse proxy that asks "
    "the engine for its containers then routes to none, and an updater restarts in a loop, at the moment of the upgrade.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="5.current",
    subject=Subject.MACHINE,
    remedy=Remedy(
        "Update these programs first, then the engine. `min-api-version` in daemon.json (or "
        "DOCKER_MIN_API_VERSION in the engine's unit) delays it.",
        "recreates these containers",
    ),
    check_yourself="docker ps --format '{{.Names}} {{.Image}}'; docker version -f '{{.Server.MinAPIVersion}}'",
    bad={
        "snapshot": [
            _seen("traefik:v3.5.0"),
            _seen("traefik:v2.11.30"),
            _seen("containrrr/watchtower:latest"),
            _seen("portainer/portainer-ce:2.33.3"),
            _seen("traefik:v3.5.0", "29.7.0", "1.40"),
            _seen("nickfedor/watchtower:1.12.0", Env=["DOCKER_API_VERSION=1.24"]),
        ]
    },
    good={
        "snapshot": [
            _seen("traefik:v3.6.1"),
            _seen("traefik:v3", Labels={"org.opencontainers.image.version": "v3.6.4"}),
            _seen("docker:27.5.1-cli"),
            _seen("containrrr/watchtower:1.7.1", Env=["DOCKER_API_VERSION=1.44"]),
        ]
    },
    unclear={
        "snapshot": [
            _seen("traefik:v3.6"),
            _seen("traefik"),
            _seen("registry.example.com/our-tool:1.0"),
            _seen("tecnativa/docker-socket-proxy:0.3"),
            both(_seen("traefik:v3.5.0"), {"engine": {"version": not_seen(), "info": not_seen()}}),
        ]
    },
)


class _Asked(Struct, frozen=True):
    """Who refuses older ones than `least`; `at_first`: what the first releases of the next major asked for."""

    who: str
    least: Version
    at_first: Version


@control.judge
def next_engine(machine: Machine) -> Iterator[Judgement]:
    if missing := gap(machine, "containers"):
        yield missing
        return
    package = compose_v1(machine)
    clients = [*clients_of(machine), *([package] if package is not None else [])]
    if not clients:
        yield not_applicable("no container reaches the engine's API", Source("GET /containers/json"))
        return
    asked = _asked(machine)
    for client in clients:
        if isinstance(asked, Judgement):
            yield structs.replace(asked, about=_about(client))
        else:
            yield _judge(client, asked)


def _asked(machine: Machine) -> _Asked | Judgement:
    """What the next engine asks for; of the newest that is known here, what it asks for itself."""
    version = machine.engine.version
    number = numbers(version.value) if isinstance(version, Set) else ()
    if not number:
        return unknown("the engine's version could not be read, nor so what comes next", version.source)
    if number[0] < NEXT_MAJOR:
        return _Asked(f"engine {NEXT_MAJOR}", OLDEST_API, OLDEST_API_AT_FIRST)
    details = machine.engine.version_details
    try:
        least = Version.parse(str(details.value.get("MinAPIVersion", "")) if isinstance(details, Set) else "")
    except ValueError:
        return unknown("the engine did not say the oldest API version that it serves", details.source)
    return _Asked("this engine", least, least)


def _judge(seen: EngineClient, asked: _Asked) -> Judgement:
    about, what = _about(seen), _what(seen)
    if seen.client is not None and seen.client.passes_on:
        says = f"{what} speaks no API version of its own: whoever asks it must be looked at"
        return unknown(says, seen.source, tell="see who connects to it", about=about)
    apis = [api for api in seen.apis if api is not None]
    if apis and max(apis) < asked.least and None not in seen.apis:
        return _refused(seen, asked, f"{what} speaks API {_text(max(apis))} at most; {asked.who} serves none before "
                        f"{_text(asked.least)}")  # fmt: skip
    if not apis or None in seen.apis or min(apis) < asked.least or seen.client is None:
        return _not_known(seen, asked, what)
    if min(apis) < asked.at_first:
        says = (
            f"{what} speaks API {_text(min(apis))} at most: {asked.who} before 29.3 refuses it, later releases do not"
        )
        return structs.replace(_refused(seen, asked, says), severity=Severity.LOW)
    return passed(f"{what} can speak API {_text(asked.at_first)}, which {asked.who} serves", seen.source, about=about)


def _not_known(seen: EngineClient, asked: _Asked, what: str) -> Judgement:
    if seen.client is None:
        says = f"{what} reaches the engine ({seen.how}); which API versions it speaks is not known here ({KNOWN_ON})"
        return unknown(says, seen.source, tell="its makers' release notes", about=_about(seen))
    says = f"{what}: whether this version speaks API {_text(asked.least)} is not known here ({KNOWN_ON})"
    fixed = fixed_in(seen.client, asked.at_first)
    tell = f"its exact version: from {' or '.join(fixed)} on it does" if fixed else seen.client.source
    return unknown(says, seen.source, tell=tell, about=_about(seen))


def _refused(seen: EngineClient, asked: _Asked, says: str) -> Judgement:
    client = seen.client
    remedy = ""
    if client is not None:
        says += f": {client.loses}"
        fixed = fixed_in(client, asked.at_first)
        update = f"Update it to {' or '.join(fixed)} or newer" if fixed else ""
        remedy = client.instead or update
    check = (
        f"docker inspect -f '{{{{.Config.Image}}}}' {shlex.quote(seen.name)}"
        if seen.image
        else "docker-compose version"
    )
    return failed(says, seen.source, about=_about(seen), remedy=remedy, check_yourself=check)


def _about(seen: EngineClient) -> str:
    return f"container/{seen.name}" if seen.image else f"host/{seen.name}"


def _what(seen: EngineClient) -> str:
    name = seen.client.name if seen.client is not None else seen.image or seen.name
    return f"{name} {seen.version}".rstrip()


def _text(api: Version) -> str:
    return f"{api.major}.{api.minor}"
