"""A world without an engine, for judging alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from dockworthy.guard.floor.host_ports import Listening, SwarmPorts
from dockworthy.guard.floor.mounts import HostPaths, NumbersOf
from dockworthy.guard.floor.replaceable import Mounted
from dockworthy.guard.host_tree import HostTree, spellings
from dockworthy.guard.own_paths import OwnPaths, own_paths
from dockworthy.guard.way_in import WayIn
from dockworthy.model.ports import Ports
from dockworthy.readers.engine_context import EngineContext

FEATURES = frozenset({"seccomp", "cgroupns"})
LOOKED_AT = f"sha256:{'1' * 64}"
"""The image that is there, beside nothing else: a service names such a one."""


class EmptyWorld:
    """Nothing is there but one image; every path belongs to root alone."""

    is_seen = True

    async def context(self) -> EngineContext:
        return EngineContext(features=FEATURES, log_driver="json-file")

    async def container(self, reference: str) -> Mapping[str, Any] | None:
        return None

    async def containers_beginning(self, beginning: str) -> tuple[str, ...]:
        return ()

    async def ids_beginning(self, kind: str, beginning: str) -> tuple[str, ...]:
        return ()

    async def execution(self, id: str) -> Mapping[str, Any] | None:
        return None

    async def volume(self, name: str) -> Mapping[str, Any] | None:
        return None

    async def device_node(self, found: Mapping[str, Any]) -> str:
        return ""

    async def volume_node(self, path: str) -> str:
        return ""

    async def network(self, reference: str) -> Mapping[str, Any] | None:
        return None

    async def service(self, reference: str) -> Mapping[str, Any] | None:
        return None

    async def secret(self, reference: str) -> Mapping[str, Any] | None:
        return None

    async def config(self, reference: str) -> Mapping[str, Any] | None:
        return None

    async def image(self, reference: str) -> Mapping[str, Any] | None:
        return {"Id": LOOKED_AT} if reference == LOOKED_AT else None

    async def mounted(self) -> Sequence[Mounted]:
        return ()

    async def edge_specs(self) -> Sequence[Mapping[str, Any]]:
        return ()

    async def edge_names(self) -> frozenset[str]:
        return frozenset()

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
        return False

    def addresses_of_host(self) -> tuple[tuple[str, str], ...]:
        return ()

    def names_of_host(self) -> frozenset[str]:
        return frozenset({"shophost"})

    def what_of_host(self, address: str) -> str:
        own = ("172.17.0.1", "203.0.113.7", "2001:db8::7")
        return "the host itself" if address in own else "a container here" if address == "172.17.0.2" else ""

    async def listening(self, ports: Sequence[Ports], *, published: bool = False) -> Sequence[Listening]:
        return ()

    async def swarm_ports(self) -> SwarmPorts:
        return SwarmPorts()

    def who_may_write(self, path: str) -> str:
        return ""

    def who_may_swap(self, path: str, *, follow: bool) -> str:
        return ""

    async def ways_in(self, paths: Sequence[str]) -> Sequence[WayIn | None]:
        return [None] * len(paths)

    async def device_numbers(self, paths: Iterable[str]) -> NumbersOf:
        return lambda path: frozenset()
