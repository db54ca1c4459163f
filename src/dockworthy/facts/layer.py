"""What changed in a running container, from its own layer on this host's disk: overlay2 keeps just the changes there.

The engine's own answer compares the whole image with the whole container, file by file; this reads only what changed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple


class Layer(NamedTuple):
    """A container's own layer (`upper`) and those of its image below it, topmost first: folders of this host."""

    upper: str
    lower: tuple[str, ...]


def layer_of(inspect: dict[str, Any], root: Path) -> Layer | None:
    """The layer's place as the engine tells it; None where it keeps layers in another way."""
    graph = inspect.get("GraphDriver")
    data = graph.get("Data") if isinstance(graph, dict) and graph.get("Name") == "overlay2" else None
    upper, lower = (data.get("UpperDir"), data.get("LowerDir")) if isinstance(data, dict) else (None, None)
    if not isinstance(upper, str) or not isinstance(lower, str) or not upper.startswith("/"):
        return None
    prefix = str(root).rstrip("/")
    return Layer(prefix + upper, tuple(prefix + folder for folder in lower.split(":") if folder.startswith("/")))


def changes_in(layer: Layer, keep: int) -> tuple[str, ...] | None:
    """At most `keep` changes, parents first: `A /new`, `C /changed`, `D /deleted`. None where it can't be read here."""
    changes: list[str] = []
    try:
        for change in _walk(layer):
            changes.append(change)
            if len(changes) == keep:
                break
    except OSError:
        return None
    return tuple(changes)


def _walk(layer: Layer) -> Iterator[str]:
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        inner = []
        for name, mode, device in _entries(layer.upper, folder):
            path = f"{folder}/{name}"
            yield f"{_kind(layer.lower, path, mode, device)} {_readable(path)}"
            if stat.S_ISDIR(mode):
                inner.append(path)
        waiting += reversed(inner)


def _entries(upper: str, folder: str) -> list[tuple[str, int, int]]:
    """Name, mode and device number of what stands in a folder of the layer, sorted.

    Opened step by step without following links: the container may swap a folder for a link while we look.
    """
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(upper, flags)
    try:
        for step in folder.split("/")[1:]:
            below = os.open(step, flags, dir_fd=handle)
            os.close(handle)
            handle = below
        found = []
        for name in sorted(os.listdir(handle)):
            status = os.stat(name, dir_fd=handle, follow_symlinks=False)
            found.append((name, status.st_mode, status.st_rdev))
        return found
    except FileNotFoundError:
        return []  # removed while we looked
    finally:
        os.close(handle)


def _kind(lower: Sequence[str], path: str, mode: int, device: int) -> str:
    if _is_whiteout(mode, device):
        return "D"
    for folder in lower:
        try:
            status = os.lstat(folder + path)
        except OSError:
            continue
        return "A" if _is_whiteout(status.st_mode, status.st_rdev) else "C"
    return "A"


def _is_whiteout(mode: int, device: int) -> bool:
    """How overlayfs writes that a file of a layer below is gone."""
    return stat.S_ISCHR(mode) and device == 0


def _readable(path: str) -> str:
    """Names are bytes; those that are not UTF-8 are shown as they can be."""
    return os.fsencode(path).decode(errors="replace")
