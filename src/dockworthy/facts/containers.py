"""Containers: the list, one inspect each; of the running ones what changed in their layer, and their processes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import structs

from ..engine.faults import NoSuchObject
from ..errors import EngineError, EngineTimeout
from ..model.field import Field, Origin, Set, Source, Unknown, Unset
from ..model.snapshot import ContainerFacts
from ..model.workload import ContainerUse, Process
from .asking import Asking, shaped, source_of, unknown
from .host.elsewhere import Elsewhere
from .host.reading import TELL_AGAIN
from .host.root import NotHeld, Root
from .host_files import HostFiles
from .layer import changes_in, layer_of
from .log_files import read_log_files
from .processes import read_processes
from .use import read_use

CHANGES_KEPT = 200
"""Of one container: enough to show what it is about, little enough to keep a snapshot small."""

_SECONDS = 1.5
"""For all containers together."""
_AT_ONCE = 4
"""More would keep the engine from its work, and go on there after we gave up."""

_KINDS = {0: "C", 1: "A", 2: "D"}


async def read_drift(asking: Asking, ids: Sequence[str]) -> dict[str, Field[tuple[str, ...]]]:
    """Container id -> what changed: `A /path` added, `C` changed, `D` deleted. Those not told in time are Unknown."""
    until = asyncio.get_running_loop().time() + _SECONDS
    slots = asyncio.Semaphore(_AT_ONCE)
    read = await asyncio.gather(*(_kinds_of_change(asking, id, until, slots) for id in ids))
    return dict(zip(ids, read, strict=True))


async def _kinds_of_change(asking: Asking, id: str, until: float, slots: asyncio.Semaphore) -> Field[tuple[str, ...]]:
    path = f"/containers/{id}/changes"
    source = source_of(path)
    try:
        async with slots:
            answer = await asking.connection.get(path, until=until)
    except EngineTimeout:
        late = f"the engine took longer than {_SECONDS} s to say what changed in the containers"
        return Unknown(late, tell=f"docker diff {id[:12]}", source=source)
    except EngineError as error:
        return unknown(error, source)
    if not isinstance(answer, list | None):
        return Unknown(f"what the engine answered to {source.where} is not what its API says", source=source)
    return Set(tuple(_change(item) for item in (answer or ())[:CHANGES_KEPT]), source)


def _change(item: Any) -> str:
    """`A /path`, as `docker diff` writes it; the API gives the kind as a number."""
    known = item if isinstance(item, dict) else {}
    return f"{_KINDS.get(known.get('Kind', -1), '?')} {known.get('Path', '')}"


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


async def read_containers(asking: Asking, files: HostFiles | None) -> Set[tuple[ContainerFacts, ...]] | Unknown:
    """All containers, stopped ones too. One that is removed meanwhile is left out: it is no longer there.

    `files` are those of the host that runs the engine, None where they can't be seen.
    """
    listed = await asking.many("/containers/json?all=1")
    if isinstance(listed, Unknown):
        return listed
    inspected = await asyncio.gather(*(_inspect(asking, entry) for entry in listed.value))
    containers = [container for container in inspected if container is not None]
    running = {c.id: c.inspect.value for c in containers if isinstance(c.inspect, Set) and _runs(c.inspect.value)}
    every = {c.id: c.inspect.value for c in containers if isinstance(c.inspect, Set)}
    seen, logs = await asyncio.gather(
        read_running(running, files, asking.connection.endpoint), read_log_files(every, files)
    )
    changes = seen.changes | await read_drift(asking, [id for id in running if id not in seen.changes])
    containers = [structs.replace(c, log_files=logs[c.id]) if c.id in logs else c for c in containers]
    complete = (
        structs.replace(c, processes=seen.processes[c.id], changes=changes[c.id], use=seen.use[c.id])
        if c.id in running
        else c
        for c in containers
    )
    return Set(tuple(complete), listed.source)


async def _inspect(asking: Asking, entry: dict[str, Any]) -> ContainerFacts | None:
    id = str(entry.get("Id", ""))
    path = f"/containers/{id}/json"
    source = source_of(path)
    try:
        answer = await asking.connection.get(path)
    except NoSuchObject:
        return None
    except EngineError as error:
        gap = unknown(error, source)
        return ContainerFacts(id=id, name=_name(entry), inspect=gap, processes=gap, changes=gap, use=gap, log_files=gap)
    inspect = shaped(answer, dict, source, asking.redactor)
    stopped = inspect if isinstance(inspect, Unknown) else Unset(Source(source.where, "State.Running"))
    return ContainerFacts(id=id, name=_name(entry), inspect=inspect, processes=stopped, changes=stopped, use=stopped)


def _name(entry: dict[str, Any]) -> str:
    """The container's own name: links add names of the form `/other/alias`."""
    names = [name for name in entry.get("Names") or () if isinstance(name, str)]
    own = [name for name in names if name.count("/") == 1] or names
    return own[0].removeprefix("/") if own else str(entry.get("Id", ""))[:12]


def _runs(inspect: dict[str, Any]) -> bool:
    """Does it have a process? (One that waits to be restarted is called running, and has none.)"""
    state = inspect.get("State")
    pid = state.get("Pid") if isinstance(state, dict) else 0
    return isinstance(pid, int) and pid > 0
