"""A real engine, asked for what names stand for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from ..engine.connection import Connection
from ..engine.faults import NoSuchObject, NotUnderstood, WrongState
from ..errors import EngineError, EngineUnreachable
from ..facts.host.root import Root
from ..model.field import Set, Source
from ..model.snapshot import EngineFacts
from ..readers.engine_context import EngineContext, engine_context
from .asked import NotAName
from .device_numbers import device_numbers
from .floor.replaceable import Mounted
from .host_tree import HostTree, host_tree
from .mounted import mounted
from .own_paths import OwnPaths, engine_folders, own_paths
from .parallel import look_up
from .root_alone import who_may_swap, who_may_write
from .routes.table import may_name
from .way_in import WayIn, way_in

_FRESH_FOR = 10.0
"""Seconds: what an engine is changes only when it starts anew."""
_LOOKS_FOR = 10.0
_STARTED_FOR = 60.0
"""Seconds: looking through all processes for the engine's takes a tenth of one."""
_LISTS = ("/containers/json?all=1", "/volumes", "/services")
_MADE_WITHIN = 60.0
"""Seconds: an engine gives a registry 20 for the digest of a service's image, and the swarm 20 for the service."""
_SEEN_FOR = 0.5
"""Seconds: what root mounts on the host changes seldom, and one request looks several times."""


@cache
def _threads() -> ThreadPoolExecutor:
    """Where paths are looked at: one on a network file system may never answer."""
    return ThreadPoolExecutor(2, thread_name_prefix="paths")


class EngineWorld:
    """Opened at the first question: the engine starts after its plugin."""

    is_seen = True

    def __init__(
        self,
        endpoint: str,
        *,
        sockets: tuple[str, ...] = (),
        kept: tuple[str, ...] = (),
        keys: tuple[str, ...] = (),
    ) -> None:
        """`sockets`, files that only root changes (`kept`) and private `keys` of the guard, beside its usual ones."""
        self._endpoint = endpoint
        self._files = {"sockets": sockets, "kept": kept, "keys": keys}
        self._own: tuple[float, OwnPaths] | None = None
        self._tree: tuple[float, HostTree] | None = None
        self._announced: list[tuple[float, tuple[Mounted, ...]]] = []
        self._confined = (0.0, False)
        self._connection: Connection | None = None
        self._context: tuple[float, EngineContext] | None = None
        self._opening = asyncio.Lock()

    async def context(self) -> EngineContext:
        if self._context is not None and self._context[0] > time.monotonic():
            return self._context[1]
        info = await self._get("/info")
        version = (await self._open()).version
        source = Source("GET /info")
        facts = EngineFacts(endpoint=self._endpoint, version=Set(version, source), info=Set(info, source))
        self._context = (time.monotonic() + _FRESH_FOR, engine_context(facts))
        return self._context[1]

    async def container(self, reference: str) -> Mapping[str, Any] | None:
        return await self._one(f"/containers/{quote(reference, safe='')}/json")

    async def containers_beginning(self, beginning: str) -> tuple[str, ...]:
        answer = await self._get("/containers/json?all=1")
        ids = (str(each.get("Id", "")) for each in answer)
        return tuple(id for id in ids if id.startswith(beginning))

    async def ids_beginning(self, kind: str, beginning: str) -> tuple[str, ...]:
        """By the key of the API's list: networks have `Id`, objects of a swarm `ID`."""
        ids = (str(each.get("Id") or each.get("ID") or "") for each in await self._listed(f"/{kind}s") or ())
        return tuple(id for id in ids if id.startswith(beginning))

    async def execution(self, id: str) -> Mapping[str, Any] | None:
        return await self._one(f"/exec/{quote(id, safe='')}/json")

    async def volume(self, name: str) -> Mapping[str, Any] | None:
        return await self._one(f"/volumes/{quote(name, safe='')}")

    async def network(self, reference: str) -> Mapping[str, Any] | None:
        return await self._one(f"/networks/{quote(reference, safe='')}")

    async def service(self, reference: str) -> Mapping[str, Any] | None:
        return await self._one(f"/services/{quote(reference, safe='')}")

    async def mounted(self) -> Sequence[Mounted]:
        containers, volumes, services = await look_up(self._listed, _LISTS)
        now = time.monotonic()
        self._announced = [each for each in self._announced if each[0] > now]
        looking = asyncio.get_running_loop().run_in_executor(_threads(), mounted, containers, volumes, services)
        try:
            found = await asyncio.wait_for(looking, _LOOKS_FOR)
        except TimeoutError:
            raise EngineError(
                f"paths that containers mount do not answer within {_LOOKS_FOR:.0f} s",
                hint="does a network file system not answer?",
            ) from None
        return (*found, *(one for _, each in self._announced for one in each))

    async def _listed(self, path: str) -> Any:
        try:
            return await self._get(path)
        except WrongState:  # no manager of a swarm
            return []

    def announce(self, mounts: Sequence[Mounted]) -> Callable[[], None]:
        announced = (time.monotonic() + _MADE_WITHIN, tuple(mounts))
        self._announced.append(announced)

        def take_back() -> None:
            self._announced = [each for each in self._announced if each is not announced]

        return take_back

    def tree(self) -> HostTree:
        if self._tree is None or self._tree[0] < time.monotonic():
            self._tree = (time.monotonic() + _SEEN_FOR, host_tree())
        return self._tree[1]

    def own_paths(self) -> OwnPaths:
        if self._own is None or self._own[0] < time.monotonic():
            socket = self._endpoint.removeprefix("unix://") if self._endpoint.startswith("unix://") else ""
            files = {**self._files, "sockets": (*self._files["sockets"], socket)}
            engine = engine_folders(socket) if socket else ()
            seconds = _STARTED_FOR if engine else _FRESH_FOR
            self._own = (time.monotonic() + seconds, own_paths(**files, engine=engine))
        return self._own[1]

    def builds_are_confined(self) -> bool:
        if self._confined[0] < time.monotonic():
            from .confined_builds import builds_are_confined  # facts of the host: most never build

            self._confined = (
                time.monotonic() + _FRESH_FOR,
                self._endpoint.startswith("unix://") and builds_are_confined(self._endpoint.removeprefix("unix://")),
            )
        return self._confined[1]

    def addresses_of_host(self) -> tuple[tuple[str, str], ...]:
        from .host_network import addresses_of_host  # facts of the host: few make networks

        return addresses_of_host(Root(Path("/")))

    def names_of_host(self) -> frozenset[str]:
        from .host_network import names_of_host

        return names_of_host(Root(Path("/")), self.what_of_host)

    def what_of_host(self, address: str) -> str:
        from .host_network import what_of_host

        return what_of_host(Root(Path("/")), address)

    def who_may_write(self, path: str) -> str:
        return who_may_write(path)

    def who_may_swap(self, path: str, *, follow: bool) -> str:
        return who_may_swap(path, follow=follow)

    def way_in(self, path: str) -> WayIn | None:
        return way_in(path, self.tree())

    def device_numbers(self, path: str) -> frozenset[tuple[str, int, int]]:
        return device_numbers(path)

    async def close(self) -> None:
        connection, self._connection, self._context = self._connection, None, None
        if connection is not None:
            await connection.__aexit__(None, None, None)

    async def _one(self, path: str) -> Mapping[str, Any] | None:
        """Raises NotAName for a name that the engine does not take, or its plugin does not let pass."""
        kind, _, rest = path.removeprefix("/").partition("/")
        name = unquote(rest.removesuffix("/json"))
        if not may_name(kind, name):
            raise NotAName(f"{name!r} names no {kind.removesuffix('s')}")
        try:
            answer = await self._get(path)
        except NoSuchObject:
            return None
        except NotUnderstood as error:
            raise NotAName(f"{name!r} names no {kind.removesuffix('s')}: {error.says.partition(': ')[2]}") from None
        if not isinstance(answer, dict):
            raise EngineError(f"the engine answered GET {path} with no object")
        return answer

    async def _get(self, path: str) -> Any:
        """Once more where the engine hung up: it may have started anew since we asked it last."""
        try:
            return await (await self._open()).get(path)
        except EngineUnreachable:
            await self.close()
            return await (await self._open()).get(path)

    async def _open(self) -> Connection:
        async with self._opening:
            if self._connection is None:
                connection = Connection(self._endpoint, deadline=None)
                self._connection = await connection.__aenter__()
            return self._connection


__all__ = ["EngineWorld"]
