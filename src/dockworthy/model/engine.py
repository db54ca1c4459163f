"""The engine, its images, networks, volumes and swarm as the controls see them."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from .field import NOT_READ, Field, Set, Source, Unknown, Unset
from .finding import Evidence
from .workload import HealthCheck, User

STANDS_TWICE = "it stands on the command line and in daemon.json"
NOT_IN_A_SWARM = "an engine with live-restore refuses to be a node of a swarm"
"""Why a setting is refused that is right by itself."""


class Engine(Struct, frozen=True, kw_only=True):
    """One Docker Engine.

    `settings` are the daemon's settings by their daemon.json names, each with where it was written (command line,
    daemon.json) or the engine's default. `info` and `version` are the API's answers.
    """

    endpoint: str
    version: Field[str] = NOT_READ
    api_version: Field[str] = NOT_READ
    info: Field[dict[str, Any]] = NOT_READ
    version_details: Field[dict[str, Any]] = NOT_READ
    settings: dict[str, Set[Any] | Unset | Unknown] = {}
    settings_seen: Field[bool] = NOT_READ
    """Whether daemon.json and the daemon's command line could be read at all."""
    pending: dict[str, Set[Any]] = {}
    """Settings whose written value is not the one that runs: in force after a restart of the engine."""
    refused: dict[str, Evidence] = {}
    """Settings with which the engine would not start again, and why."""
    plugins: Field[tuple[dict[str, Any], ...]] = NOT_READ
    disk_usage: Field[dict[str, Any]] = NOT_READ
    in_swarm: Field[bool] = NOT_READ

    def setting(self, name: str) -> Set[Any] | Unset | Unknown:
        """A setting by its daemon.json name. Unknown where neither file nor command line could be read."""
        known = self.settings.get(name)
        if known is not None:
            return known
        if isinstance(self.settings_seen, Unknown):
            return self.settings_seen
        return Unset(Source("daemon.json", name))


class Image(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One image of the engine, however many tags name it. `created` as RFC 3339, `size` in bytes."""

    id: str
    source: Source
    tags: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    user: Field[User] = NOT_READ
    health: Field[HealthCheck] = NOT_READ
    created: Field[str] = NOT_READ
    size: Field[int] = NOT_READ
    environment: Field[dict[str, str]] = NOT_READ
    command: Field[tuple[str, ...]] = NOT_READ
    labels: dict[str, str] = {}
    volumes: Field[tuple[str, ...]] = NOT_READ
    ports: Field[tuple[str, ...]] = NOT_READ
    architecture: Field[str] = NOT_READ
    history: Field[tuple[str, ...]] = NOT_READ
    """The instructions that made its layers, oldest first."""
    used_by: tuple[str, ...] = ()
    """Names of the containers that were made from it, stopped ones too."""


class Network(Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: str
    name: str
    driver: str
    scope: str
    source: Source
    internal: bool = False
    ingress: bool = False
    attachable: bool = False
    ipv6: bool = False
    subnets: tuple[str, ...] = ()
    options: dict[str, str] = {}
    labels: dict[str, str] = {}
    attached: tuple[str, ...] = ()
    """Names of the running containers on it."""


class DataVolume(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A volume of the engine. `size` in bytes where disk use could be read; `used_by` the containers that mount it."""

    name: str
    driver: str
    mountpoint: str
    source: Source
    options: dict[str, str] = {}
    labels: dict[str, str] = {}
    created: str = ""
    anonymous: bool = False
    size: Field[int] = NOT_READ
    used_by: tuple[str, ...] = ()


class Cluster(Struct, frozen=True, kw_only=True):
    """The swarm this engine belongs to; lists are Unknown on a worker, which can't see them."""

    manager: bool
    source: Source
    state: Field[str] = NOT_READ
    """The node's own: `active`, or `locked`, `pending`, `error` where it takes no part now."""
    stopped: bool = False
    """Its node in the swarm does not run, though the engine says that it is active."""
    swarm: Field[dict[str, Any]] = NOT_READ
    nodes: Field[tuple[dict[str, Any], ...]] = NOT_READ
    services: Field[tuple[dict[str, Any], ...]] = NOT_READ
    secrets: Field[tuple[dict[str, Any], ...]] = NOT_READ
    tasks: Field[tuple[dict[str, Any], ...]] = NOT_READ
    networks: tuple[Network, ...] = ()
