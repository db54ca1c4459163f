"""Where an engine is: on this machine, whose files then tell of its host, or on another, of which nothing is seen."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from ..engine.endpoint import socket_path
from ..model.evidence import EvidenceFacts
from ..model.field import NOT_READ, Set, Unknown
from ..model.host import Host
from ..model.snapshot import EngineFacts
from .host.mounts import mount_of, parse_mountinfo
from .host.root import Root

_USUAL = ("/var/run/docker.sock", "/run/docker.sock")


def host_path_of(socket: str, root: Path) -> str:
    """The path by which the host below `root` knows the socket that we see; `socket` where it can't be told."""
    tree = Root(root)
    if tree.is_real or not os.path.exists(socket):
        return socket
    candidates = (socket, *_USUAL, _by_mounts(socket, tree))
    return next((path for path in candidates if path and _is_same(socket, tree, path)), socket)


def _is_same(socket: str, tree: Root, path: str) -> bool:
    try:
        return os.path.samestat(os.stat(socket), tree.stat(path))
    except OSError:
        return False


def _by_mounts(socket: str, tree: Root) -> str:
    """A bind mount tells which file of its file system it is; the host's mounts tell where that file system is."""
    try:
        ours = mount_of(parse_mountinfo(Root(Path("/")).read("/proc/self/mountinfo")), os.path.realpath(socket))
        theirs = parse_mountinfo(tree.read("/proc/1/mountinfo"))
    except OSError:
        return ""
    if ours is None:
        return ""
    inside = f"{ours.root}{os.path.realpath(socket).removeprefix(ours.target)}"
    for mount in theirs:
        top = mount.root.rstrip("/")
        if mount.device == ours.device and inside.startswith(f"{top}/"):
            return f"{mount.target.rstrip('/')}{inside.removeprefix(top)}"
    return ""


T = TypeVar("T", Host, EvidenceFacts)

_SECONDS = 2.0
"""For the name of the engine's host."""


async def engine_is_elsewhere(endpoint: str, host: Host, engine: EngineFacts) -> bool:
    """Is the engine on another machine than the one whose files were read?

    By its address; and by its own word, for a socket or a local port may be the end of a tunnel, or of a virtual
    machine. Two machines can have the same kernel: then over the network their names tell them apart.
    """
    if isinstance(engine.info, Set):
        kernel, name = engine.info.value.get("KernelVersion"), engine.info.value.get("Name")
        if isinstance(host.kernel, Set) and kernel and host.kernel.value.release != kernel:
            return True
        over_network = socket_path(endpoint) is None
        if over_network and isinstance(host.hostname, Set) and name and host.hostname.value != name:
            return True
    return not await _is_own_address(endpoint)


async def _is_own_address(endpoint: str) -> bool:
    """Does the address belong to this machine? A name that leads nowhere does not."""
    if socket_path(endpoint) is not None:
        return True
    try:
        host = urlsplit(endpoint).hostname or ""
    except ValueError:
        return False
    with contextlib.suppress(OSError, TimeoutError, UnicodeError):
        async with asyncio.timeout(_SECONDS):
            found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM)
        return bool(found) and all(_is_own(family, str(address[0])) for family, _, _, _, address in found)
    return False


def unseen(kind: type[T], endpoint: str) -> T:
    """Host or evidence of a machine whose files nobody can see from here: every field says why."""
    reason = f"the engine at {endpoint} is on another machine, whose files can't be seen from here"
    why = Unknown(reason, "dockworthy assess --host ssh://USER@HOST, or run dockworthy there")
    fields = [field.name for field in msgspec.structs.fields(kind) if field.default is NOT_READ]
    gaps: dict[str, Any] = dict.fromkeys(fields, why)
    return kind(**gaps)


def _is_own(family: int, address: str) -> bool:
    """Only an own address can be bound. (A port of the system's choice, and nothing is sent.)"""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True
