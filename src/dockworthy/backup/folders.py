"""How a folder is filled with what was saved of it, by the method by which it was saved: in place, and in a drill."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from ..engine.site import Site
from ..model.backup import BackupMethod, SavedData
from .files import fill_with_files
from .key_values import fill_with_dump
from .repository import Repository
from .sqlite import fill_with_sqlite

_Fill = Callable[[Site, Repository, SavedData, str], Awaitable[tuple[str, ...]]]
_FILLS: Mapping[BackupMethod, _Fill] = {BackupMethod.RDB: fill_with_dump, BackupMethod.SQLITE: fill_with_sqlite}


async def fill_folder(site: Site, repository: Repository, saved: SavedData, folder: str) -> tuple[str, ...]:
    """Loads into `folder`, which is there and empty. Returns what is not as it was saved, as sentences. Raises
    HostError, UsageError."""
    return await _FILLS.get(saved.method, fill_with_files)(site, repository, saved, folder)
