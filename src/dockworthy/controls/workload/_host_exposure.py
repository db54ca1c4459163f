"""What of the host a mount opens, and how bad that is."""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

from ...model.levels import Level, Severity
from ...model.volume_options import VolumeKind
from ...model.workload import EnginePaths, Mount
from ._engine_sockets import socket_at, socket_reached
from ._host_paths import Relation, content_of, host_folders, real_path, relation
from ._host_places import PLACES, ROOT, VIEW, HostPlaces


class HostExposure(Struct, frozen=True):
    """`level`: BASELINE where it is a way to root on the host, RESTRICTED where it shows what is not the container's."""

    gives: str
    level: Level
    severity: Severity


_BY_TOP: dict[str, list[tuple[str, HostPlaces]]] = {}
"""First part of the path -> the places below it: no place has a `*` there, and most mounts meet none."""
for _places in PLACES:
    for _path in _places.paths:
        _BY_TOP.setdefault(_path.split("/")[1], []).append((_path, _places))


def exposure(mount: Mount, paths: EnginePaths) -> HostExposure | None:
    """The worst that the mount opens; None where it opens nothing of the host's.

    What a mount has only because it leads to the engine's socket (`/run`) is that control's matter.
    """
    content = content_of(mount)
    if content is not None and content.kind is VolumeKind.DISK:
        return HostExposure("every file of that disk, whoever it belongs to", ROOT, Severity.CRITICAL)
    folders = host_folders(mount)
    if not folders:
        return None
    reaches = bool(socket_reached(mount, paths)) and any(folder.path.startswith("/run") for folder in folders)
    root = real_path(paths.data_root)
    opened = (_exposure(each.path, each.read_only, root, reaches and each.path.startswith("/run")) for each in folders)
    return min((e for e in opened if e is not None), key=lambda e: (e.level.rank, e.severity.rank), default=None)


def exposure_of_path(path: str, paths: EnginePaths) -> HostExposure | None:
    """The same for who reads what lies at a path, or connects to it."""
    if socket := socket_at(path, paths):
        return HostExposure(f"{socket}, the engine's socket", ROOT, Severity.CRITICAL)
    return _exposure(path, True, real_path(paths.data_root), False)


@lru_cache(maxsize=4096)
def _exposure(path: str, read_only: bool, data_root: str, socket_only: bool) -> HostExposure | None:
    if path == "/":
        return HostExposure("the whole file system of the host", ROOT, Severity.CRITICAL)
    by_data = _engine_data(path, data_root, read_only)
    found = [by_data] if by_data is not None else []
    if not socket_only:
        near = _BY_TOP.get(path.split("/")[1], ())
        found += [_as_exposure(places) for place, places in near if _opens(path, place, read_only, places)]
    return min(found, key=lambda e: (e.level.rank, e.severity.rank), default=None)


def _as_exposure(places: HostPlaces) -> HostExposure:
    return HostExposure(places.gives, places.level, places.severity)


def _opens(path: str, place: str, read_only: bool, places: HostPlaces) -> bool:
    if read_only and not places.by_reading:
        return False
    lies = relation(path, place)
    if lies is Relation.INSIDE and any(relation(path, each) is Relation.IS for each in places.exceptions):
        return False
    if lies is Relation.INSIDE:
        return places.inside
    return places.held if lies is Relation.HOLDS else lies is Relation.IS


def _engine_data(path: str, data_root: str, read_only: bool) -> HostExposure | None:
    """The engine's data: one volume's folder is that volume, everything else is every container's."""
    lies = relation(path, data_root)
    if lies is None:
        return None
    if lies is not Relation.INSIDE:
        return HostExposure(
            f"the engine's data in {data_root}: files and secrets of every container", ROOT, Severity.CRITICAL
        )
    inside = path[len(data_root) :].strip("/").split("/")
    if inside[0] == "volumes":
        if len(inside) > 1:
            return HostExposure(f"the data of the volume {inside[1]}, whoever it belongs to", VIEW, Severity.HIGH)
        return HostExposure("the data of every volume", ROOT, Severity.CRITICAL)
    if inside[0] == "containers" and read_only:
        return HostExposure("the logs and the environment, secrets included, of containers", VIEW, Severity.HIGH)
    return HostExposure(f"the engine's data in {data_root}", ROOT, Severity.CRITICAL)
