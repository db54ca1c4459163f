"""A snapshot: all facts of a host and its engine at one time, as one JSON document with a version.

Engine objects stand as the API gave them, with secret values replaced before they entered. It can be saved, sent, and
assessed elsewhere.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from .evidence import Drill, EvidenceFacts
from .field import NOT_READ, Field, Unknown
from .host import Host
from .services import ServiceAnswer
from .workload import ContainerUse, LogFiles, Process

SNAPSHOT_VERSION = 1
"""Raised when a field changes its meaning. Readers of version N load every version up to N."""


class ContainerFacts(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One container: what `GET /containers/{id}/json` said, its processes in /proc, and what changed in its layer.

    `changes` are `A /path` (added), `C` (changed), `D` (deleted), from `GET /containers/{id}/changes`.
    """

    id: str
    name: str
    inspect: Field[dict[str, Any]]
    processes: Field[tuple[Process, ...]] = NOT_READ
    changes: Field[tuple[str, ...]] = NOT_READ
    use: Field[ContainerUse] = NOT_READ
    log_files: Field[LogFiles] = NOT_READ
    """Unset where its log driver keeps no files that the engine names."""
    resolved_binds: dict[str, str] = {}
    """Path of a bind mount as written -> where it really leads on the host, links resolved (only those that differ)."""


class ImageFacts(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One image: `GET /images/{id}/json`, and its history where it was read."""

    id: str
    inspect: Field[dict[str, Any]]
    history: Field[tuple[dict[str, Any], ...]] = NOT_READ


class EngineFacts(Struct, frozen=True, kw_only=True):
    """What the engine's API said. Each list holds the objects as the API gives them."""

    endpoint: str = ""
    version: Field[dict[str, Any]] = NOT_READ
    info: Field[dict[str, Any]] = NOT_READ
    containers: Field[tuple[ContainerFacts, ...]] = NOT_READ
    images: Field[tuple[ImageFacts, ...]] = NOT_READ
    volumes: Field[tuple[dict[str, Any], ...]] = NOT_READ
    networks: Field[tuple[dict[str, Any], ...]] = NOT_READ
    disk_usage: Field[dict[str, Any]] = NOT_READ
    swarm: Field[dict[str, Any]] = NOT_READ
    """Unset where the engine is not in a swarm."""
    nodes: Field[tuple[dict[str, Any], ...]] = NOT_READ
    services: Field[tuple[dict[str, Any], ...]] = NOT_READ
    tasks: Field[tuple[dict[str, Any], ...]] = NOT_READ
    secrets: Field[tuple[dict[str, Any], ...]] = NOT_READ
    configs: Field[tuple[dict[str, Any], ...]] = NOT_READ
    proofs: Field[tuple[Drill, ...]] = NOT_READ
    """What drills proved, as the swarm keeps it: only what an admin wrote."""
    plugins: Field[tuple[dict[str, Any], ...]] = NOT_READ
    unread: dict[str, Unknown] = {}
    """Parts that are missing inside a field that was read, as `disk_usage.Volumes`, and why."""


class ToolVersion(Struct, frozen=True):
    name: str
    version: str


class Snapshot(Struct, frozen=True, kw_only=True):
    """`taken` is RFC 3339 in UTC; `id` names this reading (random, no fact about the host)."""

    snapshot: int = SNAPSHOT_VERSION
    taken: str
    id: str = ""
    tool: ToolVersion
    host: Host
    engine: EngineFacts
    services_asked: Field[tuple[ServiceAnswer, ...]] = NOT_READ
    """Services of this host that others may reach, and whether they asked for a password."""
    evidence: EvidenceFacts = EvidenceFacts()
    """What other tools do here already."""
