"""systemd's unit files of the engine and containerd, with their drop-ins."""

from __future__ import annotations

from functools import partial

from ...model.field import Field
from ...model.host import UnitFile
from .engine_files import unit_paths
from .masking import mask_text
from .reading import guarded, written
from .root import Root, clean


def read_units(root: Root) -> dict[str, Field[UnitFile]]:
    """Path -> the file; `name` is the unit it belongs to, also of a drop-in. A masked unit has no text."""
    return {
        clean(path): guarded(partial(_read, root, path, unit), clean(path)) for path, unit in unit_paths(root).items()
    }


def _read(root: Root, path: str, unit: str) -> Field[UnitFile]:
    masked = root.identity(path) == "/dev/null"
    text = "" if masked else mask_text(root.read(path))
    return written(UnitFile(name=unit, path=clean(path), text=text), path)


def unit_runs(root: Root, *units: str) -> bool:
    """Does systemd run a service now? Seen in its control group, which needs no root."""
    for top in ("/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"):
        if any(root.word(f"{top}/system.slice/{unit}/cgroup.procs") for unit in units):
            return True
    return False


def unit_is_enabled(root: Root, *units: str) -> bool:
    """Is a unit wanted by another and not masked?"""
    for unit in units:
        if root.identity(f"/etc/systemd/system/{unit}") == "/dev/null":
            continue
        for folder in ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"):
            for entry in root.names_or_none(folder):
                if entry.endswith((".wants", ".requires")) and unit in root.names_or_none(f"{folder}/{entry}"):
                    return True
    return False
