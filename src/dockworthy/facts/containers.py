"""Containers: the list, one inspect each; of the running ones their processes, the size of their logs, and what
changed in their layer.

Logs: the files of the driver json-file, on the host that runs the engine (LogPath of GET /containers/{id}/json,
stat(2)). The other drivers name no file: `local` limits its own, the rest send the lines away. Changes: overlay2 keeps
just those in a layer of the container's own; the engine's answer would compare the whole image with the whole
container, file by file.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import structs

from ..engine.faults import NoSuchObject
from ..errors import EngineError, EngineTimeout
from ..model.field import Field, Origin, Set, Source, Unknown, Unset
from ..model.snapshot import ContainerFacts
from ..model.workload import ContainerUse, LogFiles, Process
from .asking import Asking, shaped, source_of, unknown
from .cgroup_usage import read_use
from .host.elsewhere import Elsewhere
from .host.reading import TELL_AGAIN, TELL_ROOT
from .host.root import NotHeld, Root
from .host_files import HostFiles
from .processes import read_processes


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


WITH_FILES = "json-file"
_TELL_THERE = "read the facts on the host that runs the engine"


async def read_log_files(inspects: Mapping[str, dict[str, Any]], files: HostFiles | None) -> dict[str, Field[LogFiles]]:
    """Container id -> its log, of stopped ones too: their files stay until they are removed."""
    found: dict[str, Field[LogFiles]] = {}
    paths: dict[str, str] = {}
    for id, inspect in inspects.items():
        place = _log_path(id, inspect)
        if isinstance(place, str):
            paths[id] = place
        else:
            found[id] = place
    if files is None:
        elsewhere = Unknown("the engine is asked over the network: its files are not this host's", tell=_TELL_THERE)
        return found | dict.fromkeys(paths, elsewhere)
    if not paths:
        return found
    rotates = {id for id in paths if _keeps_several(inspects[id])}
    try:
        return found | await files.read(partial(_sizes, paths, rotates))
    except NotHeld as gap:
        return found | dict.fromkeys(paths, Unknown(str(gap), tell=TELL_AGAIN))


def _log_path(id: str, inspect: dict[str, Any]) -> str | Unset | Unknown:
    """The path, where the driver keeps files, and it is the container's own."""
    source = Source(f"GET /containers/{id[:12]}/json", "LogPath")
    config = inspect.get("HostConfig", {}).get("LogConfig") if isinstance(inspect.get("HostConfig"), dict) else None
    if not isinstance(config, dict) or config.get("Type") != WITH_FILES:
        return Unset(source)
    path = inspect.get("LogPath")
    if not isinstance(path, str) or not path:
        return Unset(source)  # it was never started
    if not (path.startswith("/") and id in path):
        return Unknown("the engine names a file that is not the container's own", source=source)
    return path


def _keeps_several(inspect: dict[str, Any]) -> bool:
    options = inspect["HostConfig"]["LogConfig"].get("Config")
    return isinstance(options, dict) and str(options.get("max-file", "1")) != "1"


def _sizes(paths: Mapping[str, str], rotates: set[str], root: Root) -> dict[str, Field[LogFiles]]:
    return {id: _size(root, path, several=id in rotates) for id, path in paths.items()}


def _size(root: Root, path: str, *, several: bool) -> Set[LogFiles] | Unknown:
    """With the files that were rotated away (`….log.1`, `….log.2.gz`)."""
    source = Source(path)
    try:
        size = root.stat(path).st_size
    except PermissionError:
        return Unknown(f"the size of {path} can't be read: permission denied", TELL_ROOT, source)
    except OSError as error:
        why = (error.strerror or "failed").lower()
        return Unknown(f"the size of {path} can't be read: {why}", f"ls -l {path}, as root", source)
    folder, _, name = path.rpartition("/")
    for older in root.names_or_none(folder) if several else ():
        if older.startswith(f"{name}."):
            try:
                size += root.stat(f"{folder}/{older}").st_size
            except OSError:
                continue  # it was rotated away in this moment
    return Set(LogFiles(path, size), source, Origin.MEASURED)


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


class RunningContainers(NamedTuple):
    """By container id. `changes` holds those that could be read here; the engine can be asked for the others."""

    processes: dict[str, Field[tuple[Process, ...]]]
    changes: dict[str, Field[tuple[str, ...]]]
    use: dict[str, Field[ContainerUse]]


async def read_running(
    inspects: Mapping[str, dict[str, Any]], files: HostFiles | None, endpoint: str
) -> RunningContainers:
    """Reads the host's files, while the engine works on its other answers."""
    if files is None:
        reason = f"the engine is asked over the network ({endpoint}): its processes are not this host's"
        elsewhere = Unknown(reason, tell="read the facts on the host that runs the engine")
        return RunningContainers(dict.fromkeys(inspects, elsewhere), {}, dict.fromkeys(inspects, elsewhere))
    if not inspects:
        return RunningContainers({}, {}, {})
    try:
        return await files.read(partial(_read, inspects))
    except NotHeld as gap:
        lost = Unknown(str(gap), tell=TELL_AGAIN)
        return RunningContainers(dict.fromkeys(inspects, lost), {}, dict.fromkeys(inspects, lost))


def _read(inspects: Mapping[str, dict[str, Any]], root: Root) -> RunningContainers:
    pids = {id: inspect["State"]["Pid"] for id, inspect in inspects.items()}
    processes = read_processes(pids, root)
    # Where its processes are here, its layer is: only then is a path that the engine tells a path of this host.
    here = {id: inspect for id, inspect in inspects.items() if isinstance(processes[id], Set)}
    changes = {id: _changes(inspect, root) for id, inspect in here.items()}
    use: dict[str, Field[ContainerUse]] = {id: f for id, f in processes.items() if not isinstance(f, Set)}
    use |= read_use({id: pids[id] for id in here}, root)
    return RunningContainers(processes, {id: field for id, field in changes.items() if field is not None}, use)


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
