"""What only the host that runs a container can tell of it: its processes, and what changed in its layer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from ..model.field import Field, Origin, Set, Source, Unknown
from ..model.workload import ContainerUse, Process
from .drift import CHANGES_KEPT
from .host.elsewhere import Elsewhere
from .host.reading import TELL_AGAIN
from .host.root import NotHeld, Root
from .host_files import HostFiles
from .layer import changes_in, layer_of
from .processes import read_processes
from .use import read_use


class Running(NamedTuple):
    """By container id. `changes` holds those that could be read here; the engine can be asked for the others."""

    processes: dict[str, Field[tuple[Process, ...]]]
    changes: dict[str, Field[tuple[str, ...]]]
    use: dict[str, Field[ContainerUse]]


async def read_running(inspects: Mapping[str, dict[str, Any]], files: HostFiles | None, endpoint: str) -> Running:
    """Reads the host's files, while the engine works on its other answers."""
    if files is None:
        reason = f"the engine is asked over the network ({endpoint}): its processes are not this host's"
        elsewhere = Unknown(reason, tell="read the facts on the host that runs the engine")
        return Running(dict.fromkeys(inspects, elsewhere), {}, dict.fromkeys(inspects, elsewhere))
    if not inspects:
        return Running({}, {}, {})
    try:
        return await files.read(partial(_read, inspects))
    except NotHeld as gap:
        lost = Unknown(str(gap), tell=TELL_AGAIN)
        return Running(dict.fromkeys(inspects, lost), {}, dict.fromkeys(inspects, lost))


def _read(inspects: Mapping[str, dict[str, Any]], root: Root) -> Running:
    pids = {id: inspect["State"]["Pid"] for id, inspect in inspects.items()}
    processes = read_processes(pids, root)
    # Where its processes are here, its layer is: only then is a path that the engine tells a path of this host.
    here = {id: inspect for id, inspect in inspects.items() if isinstance(processes[id], Set)}
    changes = {id: _changes(inspect, root) for id, inspect in here.items()}
    use: dict[str, Field[ContainerUse]] = {id: f for id, f in processes.items() if not isinstance(f, Set)}
    use |= read_use({id: pids[id] for id in here}, root)
    return Running(processes, {id: field for id, field in changes.items() if field is not None}, use)


def _changes(inspect: dict[str, Any], root: Root) -> Set[tuple[str, ...]] | None:
    """None where the layer can't be walked: far away the engine itself is asked."""
    layer = None if isinstance(root, Elsewhere) else layer_of(inspect, Path(root.base))
    changes = changes_in(layer, CHANGES_KEPT) if layer is not None else None
    return None if layer is None or changes is None else Set(changes, Source(layer.upper), Origin.MEASURED)
