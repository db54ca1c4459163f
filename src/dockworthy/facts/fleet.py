"""Several hosts at once: each is read by itself, and one that can't be reached keeps nobody waiting."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from ..errors import DockworthyError
from ..model.snapshot import Snapshot
from .reading import read_snapshot


class HostReading(Struct, frozen=True):
    """What one host told. Without a snapshot, `error` says why in a sentence, and `hint` what to do next."""

    endpoint: str
    snapshot: Snapshot | None = None
    error: str = ""
    hint: str = ""


async def read_fleet(
    endpoints: Sequence[str],
    *,
    root: Path = Path("/"),
    deadline: float = 10.0,
    sudo: bool = False,
    probe: bool = True,
    environ: Mapping[str, str] = os.environ,
) -> list[HostReading]:
    """One reading an endpoint, in their order; the same host named twice is read once.

    All are read at once, each within `deadline` seconds. Raises nothing for a host: its reading has the error.
    """
    reads = {
        endpoint: asyncio.create_task(
            _read(endpoint, root=root, deadline=deadline, sudo=sudo, probe=probe, environ=environ)
        )
        for endpoint in dict.fromkeys(endpoints)
    }
    try:
        return list(await asyncio.gather(*reads.values()))
    finally:
        for read in reads.values():
            read.cancel()


async def _read(endpoint: str, **how: Any) -> HostReading:
    try:
        snapshot = await read_snapshot(endpoint, **how)
    except DockworthyError as error:
        return HostReading(endpoint, error=error.says, hint=error.hint)
    return HostReading(endpoint, snapshot)
