"""What only the host that runs a container can tell of it: its processes, and what changed in its layer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..model.field import Field, Origin, Set, Source, Unknown
from ..model.workload import Process
from .drift import CHANGES_KEPT
from .layer import changes_in, layer_of
from .processes import read_processes


class Running(NamedTuple):
    """By container id. `changes` holds those that could be read here; the engine can be asked for the others."""

    processes: dict[str, Field[tuple[Process, ...]]]
    changes: dict[str, Field[tuple[str, ...]]]


async def read_running(inspects: Mapping[str, dict[str, Any]], root: Path | None, endpoint: str) -> Running:
    """Reads the host's files in a thread, while the engine works on its other answers."""
    if root is None:
        reason = f"the engine is asked over the network ({endpoint}): its processes are not this host's"
        elsewhere = Unknown(reason, tell="read the facts on the host that runs the engine")
        return Running(dict.fromkeys(inspects, elsewhere), {})
    return await asyncio.to_thread(_read, inspects, root) if inspects else Running({}, {})


def _read(inspects: Mapping[str, dict[str, Any]], root: Path) -> Running:
    processes = read_processes({id: inspect["State"]["Pid"] for id, inspect in inspects.items()}, root)
    # Where its processes are here, its layer is: only then is a path that the engine tells a path of this host.
    here = {id: inspect for id, inspect in inspects.items() if isinstance(processes[id], Set)}
    changes = {id: _changes(inspect, root) for id, inspect in here.items()}
    return Running(processes, {id: field for id, field in changes.items() if field is not None})


def _changes(inspect: dict[str, Any], root: Path) -> Set[tuple[str, ...]] | None:
    layer = layer_of(inspect, root)
    changes = changes_in(layer, CHANGES_KEPT) if layer is not None else None
    return None if layer is None or changes is None else Set(changes, Source(layer.upper), Origin.MEASURED)
