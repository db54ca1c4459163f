"""What of the host a mount opens, and how bad that is."""

from __future__ import annotations

from msgspec import Struct

from ...model.levels import Level, Severity
from ...model.workload import EnginePaths, Mount
from ._engine_sockets import socket_reached
from ._host_paths import Relation, host_path, real_path, relation
from ._host_places import PLACES, ROOT, VIEW, Places


class Exposure(Struct, frozen=True):
    """`level`: BASELINE where it is a way to root on the host, RESTRICTED where it shows what is not the container's."""

    gives: str
    level: Level
    severity: Severity


def exposure(mount: Mount, paths: EnginePaths) -> Exposure | None:
    """The worst that the mount opens; None where it opens nothing of the host's.

    What a mount has only because it leads to the engine's socket (`/run`) is that control's matter.
    """
    path = host_path(mount)
    if not path:
        return None
    if path == "/":
        return Exposure("the whole file system of the host", ROOT, Severity.CRITICAL)
    by_data = _engine_data(path, real_path(paths.data_root), mount.read_only)
    found = [by_data] if by_data is not None else []
    if not (path.startswith("/run") and socket_reached(mount, paths)):
        found += [_as_exposure(places) for places in PLACES if _opens(path, mount.read_only, places)]
    return min(found, key=lambda e: (e.level.rank, e.severity.rank), default=None)


def _as_exposure(places: Places) -> Exposure:
    return Exposure(places.gives, places.level, places.severity)


def _opens(path: str, read_only: bool, places: Places) -> bool:
    if read_only and not places.by_reading:
        return False
    counting = {Relation.IS}
    if places.inside:
        counting.add(Relation.INSIDE)
    if places.held:
        counting.add(Relation.HOLDS)
    return any(relation(path, place) in counting for place in places.paths)


def _engine_data(path: str, data_root: str, read_only: bool) -> Exposure | None:
    """The engine's data: one volume's folder is that volume, everything else is every container's."""
    lies = relation(path, data_root)
    if lies is None:
        return None
    if lies is not Relation.INSIDE:
        return Exposure(
            f"the engine's data in {data_root}: files and secrets of every container", ROOT, Severity.CRITICAL
        )
    inside = path[len(data_root) :].strip("/").split("/")
    if inside[0] == "volumes":
        if len(inside) > 1:
            return None
        return Exposure("the data of every volume", ROOT, Severity.CRITICAL)
    if inside[0] == "containers" and read_only:
        return Exposure("the logs and the environment, secrets included, of containers", VIEW, Severity.HIGH)
    return Exposure(f"the engine's data in {data_root}", ROOT, Severity.CRITICAL)
