"""What the guard looks up: names in a request stand for objects of the engine and for places of the host.

The judges know this interface only; `engine_world.py` asks a real engine.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, Protocol

from ..readers.engine_context import EngineContext
from .floor.replaceable import Mounted
from .host_tree import HostTree
from .own_paths import OwnPaths
from .way_in import WayIn


class World(Protocol):
    """Each answer is the API's object, None where there is none. Raises EngineError where the engine does not say."""

    is_seen: bool
    """Is it looked at? Else what is not found may be there."""

    async def context(self) -> EngineContext:
        """What a reader must know of the engine, without volumes."""

    async def container(self, reference: str) -> Mapping[str, Any] | None:
        """`GET /containers/{id}/json`: by name, id or the beginning of an id."""

    async def containers_beginning(self, beginning: str) -> tuple[str, ...]:
        """Ids of all containers, running or not, that begin so."""

    async def ids_beginning(self, kind: str, beginning: str) -> tuple[str, ...]:
        """Ids of all networks, services, secrets or configs (`kind`: in the singular) that begin so."""

    async def execution(self, id: str) -> Mapping[str, Any] | None:
        """`GET /exec/{id}/json`."""

    async def volume(self, name: str) -> Mapping[str, Any] | None:
        """`GET /volumes/{name}`."""

    async def network(self, reference: str) -> Mapping[str, Any] | None:
        """`GET /networks/{id}`."""

    async def service(self, reference: str) -> Mapping[str, Any] | None:
        """`GET /services/{id}`."""

    async def mounted(self) -> Sequence[Mounted]:
        """What of the host all containers mount, running or not, and all services; and what was announced."""

    def announce(self, mounts: Sequence[Mounted]) -> Callable[[], None]:
        """What a service will mount that the engine does not list yet: it may ask a registry first. Gives what takes
        that back, where nothing comes of it."""

    def tree(self) -> HostTree:
        """What is mounted on the host."""

    def own_paths(self) -> OwnPaths:
        """Of the guard and its engine."""

    def builds_are_confined(self) -> bool:
        """Does daemon.json forbid BuildKit the host's network and insecure steps (`builder.entitlements`)?"""

    def addresses_of_host(self) -> tuple[tuple[str, str], ...]:
        """Networks that the host itself sends to, each with what it is in words."""

    def names_of_host(self) -> frozenset[str]:
        """Names that lead to the host itself or its link by its own table, in small letters."""

    def what_of_host(self, address: str) -> str:
        """What of the host an address leads to (itself, containers of its engine); empty for any other."""

    def who_may_write(self, path: str) -> str:
        """Why a path of the host does not belong to root alone, from `/` down to it; `""` where it does.

        A path that is not there yet counts as far as it is there.
        """

    def who_may_swap(self, path: str, *, follow: bool) -> str:
        """The same of a path that was judged when its container was made: links of root's are followed if `follow`."""

    def way_in(self, path: str) -> WayIn | None:
        """How others than root reach what lies at a path of the host, so that a setuid file or a device there would
        give them root; None where nobody does."""

    def device_numbers(self, path: str) -> Container[tuple[str, int, int]]:
        """Of the device at a path of the host, or of those in the folder there: `("c", 10, 229)`."""


__all__ = ["World"]
