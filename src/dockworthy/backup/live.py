"""Can a data set be saved by its own means while its containers go on? What of that is seen before anything is done."""

from __future__ import annotations

from msgspec import structs

from ..engine.site import Site
from ..model.backup import DataKind, DataSet
from .host_python import NO_PYTHON, find_python
from .recognising import server_of
from .sqlite import number_without_wal

_SHARED_KERNEL = frozenset({"", "runc", "io.containerd.runc.v2", "crun", "youki", "nvidia", "sysbox-runc"})
"""Runtimes whose containers have the host's kernel, which sees their locks. One of another name may be a sandbox."""


async def with_ways(site: Site, found: tuple[DataSet, ...]) -> tuple[DataSet, ...]:
    """SQLite, Valkey and Redis with why they can't be saved while they are written to, and how many databases of SQLite
    keep no WAL; the others as they are. Raises HostError."""
    if not any(map(_needs_python, found)):
        return found
    python = await find_python(site)
    told = []
    for data in found:
        if not _needs_python(data):
            told.append(data)
            continue
        why = _not_live(data) or ("" if python else NO_PYTHON)
        looks = data.kind is DataKind.SQLITE and not data.doubt and not why
        without = await number_without_wal(site, data) if looks else 0
        told.append(structs.replace(data, not_live=why, without_wal=without))
    return tuple(told)


def _needs_python(data: DataSet) -> bool:
    return data.kind is DataKind.SQLITE or server_of(data, (DataKind.VALKEY, DataKind.REDIS)) is not None


def _not_live(data: DataSet) -> str:
    if data.kind is not DataKind.SQLITE:
        return ""
    if data.sqlite == ("",):
        return "it is a single file, beside which nothing can be seen"
    for writer in data.writers:
        if writer.running and writer.runtime not in _SHARED_KERNEL:
            return f"{writer.container} runs by {writer.runtime}, and the host may not see its locks"
    return ""
