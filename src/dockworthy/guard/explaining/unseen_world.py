"""An engine that nobody asks: what would be looked up is noted, and taken as the answer that allows most."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any

from ...model.dialect import Version
from ...model.ports import Ports
from ...readers.engine_context import EngineContext
from ..floor.host_ports import Listening, SwarmPorts
from ..floor.mounts import HostPaths, NumbersOf
from ..floor.replaceable import Mounted
from ..host_tree import HostTree, spellings
from ..own_paths import OwnPaths, own_paths
from ..way_in import WayIn

_USUAL = EngineContext(
    api_version=Version(1, 45),
    features=frozenset({"seccomp", "apparmor", "cgroupns"}),
    log_driver="json-file",
)


class _Every:
    def __contains__(self, what: object) -> bool:
        return True


class UnseenWorld:
    """`notes`: what the guard would ask, with what was taken for the answer, each once, in order."""

    is_seen = False

    def __init__(self) -> None:
        self._notes: dict[str, None] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(self._notes)

    async def context(self) -> EngineContext:
        """Of an engine as it is installed: it says so of itself, so that this alone leaves nothing open."""
        return _USUAL

    async def container(self, reference: str) -> Mapping[str, Any] | None:
        return self._note(f"container {reference}: taken as one that may be used")

    async def containers_beginning(self, beginning: str) -> tuple[str, ...]:
        self._note(f"containers whose id begins with {beginning}: taken as none")
        return ()

    async def ids_beginning(self, kind: str, beginning: str) -> tuple[str, ...]:
        if any(letter.isdigit() for letter in beginning):  # not for each good name
            self._note(f"{kind}s whose id begins with {beginning}: taken as none")
        return ()

    async def execution(self, id: str) -> Mapping[str, Any] | None:
        return self._note(f"exec {id[:12]}: taken as one that may be started")

    async def device_node(self, found: Mapping[str, Any]) -> str:
        return ""

    async def volume_node(self, path: str) -> str:
        return ""

    async def volume(self, name: str) -> Mapping[str, Any] | None:
        return self._note(f"volume {name}: taken as one that is not there yet, or is a plain one")

    async def network(self, reference: str) -> Mapping[str, Any] | None:
        return self._note(f"network {reference}: taken as one that is not the host's")

    async def service(self, reference: str) -> Mapping[str, Any] | None:
        return self._note(f"service {reference}: taken as one that may be changed")

    async def secret(self, reference: str) -> Mapping[str, Any] | None:
        return self._note(f"secret {reference}: taken as one that is neither the edge's nor of an admin's deploy")

    async def config(self, reference: str) -> Mapping[str, Any] | None:
        return self._note(f"config {reference}: taken as one that is not of an admin's deploy")

    async def image(self, reference: str) -> Mapping[str, Any] | None:
        """What nearly every image leaves out, a health check of its own above all, alone leaves nothing open."""
        return None

    async def mounted(self) -> Sequence[Mounted]:
        self._note("what other containers and services mount of the host: taken as nothing")
        return ()

    async def edge_specs(self) -> Sequence[Mapping[str, Any]]:
        return ()

    async def edge_names(self) -> Container[str]:
        self._note("names by which containers join the edge: taken as known")
        return _Every()

    async def left_open(self, id: str, targets: Iterable[str]) -> frozenset[str]:
        return frozenset()

    def announce(self, mounts: Sequence[Mounted]) -> Callable[[], None]:
        return lambda: None

    async def looked_at(self, paths: Iterable[str] = ()) -> HostPaths:
        return self

    def spellings(self, path: str) -> Sequence[str]:
        return tuple(spellings(path))

    def tree(self) -> HostTree:
        return HostTree()

    def own_paths(self) -> OwnPaths:
        return own_paths()

    async def builds_are_confined(self) -> bool:
        self._note("builder.entitlements in daemon.json: taken as forbidding network-host")
        return True

    def addresses_of_host(self) -> tuple[tuple[str, str], ...]:
        self._note("addresses that the host itself sends to: taken as others")
        return ()

    def names_of_host(self) -> frozenset[str]:
        self._note("names of the host itself: taken as localhost alone")
        return frozenset()

    def what_of_host(self, address: str) -> str:
        self._note("addresses of the host itself: taken as its loopback alone")
        return ""

    async def listening(self, ports: Sequence[Ports], *, published: bool = False) -> Sequence[Listening]:
        self._note("who listens on the host at the ports that are published: taken as nobody")
        return ()

    async def swarm_ports(self) -> SwarmPorts:
        self._note("how many nodes the swarm has: taken as several")
        return SwarmPorts()

    def who_may_write(self, path: str) -> str:
        self._note(f"who can write {path} and the folders above it: taken as root alone")
        return ""

    def who_may_swap(self, path: str, *, follow: bool) -> str:
        return self.who_may_write(path)

    async def ways_in(self, paths: Sequence[str]) -> Sequence[WayIn | None]:
        for path in paths:
            self._note(f"who can enter the folder that holds {path}: taken as root alone")
        return [None] * len(paths)

    async def device_numbers(self, paths: Iterable[str]) -> NumbersOf:
        def taken(path: str) -> Container[tuple[str, int, int]]:
            self._note(f"the numbers of device {path}: taken as those of the rule")
            return _Every()

        return taken

    def _note(self, text: str) -> Mapping[str, Any] | None:
        """What is there hides nothing from the judges by not being there: no object is a harmless one."""
        self._notes[text] = None
        return None
