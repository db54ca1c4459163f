"""Containers: the list, one inspect each; of the running ones what changed in their layer, and their processes."""

from __future__ import annotations

import asyncio
from typing import Any

from msgspec import structs

from ..engine.faults import NoSuchObject
from ..errors import EngineError
from ..model.field import Set, Source, Unknown, Unset
from ..model.snapshot import ContainerFacts
from .asking import Asking, shaped, source_of, unknown
from .drift import read_drift
from .host_files import HostFiles
from .log_files import read_log_files
from .running import read_running


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
