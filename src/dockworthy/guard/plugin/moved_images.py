"""A container that the engine made of another image than the one that was judged is removed again.

A tag can move between the guard's look and the engine's: the engine would fill a volume with what another image brings,
device nodes too. The engine shows its answer to the plugin before its client sees it: there the container is looked at.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import time
from collections.abc import Mapping
from typing import Any, Protocol, cast

import msgspec

from ...errors import DockworthyError, EngineError
from ...readers.api_object import ApiObject
from ..decision import Decision, refused
from ..image_nodes import harmful_node
from ..request import GuardRequest
from ..world import World

CREATES = "containers/create"
_FORGOTTEN_AFTER = 600.0
"""Seconds in which an engine makes a container: it unpacks nothing, but may copy much into a volume."""
_MOST = 10_000


class ImageLookup(Protocol):
    """Raises EngineError."""

    async def container(self, reference: str) -> Mapping[str, Any] | None: ...
    async def volume(self, name: str) -> Mapping[str, Any] | None: ...
    async def remove(self, path: str) -> None:
        """`DELETE` of the API."""


class NotingWorld:
    """The world of one request: it notes which images were looked at, and which volumes were not there."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.images: set[str] = set()
        self.missing: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world, name)

    async def image(self, reference: str) -> Mapping[str, Any] | None:
        found = await self._world.image(reference)
        self.images.add(str((found or {}).get("Id", "")))
        return found

    async def volume(self, name: str) -> Mapping[str, Any] | None:
        found = await self._world.volume(name)
        if found is None:
            self.missing.add(name)
        return found

    @property
    def as_world(self) -> World:
        return cast(World, self)


class PendingCreates:
    """Requests to make a container that were allowed, and that the engine did not answer yet."""

    def __init__(self) -> None:
        self._open: dict[bytes, list[tuple[float, NotingWorld]]] = {}

    def __bool__(self) -> bool:
        return bool(self._open)

    def expect(self, asked: GuardRequest, looked: NotingWorld) -> None:
        now = time.monotonic()
        for key in [key for key, each in self._open.items() if each[-1][0] < now]:
            del self._open[key]
        if len(self._open) < _MOST:
            self._open.setdefault(_key(asked), []).append((now + _FORGOTTEN_AFTER, looked))

    async def judge(self, asked: GuardRequest, status: int, answer: bytes, world: ImageLookup) -> Decision | None:
        """The engine's answer: None where the container is of the image that was judged. Never raises."""
        waiting = self._open.get(_key(asked))
        if not waiting:
            return None
        _, looked = waiting.pop(0)
        if not waiting:
            del self._open[_key(asked)]
        if status != 201:
            return None
        try:
            id = msgspec.json.decode(answer)["Id"]
            found = await world.container(id)
            if found is None or looked.images <= {found.get("Image")}:
                return None
            left = await _remove(id, found, looked.missing, world)
        except (DockworthyError, msgspec.DecodeError, KeyError, TypeError) as error:
            left = f"; the container can't be inspected or removed ({type(error).__name__}), and stays"
        refusal = refused(
            "guard/image-moved",
            "Containers run the image that was judged",
            f"meanwhile another image got that name{left}",
            "ask again, or name the image by its digest or id",
        )
        return Decision(action=CREATES, subject=asked.target, refusals=(refusal,))


async def _remove(id: str, found: Mapping[str, Any], missing: set[str], world: ImageLookup) -> str:
    """Removes the container and the volumes that came with it; says what stays. A volume that was there before loses
    its device nodes, and nothing else."""
    await world.remove(f"/containers/{id}?force=1&v=1")
    left = ""
    for mount in ApiObject(found, "GET /containers/{id}/json").items("Mounts"):
        name = mount.word("Name")
        if mount.word("Type") != "volume" or not name:
            continue
        volume = await world.volume(name)
        if volume is None:
            continue
        try:
            if name in missing:
                await world.remove(f"/volumes/{name}")
                continue
        except EngineError:  # another container has it already
            pass
        top = str(volume.get("Mountpoint", ""))
        if volume.get("Driver") == "local" and not volume.get("Options"):
            with contextlib.suppress(OSError):
                await asyncio.get_running_loop().run_in_executor(None, _remove_nodes, top)
                continue
        left += f"; volume {name} may hold files of that image"
    return left


def _remove_nodes(top: str) -> None:
    """Below a folder, on its file system alone. By descriptors of folders, so that no link leads it elsewhere."""
    own = os.stat(top, follow_symlinks=False).st_dev
    for _, _, names, folder in os.fwalk(top, follow_symlinks=False):
        for name in names:
            try:
                seen = os.stat(name, dir_fd=folder, follow_symlinks=False)
                if seen.st_dev == own and harmful_node(seen) is not None:
                    os.unlink(name, dir_fd=folder)
            except FileNotFoundError:
                continue


def _key(asked: GuardRequest) -> bytes:
    said = b"\0".join((asked.method.encode(), asked.target.encode(), asked.body))
    return hashlib.blake2b(said, digest_size=32).digest()
