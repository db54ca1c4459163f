"""Containers: the list, one inspect each; of the running ones what changed in their layer, and their processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import structs

from ..engine.faults import NoSuchObject
from ..errors import EngineError, EngineTimeout
from ..model.field import Field, Set, Source, Unknown, Unset
from ..model.snapshot import ContainerFacts
from ..model.workload import Process
from .asking import Asking, shaped, source_of, unknown

ProcessReader = Callable[[Mapping[str, int]], Mapping[str, Field[tuple[Process, ...]]]]
"""Container id -> pid of its first process, as the engine says; gives the processes of each."""

_DRIFT_SECONDS = 1.5
"""For all containers together: a layer of 300,000 changed files takes the engine half a second."""
_CHANGES_KEPT = 200
_CHANGE = {0: "C", 1: "A", 2: "D"}


async def read_containers(
    asking: Asking, read_processes: ProcessReader | None = None
) -> Set[tuple[ContainerFacts, ...]] | Unknown:
    """All containers, stopped ones too. One that is removed meanwhile is left out: it is no longer there."""
    listed = await asking.many("/containers/json?all=1")
    if isinstance(listed, Unknown):
        return listed
    inspected = await asyncio.gather(*(_inspect(asking, entry) for entry in listed.value))
    containers = [container for container in inspected if container is not None]
    processes, changes = await asyncio.gather(_processes(containers, read_processes), _all_changes(asking, containers))
    with_all = (
        structs.replace(c, processes=processes.get(c.id, c.processes), changes=changes.get(c.id, c.changes))
        for c in containers
    )
    return Set(tuple(with_all), listed.source)


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
        return ContainerFacts(id=id, name=_name(entry), inspect=gap, processes=gap, changes=gap)
    inspect = shaped(answer, dict, source, asking.redactor)
    if isinstance(inspect, Set) and not _pid(inspect.value):
        stopped = Unset(Source(source.where, "State.Running"))
        return ContainerFacts(id=id, name=_name(entry), inspect=inspect, processes=stopped, changes=stopped)
    return ContainerFacts(id=id, name=_name(entry), inspect=inspect)


async def _processes(
    containers: Sequence[ContainerFacts], read: ProcessReader | None
) -> Mapping[str, Field[tuple[Process, ...]]]:
    """In a thread: /proc is read while the engine works on its answers."""
    pids = {c.id: _pid(c.inspect.value) for c in containers if isinstance(c.inspect, Set) and _pid(c.inspect.value)}
    return await asyncio.to_thread(read, pids) if read and pids else {}


async def _all_changes(asking: Asking, containers: Sequence[ContainerFacts]) -> dict[str, Field[tuple[str, ...]]]:
    """Container id -> changes, for the running ones."""
    running = [c.id for c in containers if isinstance(c.inspect, Set) and _pid(c.inspect.value)]
    until = asyncio.get_running_loop().time() + _DRIFT_SECONDS
    read = await asyncio.gather(*(_changes(asking, id, until) for id in running))
    return dict(zip(running, read, strict=True))


async def _changes(asking: Asking, id: str, until: float) -> Field[tuple[str, ...]]:
    path = f"/containers/{id}/changes"
    source = source_of(path)
    try:
        answer = await asking.connection.get(path, until=until)
    except EngineTimeout:
        late = f"the engine took longer than {_DRIFT_SECONDS} s to say what changed in the containers' layers"
        return Unknown(late, tell=f"docker diff {id[:12]}", source=source)
    except EngineError as error:
        return unknown(error, source)
    if not isinstance(answer, list | None):
        return Unknown(f"what the engine answered to {source.where} is not what its API says", source=source)
    return Set(tuple(_change(item) for item in (answer or ())[:_CHANGES_KEPT]), source)


def _change(item: Any) -> str:
    """`A /path`, as `docker diff` writes it; the API gives the kind as a number."""
    known = item if isinstance(item, dict) else {}
    return f"{_CHANGE.get(known.get('Kind', -1), '?')} {known.get('Path', '')}"


def _name(entry: dict[str, Any]) -> str:
    """The container's own name: links add names of the form `/other/alias`."""
    names = [name for name in entry.get("Names") or () if isinstance(name, str)]
    own = [name for name in names if name.count("/") == 1] or names
    return own[0].removeprefix("/") if own else str(entry.get("Id", ""))[:12]


def _pid(inspect: dict[str, Any]) -> int:
    """The pid of its first process; 0 where it does not run."""
    state = inspect.get("State")
    pid = state.get("Pid") if isinstance(state, dict) else 0
    return pid if isinstance(pid, int) and not isinstance(pid, bool) else 0
