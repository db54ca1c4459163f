"""How large the logs of containers are: the files of the driver json-file, on the host that runs the engine.

Sources: LogPath of GET /containers/{id}/json, stat(2). The other drivers name no file: `local` limits its own, the rest
send the lines away.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..model.field import Field, Origin, Set, Source, Unknown, Unset
from ..model.workload import LogFiles
from .host.reading import TELL_AGAIN, TELL_ROOT
from .host.root import NotHeld, Root
from .host_files import HostFiles

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
