"""Device nodes that lie in volumes already.

A volume may hold what a container with MKNOD made, what an image brought before the guard came, or what root put there.
The engine mounts volumes without `nodev`, and its device cgroup keeps only containers from opening a node: a person
whose user id a process of the container runs under opens it through `/proc/PID/root`, in a volume that is only read,
too. So a volume is looked through before somebody who is no admin gets a container with it. How long that took says
how long the answer holds, so that a volume of millions of files takes a hundredth of the guard's time.

Where the engine's folder of volumes is mounted with `nodev`, containers inherit that, and nothing is looked through.

Sources: linux fs/namei.c, may_open_dev, and fs/namespace.c, clone_mnt; runc libcontainer/rootfs_linux.go.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from ..errors import EngineError
from ..readers.api_object import ApiObject
from .fair_threads import FairThreads
from .host_tree import HostTree
from .image_nodes import harmful_node, in_words

_WITHIN = 10.0
"""Seconds that a request waits for it. It goes on beyond that, and who asks again finds what it found."""
_LEAST = 10.0
_SHARE = 100
"""So many times as long as it took a volume that is clean counts as clean; `_LEAST` seconds at least."""
_MOST_FOLDERS_DEEP = 100
"""Each takes two descriptors of the guard's."""
_MOST_KNOWN = 4096
_LOCAL = ("local", "")
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


_MOST_APART = 32
"""Volumes with a file system of their own that are looked through at a time: an admin made them, and of another
machine's that does not answer a look never ends."""


@cache
def _looking_apart() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_MOST_APART, thread_name_prefix="mounted-volumes")


class VolumeNodes:
    """What was found in volumes, by the paths at which the host has them."""

    def __init__(self) -> None:
        self._clean: dict[str, float] = {}
        self._under_way: dict[str, asyncio.Future[str]] = {}
        self._looking = FairThreads("volumes")

    async def first(self, top: str, *, apart: bool = False) -> str:
        """The first device node below it, `""` where there is none. `apart`: it has a file system of its own, on which
        no look at another volume waits. Raises EngineError where it can't be told."""
        if self._clean.get(top, 0.0) > time.monotonic():
            return ""
        looking = self._under_way.get(top)
        if looking is None:
            looking = asyncio.ensure_future(self._look(top, apart=apart))
            self._under_way[top] = looking
            looking.add_done_callback(lambda done: self._ended(top, done))
        try:
            return await asyncio.wait_for(asyncio.shield(looking), _WITHIN)
        except TimeoutError:
            raise EngineError(
                f"searching {top} for device nodes takes more than {_WITHIN:.0f} s",
                hint="try again in a while: the search goes on. Where the engine's folder of volumes is mounted with "
                "nodev, no volume is searched",
            ) from None
        except OSError as error:
            raise EngineError(f"{top} can't be searched for device nodes: {error.strerror}") from None

    async def _look(self, top: str, *, apart: bool) -> str:
        began = time.monotonic()

        def look() -> str:
            nonlocal began
            began = time.monotonic()  # how long it waited for its turn says nothing of the volume
            return node_below(top)

        if apart:
            node = await asyncio.get_running_loop().run_in_executor(_looking_apart(), look)
        else:
            node = await self._looking.run(look)
        if not node:
            if len(self._clean) >= _MOST_KNOWN:
                self._clean.clear()
            now = time.monotonic()
            self._clean[top] = now + max(_LEAST, (now - began) * _SHARE)
        return node

    def _ended(self, top: str, done: asyncio.Future[str]) -> None:
        self._under_way.pop(top, None)
        _ = done.cancelled() or done.exception()


def takes_no_nodes(top: str, tree: HostTree) -> bool:
    """Does the mount that a container gets of it keep everybody from opening one?"""
    mount = tree.mount_of(top)
    return mount is not None and "nodev" in mount.options


def has_its_own(top: str, tree: HostTree) -> bool:
    """Is a file system mounted just there, as the engine mounts that of another machine?"""
    mount = tree.mount_of(top)
    return mount is not None and mount.target == top


def node_below(top: str) -> str:
    """With its path below `top` and its number. By descriptors of folders: whoever writes there while it is looked
    through leads nobody elsewhere by a link. What is mounted below it is not looked through. Raises OSError."""
    try:
        folder = os.open(top, _OPEN)
    except FileNotFoundError:  # the volume is gone, or its driver mounts it later
        return ""
    opened = [(folder, "", os.scandir(folder))]
    own = os.fstat(folder).st_dev
    try:
        while opened:
            folder, path, entries = opened[-1]
            entry = next(entries, None)
            if entry is None:
                opened.pop()
                entries.close()
                os.close(folder)
            elif entry.is_dir(follow_symlinks=False):
                if len(opened) >= _MOST_FOLDERS_DEEP:
                    raise OSError(0, f"it has more than {_MOST_FOLDERS_DEEP} folders inside each other")
                with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                    inner = os.open(entry.name, _OPEN, dir_fd=folder)
                    if os.fstat(inner).st_dev == own:
                        opened.append((inner, f"{path}/{entry.name}", os.scandir(inner)))
                    else:
                        os.close(inner)
            elif not entry.is_symlink() and not entry.is_file(follow_symlinks=False):
                with contextlib.suppress(FileNotFoundError):
                    node = harmful_node(entry.stat(follow_symlinks=False))
                    if node is not None:
                        block, major, minor = node
                        return in_words(f"{path}/{entry.name}", block=block, major=major, minor=minor)
    finally:
        for folder, _, entries in opened:
            entries.close()
            os.close(folder)
    return ""


def paths_of(volumes: Mapping[str, ApiObject]) -> dict[str, str]:
    """Name -> path on the host, of those of the local driver, as `GET /volumes/{name}` shows them."""
    local = {name: each.word("Mountpoint") for name, each in volumes.items() if each.word("Driver") in _LOCAL}
    return {name: path for name, path in local.items() if path.startswith("/")}


def volumes_of(inspect: Mapping[str, Any]) -> dict[str, str]:
    """The same of a container that is there."""
    mounts = ApiObject(inspect, "GET /containers/{id}/json").items("Mounts")
    mounted = (each for each in mounts if each.word("Type") == "volume" and each.word("Driver") in _LOCAL)
    return {each.word("Name"): path for each in mounted if (path := each.word("Source")).startswith("/")}
