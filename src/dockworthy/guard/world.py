"""What the guard looks up: names in a request stand for objects of the engine and for places of the host.

The judges know this interface only; `engine_world.py` asks a real engine.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any, Protocol

from ..model.ports import Ports
from ..readers.engine_context import EngineContext
from .floor.host_ports import Listening, SwarmPorts
from .floor.mounts import HostPaths, NumbersOf
from .floor.replaceable import Mounted
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

    async def device_node(self, found: Mapping[str, Any]) -> str:
        """The first device node that an image, or the image of a container, brings (image_nodes); `""` for none. Of an
        image whose layers the engine shows nowhere, `""`: its containers are looked at when they start."""

    async def volume_node(self, path: str) -> str:
        """The first device node in a volume that lies there on the host (volume_nodes); `""` for none."""

    async def network(self, reference: str) -> Mapping[str, Any] | None:
        """`GET /networks/{id}`."""

    async def service(self, reference: str) -> Mapping[str, Any] | None:
        """`GET /services/{id}`."""

    async def secret(self, reference: str) -> Mapping[str, Any] | None:
        """`GET /secrets/{id}`, which does not show what it holds."""

    async def config(self, reference: str) -> Mapping[str, Any] | None:
        """`GET /configs/{id}`."""

    async def image(self, reference: str) -> Mapping[str, Any] | None:
        """`GET /images/{name}/json`: by name, digest or id."""

    async def mounted(self) -> Sequence[Mounted]:
        """What of the host all containers mount, running or not, and all services; and what was announced."""

    async def edge_specs(self) -> Sequence[Mapping[str, Any]]:
        """What the edge's container is made of, by what root wrote on this host: services of Compose files."""

    async def edge_names(self) -> Container[str]:
        """The names by which containers may join the edge's network, by what root wrote on this host."""

    async def left_open(self, id: str, targets: Iterable[str]) -> frozenset[str]:
        """Those of a container's read-only binds below which what is mounted on the host stays writable, because an
        older client made it; all where that can't be told. `targets`: their paths in the container."""

    def announce(self, mounts: Sequence[Mounted]) -> Callable[[], None]:
        """What a service will mount that the engine does not list yet: it may ask a registry first. Gives what takes
        that back, where nothing comes of it."""

    async def looked_at(self, paths: Iterable[str] = ()) -> HostPaths:
        """The host's files as far as they matter for `paths`, which are whole. Raises PathHangs where one does not
        answer: looking at it must hold up nobody else."""

    async def builds_are_confined(self) -> bool:
        """Does daemon.json forbid BuildKit the host's network and insecure steps (`builder.entitlements`)?"""

    def addresses_of_host(self) -> tuple[tuple[str, str], ...]:
        """Networks that the host itself sends to, each with what it is in words."""

    def names_of_host(self) -> frozenset[str]:
        """Names that lead to the host itself or its link by its own table, in small letters."""

    def what_of_host(self, address: str) -> str:
        """What of the host an address leads to (itself, containers of its engine); empty for any other."""

    async def listening(self, ports: Sequence[Ports], *, published: bool = False) -> Sequence[Listening]:
        """Who listens on this host at some of `ports`; with `published` also what containers and services publish where
        nobody is seen to listen. Raises EngineError where the kernel does not tell."""

    async def swarm_ports(self) -> SwarmPorts:
        """What of the swarm says who else may listen."""

    async def ways_in(self, paths: Sequence[str]) -> Sequence[WayIn | None]:
        """How others than root reach what lies at each of these paths of the host, so that a setuid file or a device
        there would give them root; None where nobody does. Raises PathHangs."""

    async def device_numbers(self, paths: Iterable[str]) -> NumbersOf:
        """Tells of each of these paths the numbers of the device there, or of those in the folder there:
        `("c", 10, 229)`. Raises PathHangs."""
