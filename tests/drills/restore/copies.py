"""Projects as Compose renders them, and what a backup saved of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dockworthy.drills.restore.project_copy import PathOnHost, ProjectCopy, bound_paths, copy_of
from dockworthy.fix.verify.images import LocalImage
from dockworthy.fix.verify.owner import RunOwner
from dockworthy.model.backup import BackupMethod, DataKind, SavedData

OWNER = RunOwner("run", 1, "2", "boot", "machine")


def saved(name: str, **more: Any) -> SavedData:
    plain: dict[str, Any] = {
        "project": "shop",
        "kind": DataKind.FILES,
        "method": BackupMethod.PAUSE,
        "volume": f"shop_{name}",
        "path": f"/v/{name}",
        "snapshots": {"files": "0" * 64},
    }
    return SavedData(name=name, **{**plain, **more})


def dumped(name: str = "data", **more: Any) -> SavedData:
    snapshots = {"globals": "1" * 64, "database/shop": "2" * 64}
    expected = {"databases": {"shop": {"tables": {}}, "postgres": {"tables": {}}}}
    plain = {"kind": DataKind.POSTGRESQL, "method": BackupMethod.PG_DUMP, "snapshots": snapshots, "expected": expected}
    return saved(name, **{**plain, **more})


def by_command(name: str = "metrics", service: str = "metrics", **more: Any) -> SavedData:
    kept = {"snapshots": {"dump": "3" * 64}, "service": service, "dump": "d", "restore": "r"}
    return saved(name, **{"kind": DataKind.COMMAND, "method": BackupMethod.COMMAND, **kept, **more})


def volume(source: str, target: str = "/data", **more: Any) -> dict[str, Any]:
    return {"type": "volume", "source": source, "target": target, **more}


def bind(source: str, target: str = "/data", **more: Any) -> dict[str, Any]:
    return {"type": "bind", "source": source, "target": target, "bind": {"create_host_path": True}, **more}


def rendered(**services: dict[str, Any]) -> dict[str, Any]:
    """`volumes` of the project are those that its services name."""
    mounts = [mount for service in services.values() for mount in service.get("volumes", ())]
    names = {mount["source"] for mount in mounts if mount["type"] == "volume"}
    volumes = {name: {"name": f"shop_{name}"} for name in names}
    return {"name": "shop", "services": services, "volumes": volumes}


def copied(
    project: dict[str, Any],
    *data: SavedData,
    folders: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
    links: Mapping[str, str] = MappingProxyType({}),
) -> ProjectCopy:
    """`folders`: of the paths that are bound, those that are folders on the host; each is as it is written, but for
    `links`. `without`: services that are not in the copy."""
    images = {name: LocalImage(f"sha256:{name}") for name in project["services"] if name not in without}
    paths = {each: PathOnHost(links.get(each, each), each in folders) for each in bound_paths(project)}
    return copy_of(project, images, OWNER, data, paths)
