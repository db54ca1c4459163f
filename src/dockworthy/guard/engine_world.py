"""A real engine, asked for what names stand for.

Whose each listening port of the host is: a container's, a service's, or a program's of the host. The engine, or its
proxy, holds a published port.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import re
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import msgspec
from msgspec import Struct, structs

from ..engine.connection import Connection
from ..engine.faults import NoSuchObject, NotUnderstood, WrongState
from ..errors import EngineError, EngineUnreachable
from ..facts.host.root import Root
from ..facts.host.sockets import NetSocket, listening_here
from ..model.field import Set, Source
from ..model.ports import Ports
from ..model.published_ports import PublishedPort, ports_as_listed
from ..model.snapshot import EngineFacts
from ..readers.api_object import ApiObject
from ..readers.engine_context import EngineContext, engine_context
from .edge_record import EDGE_FOLDER, edge_names, edge_specs
from .engine_questions import ANSWERS_WITHIN, MOST_UNDER_WAY, Questions
from .fair_threads import FairThreads
from .floor.host_ports import Listening, SwarmPorts
from .floor.mounts import RECURSIVE_SINCE, NumbersOf
from .floor.replaceable import Mounted
from .host_tree import HostTree, host_tree, spellings
from .image_nodes import Stream, layers_of, node_in_archive, node_in_layers
from .mounted import mounted
from .own_paths import OwnPaths, engine_folders, own_paths
from .parallel import look_up
from .path_lookups import LookedUpFiles, PathHangs, PathLookup, PathLookups
from .path_ownership import who_may_swap, who_may_write
from .request import NotAName
from .routes.table import may_name
from .volume_nodes import VolumeNodes, has_its_own, takes_no_nodes
from .way_in import WayIn, way_in

_EVERY = (ipaddress.IPv4Address(0), ipaddress.IPv6Address(0))
_SERVICE = "service"


def heard(socket: NetSocket) -> Listening:
    return Listening(socket.protocol.removesuffix("6"), ipaddress.ip_address(socket.address), socket.port)


def published_now(
    containers: Iterable[Mapping[str, Any]] | None, services: Iterable[Mapping[str, Any]] | None
) -> Iterator[Listening]:
    """What the lists `GET /containers/json` and `GET /services` show as published, each with the address that the
    engine holds for it: for a service it listens at every address."""
    return (one for each in ports_as_listed(containers or (), services or ()) for one in _listening(each))


def _listening(published: PublishedPort) -> Iterator[Listening]:
    by = published.who.partition("/")[0]
    exact = (ipaddress.ip_address(published.address),) if published.address else ()
    for address in _EVERY if by == _SERVICE else exact:
        yield Listening(published.protocol, address, published.port, by)


def with_owners(listening: Iterable[Listening], published: Iterable[Listening]) -> Iterator[Listening]:
    """Each with the kind of object that publishes just this port at just this address. A program that listens at
    another address is the host's, whatever a container publishes beside it."""
    known = {structs.replace(each, by=""): each for each in published}
    for each in listening:
        yield known.get(each, each)


_KINDS = {stat.S_IFCHR: "c", stat.S_IFBLK: "b"}


def device_numbers(path: str) -> frozenset[tuple[str, int, int]]:
    """Links are followed, as the engine does; a folder (`/dev/snd`) stands for every device in it. None where there is
    no device: it may come later, and then it counts."""
    return frozenset(_numbers(path))


def _numbers(path: str) -> Iterator[tuple[str, int, int]]:
    try:
        found = os.stat(path)
        if stat.S_ISDIR(found.st_mode):
            for entry in os.scandir(path):
                if not entry.is_dir():
                    yield from _numbers(entry.path)
            return
    except OSError:
        return
    kind = _KINDS.get(stat.S_IFMT(found.st_mode))
    if kind is not None:
        yield kind, os.major(found.st_rdev), os.minor(found.st_rdev)


_FRESH_FOR = 10.0
"""Seconds: what an engine is changes only when it restarts."""
_STARTED_FOR = 60.0
"""Seconds: looking through all processes for the engine's takes a tenth of one."""
_LISTS = ("/containers/json?all=1", "/volumes", "/services")
_MADE_WITHIN = 60.0
"""Seconds: an engine gives a registry 20 for the digest of a service's image, and the swarm 20 for the service."""
_UNPACKED_WITHIN = 60.0
"""Seconds for the layers of a large image on a cold disk, or for all that a container holds."""
_TABLES_WITHIN = 5.0
"""Seconds for the kernel's tables of sockets: 100,000 connections take it a tenth of one."""
_SEEN_FOR = 0.5
"""Seconds: what root mounts on the host changes seldom, and one request looks several times."""
_IMAGE = re.compile(r"[A-Za-z0-9\[][A-Za-z0-9_.:@/\[\]-]*")
"""All that may stand in an image's name. Source: github.com/distribution/reference."""
_ID = re.compile(r"[0-9a-f]{64}")
_MOST_CONFIG = 16 * 1024 * 1024
"""Bytes of what the engine keeps of one container."""
_MOST_KNOWN = 4096
"""Paths of which it is remembered where they led: what a container had mounted when its file system went away."""


class PathFacts(Struct, frozen=True, kw_only=True):
    """Of one path of the host. `written`: why others than root may write it, by spelling; `swapped`: why they may swap
    it, by spelling and by whether links are followed."""

    spellings: tuple[str, ...]
    written: Mapping[str, str]
    swapped: Mapping[tuple[str, bool], str]


class LookedAt:
    """The host's files as far as they were looked at for one request: all of it is judged by the same state. KeyError
    for a path that was not."""

    def __init__(self, known: Mapping[str, PathFacts], mounts: HostTree, own: OwnPaths) -> None:
        self._known, self._mounts, self._own = known, mounts, own
        self._written = {way: why for each in known.values() for way, why in each.written.items()}
        self._swapped = {way: why for each in known.values() for way, why in each.swapped.items()}

    def spellings(self, path: str) -> tuple[str, ...]:
        return self._known[path].spellings

    def who_may_write(self, path: str) -> str:
        return self._written[path]

    def who_may_swap(self, path: str, *, follow: bool) -> str:
        return self._swapped[path, follow]

    def tree(self) -> HostTree:
        return self._mounts

    def own_paths(self) -> OwnPaths:
        return self._own


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
        self._led: dict[str, str] = {}
        self._not_recursive: dict[str, frozenset[str]] = {}
        self._folder = ""
        self._lookups: PathLookups | None = None
        self._volume_nodes = VolumeNodes()
        self._layers = FairThreads("layers")
        self._sockets = FairThreads("sockets")
        self._clean: set[str] = set()
        """Images without device nodes, where only their containers tell."""
        self._connection: Connection | None = None
        self._context: tuple[float, EngineContext] | None = None
        self._opening = asyncio.Lock()
        self._questions = Questions()

    async def context(self) -> EngineContext:
        if self._context is not None and self._context[0] > time.monotonic():
            return self._context[1]
        info = await self._get("/info")
        self._folder = str(info.get("DockerRootDir") or "").rstrip("/")
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
        """In the API's lists networks have an `Id`, objects of a swarm an `ID`."""
        ids = (str(each.get("Id") or each.get("ID") or "") for each in await self._listed(f"/{kind}s") or ())
        return tuple(id for id in ids if id.startswith(beginning))

    async def execution(self, id: str) -> Mapping[str, Any] | None:
        return await self._one(f"/exec/{quote(id, safe='')}/json")

    async def volume(self, name: str) -> Mapping[str, Any] | None:
        return await self._one(f"/volumes/{quote(name, safe='')}")

    async def device_node(self, found: Mapping[str, Any]) -> str:
        """Raises EngineError where it can't be told."""
        folders = layers_of(found)
        try:
            if folders is None:
                return await self._node_in_container(found)
            return await asyncio.wait_for(self._layers.run(partial(node_in_layers, folders)), _UNPACKED_WITHIN)
        except OSError:  # the engine sees other folders than the guard does, or the guard is not root
            return await self._node_in_container(found)
        except TimeoutError:
            raise EngineError(
                f"what an image brings can't be looked through within {_UNPACKED_WITHIN:.0f} s",
                hint="ask again: what was looked at is remembered",
            ) from None

    async def volume_node(self, path: str) -> str:
        # Older engines may undo nodev where a volume is only read.
        if (await self.context()).api_version >= RECURSIVE_SINCE and takes_no_nodes(path, self.tree()):
            return ""
        return await self._volume_nodes.first(path, apart=has_its_own(path, self.tree()))

    async def _node_in_container(self, found: Mapping[str, Any]) -> str:
        """By all that a container holds, where its layers can't be read; once for each image in which there is none.
        What an image alone holds is not told."""
        image = str(found.get("Image", ""))
        if "HostConfig" not in found or image in self._clean:
            return ""
        chunks = (await self._open()).chunks(f"/containers/{quote(str(found['Id']), safe='')}/export")
        loop = asyncio.get_running_loop()

        async def next_one() -> bytes:
            return await anext(chunks, b"")

        stream = Stream(lambda: asyncio.run_coroutine_threadsafe(next_one(), loop).result(_UNPACKED_WITHIN))
        try:
            node = await asyncio.wait_for(self._layers.run(partial(node_in_archive, stream)), _UNPACKED_WITHIN)
        except ValueError as error:
            raise EngineError(f"what a container holds can't be looked through: {error}") from None
        finally:
            with contextlib.suppress(RuntimeError):  # a thread that was given up still waits for a piece
                await chunks.aclose()
        if not node:
            self._clean.add(image)
        return node

    async def network(self, reference: str) -> Mapping[str, Any] | None:
        return await self._one(f"/networks/{quote(reference, safe='')}")

    async def service(self, reference: str) -> Mapping[str, Any] | None:
        return await self._one(f"/services/{quote(reference, safe='')}")

    async def secret(self, reference: str) -> Mapping[str, Any] | None:
        return await self._one(f"/secrets/{quote(reference, safe='')}")

    async def config(self, reference: str) -> Mapping[str, Any] | None:
        return await self._one(f"/configs/{quote(reference, safe='')}")

    async def image(self, reference: str) -> Mapping[str, Any] | None:
        if not _IMAGE.fullmatch(reference) or any(part in ("", ".", "..") for part in reference.split("/")):
            return None  # as a path it could be another route's
        try:
            return await self._one(f"/images/{quote(reference, safe='/:@')}/json")
        except NotAName:  # what is no image's name here is none where the engine looks, either
            return None

    async def mounted(self) -> Sequence[Mounted]:
        containers, volumes, services = await look_up(self._listed, _LISTS)
        now = time.monotonic()
        self._announced = [each for each in self._announced if each[0] > now]
        recursive = (await self.context()).api_version >= RECURSIVE_SINCE

        def work(look: PathLookup[Any]) -> tuple[Mounted, ...]:
            tree = self.tree()

            def left_open(id: str, target: str, path: str) -> bool:
                return bool(tree.mounted_below(path)) and not (recursive and self._is_recursive(look.files, id, target))

            return mounted(containers, volumes, services, partial(self._spelt, look), left_open)

        found = await self._paths.look(work)
        return (*found, *(one for _, each in self._announced for one in each))

    async def edge_specs(self) -> Sequence[Mapping[str, Any]]:
        return await self._paths.look(lambda look: edge_specs(look.files), EDGE_FOLDER)

    async def edge_names(self) -> frozenset[str]:
        return await self._paths.look(lambda look: edge_names(look.files), EDGE_FOLDER)

    async def left_open(self, id: str, targets: Iterable[str]) -> frozenset[str]:
        recursive, wanted = (await self.context()).api_version >= RECURSIVE_SINCE, tuple(targets)
        if not recursive or not wanted:
            return frozenset(wanted)
        return await self._paths.look(
            lambda look: frozenset(each for each in wanted if not self._is_recursive(look.files, id, each))
        )

    def _is_recursive(self, files: LookedUpFiles, id: str, target: str) -> bool:
        """Does the engine make what is mounted below a read-only bind of a container's read-only, too? For a client of
        an older API it does not, and keeps that where nothing but its own file shows it."""
        if id not in self._not_recursive:
            if len(self._not_recursive) >= _MOST_KNOWN:
                self._not_recursive.clear()
            if not _ID.fullmatch(id) or not self._folder:
                return False
            try:
                kept = msgspec.json.decode(files.read(f"{self._folder}/containers/{id}/config.v2.json", _MOST_CONFIG))
            except (OSError, msgspec.MsgspecError):
                return False
            points = ApiObject(kept, "config.v2.json").entries("MountPoints")
            self._not_recursive[id] = frozenset(
                name for name, point in points if point.at("Spec", "BindOptions", "ReadOnlyNonRecursive").data
            )
        return target not in self._not_recursive[id]

    def _spelt(self, look: PathLookup[Any], path: str) -> Iterable[str]:
        """Where it leads: of a path that does not answer, where it led the last time. The engine can't mount it anew
        meanwhile, and what has it mounted was looked at when it was mounted."""
        found = tuple(spellings(path, lambda path: look.real(path, self._led.get(path, ""))))
        if len(self._led) >= _MOST_KNOWN:
            self._led.clear()
        self._led[path] = found[-1]
        return found

    @property
    def _paths(self) -> PathLookups:
        if self._lookups is None:
            self._lookups = PathLookups(self.tree)
        return self._lookups

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

    async def looked_at(self, paths: Iterable[str] = ()) -> LookedAt:
        wanted = tuple(paths)
        own = await self._own_paths()
        if not wanted:
            return LookedAt({}, self.tree(), own)
        known = await self._paths.look(lambda look: {path: _facts(path, look.files) for path in wanted}, *wanted)
        return LookedAt(known, self.tree(), own)

    async def _own_paths(self) -> OwnPaths:
        """Those of the last time where they do not answer now: they change when the engine restarts."""
        if self._own is None or self._own[0] < time.monotonic():
            try:
                self._own = await self._paths.look(lambda look: self._own_paths_now(look.files))
            except PathHangs:
                if self._own is None:
                    raise
                self._own = (time.monotonic() + _FRESH_FOR, self._own[1])
        return self._own[1]

    def _own_paths_now(self, files: LookedUpFiles) -> tuple[float, OwnPaths]:
        """The guard's own paths, and until when they need not be read again."""
        socket = self._endpoint.removeprefix("unix://") if self._endpoint.startswith("unix://") else ""
        named = {**self._files, "sockets": (*self._files["sockets"], socket)}
        engine = engine_folders(socket) if socket else ()
        seconds = _STARTED_FOR if engine else _FRESH_FOR
        return time.monotonic() + seconds, own_paths(**named, engine=engine, real=files.real)

    async def builds_are_confined(self) -> bool:
        if self._confined[0] < time.monotonic():
            confined = await self._paths.look(lambda look: self._confined_now())
            self._confined = (time.monotonic() + _FRESH_FOR, confined)
        return self._confined[1]

    def _confined_now(self) -> bool:
        from .confined_builds import builds_are_confined  # facts of the host: most never build

        return self._endpoint.startswith("unix://") and builds_are_confined(self._endpoint.removeprefix("unix://"))

    def addresses_of_host(self) -> tuple[tuple[str, str], ...]:
        from .host_network import addresses_of_host  # facts of the host: few make networks

        return addresses_of_host(Root(Path("/")))

    def names_of_host(self) -> frozenset[str]:
        from .host_network import names_of_host

        return names_of_host(Root(Path("/")), self.what_of_host)

    def what_of_host(self, address: str) -> str:
        from .host_network import what_of_host

        return what_of_host(Root(Path("/")), address)

    async def listening(self, ports: Sequence[Ports], *, published: bool = False) -> Sequence[Listening]:
        def asked(of: Iterable[Listening]) -> list[Listening]:
            return [each for each in of if any(one.holds(each.protocol, each.port) for one in ports)]

        try:
            found = await asyncio.wait_for(
                self._sockets.run(lambda: asked(map(heard, listening_here()))), _TABLES_WITHIN
            )
        except TimeoutError:
            raise EngineError(f"who listens on this host can't be told within {_TABLES_WITHIN:.0f} s") from None
        except OSError as error:
            raise EngineError(f"who listens on this host can't be told: {error.strerror}") from None
        if not found and not published:
            return ()
        known = asked(published_now(*await look_up(self._listed, ("/containers/json", "/services"))))
        return (*with_owners(found, known), *(known if published else ()))

    async def swarm_ports(self) -> SwarmPorts:
        swarm = ApiObject(await self._get("/info"), "GET /info").at("Swarm")
        nodes, data_path = swarm.at("Nodes").data, swarm.at("Cluster", "DataPathPort").data
        return SwarmPorts(nodes if isinstance(nodes, int) else 0, data_path or SwarmPorts().data_path)

    async def ways_in(self, paths: Sequence[str]) -> Sequence[WayIn | None]:
        if not paths:
            return ()
        tree = self.tree()
        return await self._paths.look(lambda look: [way_in(path, tree, look.files) for path in paths], *paths)

    async def device_numbers(self, paths: Iterable[str]) -> NumbersOf:
        wanted = tuple(paths)
        if not wanted:
            return lambda path: frozenset()
        found = await self._paths.look(lambda look: {path: device_numbers(path) for path in wanted})
        return found.__getitem__

    async def remove(self, path: str) -> None:
        """`DELETE` of the API. Raises EngineError."""
        await (await self._open()).send("DELETE", path, seconds=30.0)

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
        """Raises EngineError; DoesNotAnswer after a few seconds."""
        return await self._questions.ask(path, self._asked)

    async def _asked(self, path: str) -> Any:
        """Once more where the engine hung up: it may have restarted since we asked it last."""
        try:
            return await (await self._open()).get(path)
        except EngineUnreachable:
            await self.close()
            return await (await self._open()).get(path)

    async def _open(self) -> Connection:
        async with self._opening:
            if self._connection is None:
                connection = Connection(self._endpoint, deadline=None, per_call=ANSWERS_WITHIN, at_once=MOST_UNDER_WAY)
                self._connection = await connection.__aenter__()
            return self._connection


def _facts(path: str, files: LookedUpFiles) -> PathFacts:
    found = tuple(spellings(path, files.real))
    ways = dict.fromkeys((path, *found))
    return PathFacts(
        spellings=found,
        written={way: who_may_write(way, files) for way in ways},
        swapped={(way, follow): who_may_swap(way, files, follow=follow) for way in ways for follow in (False, True)},
    )
