"""Finds the data on an engine's host: what containers write to, who writes, and what kind of data it is.

The engine tells containers, volumes and the programs that run (GET /containers/{id}/json, /volumes,
/containers/{id}/top: `ps` on the host). What lies in a place is looked at on the host: nothing runs in a container.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from msgspec import structs

from ..engine.connection import Connection
from ..engine.faults import NoSuchObject
from ..engine.host_shell import HostShell, archive_in, unpacked_files
from ..engine.site import Site
from ..errors import EngineError, HostError, UsageError
from ..host_scripts import HostScript
from ..model.backup import DataKind, DataSet
from .live import with_ways
from .places import DataPlace, EngineFolders, data_places
from .recognising import PlaceContent, with_content, with_servers

_PS = "-eo pid,comm"
"""Both procps and busybox take it."""
_SECONDS = 20
"""For which one place is looked at."""
_AT_ONCE = 8
_SQLITE_FILES = 5000
"""In how many files of a place SQLite's header is looked for: those of a usual ending, and as many others."""
_TMPFS = frozenset({"1021994", "858458f6"})
"""tmpfs and ramfs, as stat(1) writes the type of a file system."""
_NO_DATA = frozenset({"socket", "pipe", "device"})

_LOOK = HostScript(__package__, "look_at_place.sh")
_LOOK_AT_ALL = HostScript(__package__, "look_at_places.sh")


async def find_data(site: Site, project: str) -> tuple[DataSet, ...]:
    """The data sets of a project, "" for the whole engine, by name. Raises EngineError, HostError, and UsageError
    where only root can look."""
    engine = site.engine
    info, listed, volumes = await asyncio.gather(
        engine.get("/info"), engine.get("/containers/json?all=true"), engine.get("/volumes")
    )
    mounting = [each["Id"] for each in listed if each.get("Mounts")]
    containers = [each for each in await asyncio.gather(*(_inspected(engine, id) for id in mounting)) if each]
    folders = EngineFolders(str(info.get("DockerRootDir") or "/var/lib/docker"), site.state)
    places = data_places(containers, volumes.get("Volumes") or (), folders, project)
    programs, content = await asyncio.gather(
        _programs(engine, places),
        look_at(site.shell, [each.path for each in places if each.path and each.shown and not each.below]),
    )
    return await with_ways(site, data_sets(places, content, programs, folders))


async def look_at(shell: HostShell, paths: Sequence[str], *, seconds: int = _SECONDS) -> dict[str, PlaceContent]:
    """What lies at each path of the host. One that does not answer within `seconds` is told as far as it was seen.
    Raises HostError, and UsageError where only root can look."""
    if not paths:
        return {}
    script = _LOOK_AT_ALL.with_arguments(
        *paths, dw_look=_LOOK.with_arguments(dw_files=_SQLITE_FILES), dw_seconds=seconds, dw_at_once=_AT_ONCE
    )
    rounds = math.ceil(len(paths) / _AT_ONCE)
    done = await shell.run(script, seconds=60 + rounds * (seconds + 5))
    if done.status:
        raise HostError(f"{shell.name} does not tell what its volumes hold: {done.words}", hint="is its disk full?")
    files, _ = unpacked_files(shell.name, archive_in(done))
    found = {
        path: _content(files.get(f"./{number}.look", b""), files.get(f"./{number}.count", b""))
        for number, path in enumerate(paths, 1)
    }
    hidden = [path for path, content in found.items() if content.type in ("unreadable", "missing")]
    if hidden and files.get("./uid", b"").strip() != b"0":
        raise UsageError(
            f"only root can read what {shell.name} keeps in {hidden[0]}",
            hint="sudo dockworthy backup …; with --host ssh://…, come as root or use --sudo",
        )
    return found


def data_sets(
    places: Iterable[DataPlace],
    content: Mapping[str, PlaceContent],
    programs: Mapping[str, tuple[str, ...]],
    folders: EngineFolders,
) -> tuple[DataSet, ...]:
    """By name. `content`: by path; `programs`: container id -> those that run in it. Places that are one and the same
    on the host are one data set; what is no data (a socket, memory) is none."""
    found: dict[str, DataSet] = {}
    for place in places:
        seen = content.get(place.path, PlaceContent())
        if seen.type in _NO_DATA or (not place.volume and seen.filesystem in _TMPFS):
            continue
        if not place.volume and seen.real and folders.holds(seen.real):
            continue
        data = _data_set(place, programs)
        if place.below or (seen.real and not place.volume and folders.in_it(seen.real)):
            inside = place.below or folders.in_it(seen.real)
            data = structs.replace(data, doubt=f"{inside} lies in it, so it is more than the data of a container")
        elif not place.path:
            data = structs.replace(data, doubt="its driver does not tell where it lies on the host")
        elif not place.shown:
            says = "its file system is mounted only while a container runs, and none does: what it holds is not known"
            data = structs.replace(data, doubt=says)
        else:
            data = with_content(data, seen)
        at = data.path or data.volume  # of a plugin's volume that is nowhere on the host
        before = found.get(at)
        found[at] = data if before is None else _one(before, data)
    return tuple(sorted(with_servers(_named(list(found.values()))), key=lambda each: each.name))


def _data_set(place: DataPlace, programs: Mapping[str, tuple[str, ...]]) -> DataSet:
    writers = tuple(structs.replace(each, programs=programs.get(each.id, ())) for each in place.writers)
    projects = {each.project for each in writers if not each.read_only}
    project = place.project or (next(iter(projects)) if len(projects) == 1 else "")
    return DataSet(
        name=place.name,
        project=project,
        kind=DataKind.UNKNOWN,
        path=place.path,
        volume=place.volume,
        writers=tuple(sorted(writers, key=lambda each: (each.container, each.mounted_at))),
    )


def _one(data: DataSet, other: DataSet) -> DataSet:
    """Of two names for the same place. A volume's name is the one that people know."""
    kept, gone = (data, other) if data.volume or not other.volume else (other, data)
    ids = {each.id for each in kept.writers if not each.read_only}
    more = {each.id: each for each in gone.writers if each.id not in ids}
    writers = (*(each for each in kept.writers if each.id not in more), *more.values())
    return structs.replace(kept, writers=writers, doubt=kept.doubt or gone.doubt)


def _named(found: Sequence[DataSet]) -> list[DataSet]:
    """Each by a name of its own: two volumes of two projects may have the same key."""
    names = [each.name for each in found]
    told = [
        structs.replace(each, name=f"{each.name}@{each.project or each.volume or each.path}")
        if names.count(each.name) > 1
        else each
        for each in found
    ]
    names = [each.name for each in told]
    return [
        structs.replace(each, name=f"{each.name}@{each.path}") if names.count(each.name) > 1 else each for each in told
    ]


async def _inspected(engine: Connection, id: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = await engine.get(f"/containers/{id}/json")
    except NoSuchObject:
        return None  # it went since it was listed
    return found


async def _programs(engine: Connection, places: Iterable[DataPlace]) -> dict[str, tuple[str, ...]]:
    """Of the containers that may write and run."""
    ids = {each.id for place in places for each in place.writers if each.running and not each.read_only}
    told = await asyncio.gather(*(_programs_in(engine, id) for id in sorted(ids)))
    return dict(zip(sorted(ids), told, strict=True))


async def _programs_in(engine: Connection, id: str) -> tuple[str, ...]:
    """None where the engine can't tell: the container stopped, or the host has no ps."""
    try:
        told = await engine.get(f"/containers/{id}/top?ps_args={quote(_PS)}")
    except EngineError:
        return ()
    rows = told.get("Processes") or ()
    return tuple(sorted({row[-1].strip() for row in rows if row and row[-1].strip()}))


def _content(looked: bytes, counted: bytes) -> PlaceContent:
    """Of what look_at_place.sh printed, which may end in the middle."""
    words = looked.decode("utf-8", "surrogateescape").split("\0")
    pairs = list(zip(words[:-1:2], words[1:-1:2], strict=False))
    found: dict[str, list[str]] = {}
    markers: dict[str, str] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
        if key == "marker":
            markers[value] = ""
        elif key == "text" and markers:
            markers[next(reversed(markers))] = value
    files, size, journals, whole = _counts(counted)
    denied = "".join(found.get("denied", ())).strip()
    return PlaceContent(
        real="".join(found.get("real", ())),
        type="".join(found.get("type", ())),
        filesystem="".join(found.get("filesystem", ())),
        markers=markers,
        tablespaces=tuple(found.get("tablespace", ())),
        beside=tuple(found.get("beside", ())),
        sqlite=tuple(dict.fromkeys(found.get("sqlite", ()))),
        denied=int(denied) if denied.isdecimal() else 0,
        looked="looked" in found,
        files=files,
        bytes=size,
        journals=journals,
        whole=whole,
    )


def _counts(printed: bytes) -> tuple[int, int, int, bool]:
    """The last line that is complete, and whether it is the last one at all."""
    lines = printed.decode("ascii", "replace").split("\n")[:-1]
    told = next((line.split() for line in reversed(lines) if line != "whole"), ["0", "0", "0"])
    files, size, journals = map(int, told)
    return files, size, journals, "whole" in lines
