"""What there is of a project that is to be removed, and what of it goes. No I/O."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class RemovedKind(StrEnum):
    """In the order in which they go."""

    SERVICE = "service"
    CONTAINER = "container"
    NETWORK = "network"
    VOLUME = "volume"
    ROUTE = "route"
    EDGE = "edge"
    CERTIFICATE = "certificate"
    SECRET = "secret"
    CONFIG = "config"
    RELEASE = "release"
    VERSION = "version"


class RemovalItem(Struct, frozen=True, kw_only=True):
    """`id`: the engine's, the file below the edge's folder, or a number. `remove`: it goes; else `because` says why it
    stays."""

    kind: RemovedKind
    id: str
    name: str
    remove: bool = True
    because: str = ""


class Removal(Struct, frozen=True, kw_only=True):
    """`done`: all that was to go is gone. `notes` are worth knowing, as sentences."""

    project: str
    host: str
    items: tuple[RemovalItem, ...] = ()
    notes: tuple[str, ...] = ()
    done: bool = False
    schema: int = 1

    @property
    def is_empty(self) -> bool:
        return not any(each.remove for each in self.items)

    def going(self, kind: RemovedKind) -> tuple[RemovalItem, ...]:
        return tuple(each for each in self.items if each.kind is kind and each.remove)
