"""The files of the host that runs an engine: of this machine, below a root, or far away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from .host.root import Root

T = TypeVar("T")


class HostFiles(Protocol):
    """Readers of files are plain functions of a Root; where the files are decides how they are run."""

    async def read(self, reader: Callable[[Root], T]) -> T:
        """What the reader makes of the files. It may be called several times. Raises NotHeld (host/root.py)."""


class LocalFiles:
    """Below a folder of this machine. The reader runs in a thread, while the engine is asked."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def read(self, reader: Callable[[Root], T]) -> T:
        return await asyncio.to_thread(reader, Root(self._root))


def host_files(root: Path | HostFiles | None) -> HostFiles | None:
    """None where the engine's host can't be seen."""
    return LocalFiles(root) if isinstance(root, Path) else root
