"""Device nodes that an image brings.

The engine unpacks an image as root, its device nodes too. Its device cgroup keeps containers from opening them, and
nobody else: a person whose user id a process of the container runs under opens the node of a disk through
`/proc/PID/root`, whatever capabilities the container was made without. So what an image brings is looked at before a
container of it starts. Sources: moby pkg/archive, handleTarTypeBlockCharFifo; devices cgroup; proc_pid_root(5).
"""

from __future__ import annotations

import os
import stat
import tarfile
from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol

from ..readers.api_object import ApiObject

_HARMLESS = frozenset(((1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 1), (5, 2)))
"""Character devices that the engine lets each container open anyway (null, zero, full, random, urandom, tty, console,
ptmx), beside the terminals."""
_TERMINALS = 136
_WHITEOUT = (0, 0)
"""How overlayfs notes in a layer that a file of a lower one is gone."""
_ENGINES_OWN = "-init/diff"
"""The end of the path of the layer that the engine itself makes for each container."""
_MOST_KNOWN = 10_000

_KNOWN: dict[str, str] = {}
"""Layer of an image -> its first device node, `""` where it has none. A layer that was unpacked does not change."""


def is_remapped(features: Collection[str] | None, userns: str) -> bool:
    """Has nobody of the host the user id of a process in a container with this `UsernsMode`? An engine without root
    makes no device nodes at all. `features`: what the engine says of its security; None: it says nothing."""
    known = features or ()
    return "rootless" in known or ("userns" in known and userns != "host")


def is_harmful(*, block: bool, major: int, minor: int) -> bool:
    if block:
        return True
    return (major, minor) not in _HARMLESS and (major, minor) != _WHITEOUT and major != _TERMINALS


def harmful_node(seen: os.stat_result) -> tuple[bool, int, int] | None:
    """Is it a block device, its major and its minor number; None for what is no device node, or a harmless one."""
    block = stat.S_ISBLK(seen.st_mode)
    if not block and not stat.S_ISCHR(seen.st_mode):
        return None
    major, minor = os.major(seen.st_rdev), os.minor(seen.st_rdev)
    return (block, major, minor) if is_harmful(block=block, major=major, minor=minor) else None


def layers_of(found: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Where the layers of an image lie, of what `GET /images/{name}/json` or `GET /containers/{id}/json` says. Not what
    the container itself wrote. None where the engine's storage shows no folders (containerd's image store, btrfs)."""
    data = ApiObject(found, "inspect").at("GraphDriver").words("Data")
    top, lower = data.get("UpperDir", ""), data.get("LowerDir", "")
    if not top.startswith("/"):
        return None
    own = (top,) if "RootFS" in found else ()
    return (*own, *(folder for folder in lower.split(":") if folder))


def node_in_layers(folders: tuple[str, ...]) -> str:
    """The first device node in them, with its path as the container sees it and its number; `""` where there is none.
    Raises OSError for a folder that can't be read."""
    for folder in folders:
        known = _KNOWN.get(folder)
        if known is None:
            known = _node_below(folder)
            if not folder.endswith(_ENGINES_OWN):
                if len(_KNOWN) >= _MOST_KNOWN:
                    _KNOWN.clear()
                _KNOWN[folder] = known
        if known:
            return known
    return ""


def _node_below(top: str) -> str:
    folders = [top]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif not entry.is_symlink() and not entry.is_file(follow_symlinks=False):
                    seen = entry.stat(follow_symlinks=False)
                    if (node := harmful_node(seen)) is not None:
                        block, major, minor = node
                        return in_words(entry.path.removeprefix(top), block=block, major=major, minor=minor)
    return ""


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


def node_in_archive(archive: Readable) -> str:
    """The same of a file system that comes as an archive. Raises ValueError for one that can't be read."""
    try:
        with tarfile.open(fileobj=archive, mode="r|") as members:  # type: ignore[call-overload]
            for member in members:
                members.members = []  # else it keeps all of them
                block = member.isblk()
                if (block or member.ischr()) and is_harmful(block=block, major=member.devmajor, minor=member.devminor):
                    return in_words(f"/{member.name}", block=block, major=member.devmajor, minor=member.devminor)
    except (tarfile.TarError, EOFError) as error:
        raise ValueError(f"the archive can't be read: {type(error).__name__}") from None
    return ""


class Stream:
    """What comes in pieces, read as a file."""

    def __init__(self, piece: Callable[[], bytes]) -> None:
        """`piece` gives the next one, `b""` at the end."""
        self._piece, self._held = piece, bytearray()

    def read(self, size: int = -1, /) -> bytes:
        while size < 0 or len(self._held) < size:
            piece = self._piece()
            if not piece:
                break
            self._held += piece
        size = len(self._held) if size < 0 else size
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken


def in_words(path: str, *, block: bool, major: int, minor: int) -> str:
    return f"{path} ({'block' if block else 'character'} device {major}:{minor})"
