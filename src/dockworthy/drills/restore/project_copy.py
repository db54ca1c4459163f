"""A copy of a project that is cut off from the world, with fresh volumes for restored data. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from ...fix.verify.images import LocalImage
from ...fix.verify.owner import RunOwner
from ...fix.verify.scratch import cut_off
from ...fix.verify.stand_ins import StandIns
from ...fix.verify.start_order import dependencies, scope_of
from ...model.backup import SERVER_DUMPS, BackupMethod, DataKind, SavedData

_ASKED_BY_SQL = frozenset({DataKind.POSTGRESQL, DataKind.MARIADB, DataKind.MYSQL})
_ENDS = "service_completed_successfully"
_VOLUME_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")


class AsWritten(StandIns):
    """Nothing is stood in for: restored data knows the real passwords, and the copy reaches nobody."""

    def __init__(self) -> None:
        super().__init__(b"")

    def environment(self, variables: Mapping[str, str | None]) -> dict[str, str | None]:
        return dict(variables)

    def arguments(self, arguments: Any) -> Any:
        return arguments


class PathOnHost(Struct, frozen=True):
    """What a path of the project is on its host: `real`, without links, and whether that is a folder there."""

    real: str
    is_folder: bool


class RestoredFile(Struct, frozen=True):
    """The mount number `index` of a service shows a single file `name` of the data set `data`."""

    service: str
    index: int
    data: str
    name: str


class ProjectCopy(Struct, frozen=True, kw_only=True):
    """`volumes`: data set -> the engine's name of the fresh volume that gets its data. `dumps`: data set -> the service
    whose server takes its dumps; `commands`: the one that takes what a command wrote; `databases`: that of each
    database that is asked by SQL, also of one whose files were saved. `order`: the services, each behind those that it
    needs; `waits`: service -> those that must be up before, and whether they must have ended. `lost`: data sets that no
    service of the project has, or that none may write to, as sentences. `notes`: what the copy lacks, as sentences."""

    volumes: dict[str, str]
    dumps: dict[str, str]
    commands: dict[str, str]
    databases: dict[str, str]
    order: tuple[str, ...]
    waits: dict[str, dict[str, bool]]
    lost: tuple[str, ...]
    notes: tuple[str, ...]
    unplaced: dict[str, Any]
    """For Compose, as soon as `placed` has filled in where single files are."""
    files: tuple[RestoredFile, ...]

    def placed(self, folders: Mapping[str, str]) -> dict[str, Any]:
        """The configuration for Compose. `folders`: data set -> where its volume lies on the host."""
        config = {**self.unplaced, "services": {name: {**each} for name, each in self.unplaced["services"].items()}}
        for file in self.files:
            service = config["services"][file.service]
            mounts = [*service["volumes"]]
            mounts[file.index] = {**mounts[file.index], "source": posixpath.join(folders[file.data], file.name)}
            service["volumes"] = mounts
        return config

    def order_of(self, services: Iterable[str]) -> tuple[str, ...]:
        """These and all that they wait for, in the order in which they start."""
        needed = set(services)
        for name in reversed(self.order):
            if name in needed:
                needed |= self.waits.get(name, {}).keys()
        return tuple(name for name in self.order if name in needed)


def copy_of(
    rendered: Mapping[str, Any],
    images: Mapping[str, LocalImage],
    owner: RunOwner,
    saved: Collection[SavedData],
    paths: Mapping[str, PathOnHost] = {},
) -> ProjectCopy:
    """`rendered`: the project in Compose's own JSON. `images`: of the services that the copy is to have; what only
    others have, as jobs, is restored all the same. `paths`: what each path that it binds is on the host."""
    services = rendered["services"]
    scope = [name for name in scope_of(services, services) if name in images]
    scratch = cut_off(rendered, scope, images, owner, AsWritten())
    config = {**scratch.config}
    for part in ("secrets", "configs"):
        if rendered.get(part):
            config[part] = {name: dict(each) for name, each in rendered[part].items() if not each.get("external")}
    names = _volume_names(rendered)
    volumes: dict[str, str] = {}
    writing: dict[str, list[str]] = {}
    files: list[RestoredFile] = []
    for number, data in enumerate(saved):
        key = f"restored-{number}"
        fresh = f"{owner.project}_{data.name if _VOLUME_NAME.fullmatch(data.name) else key}"  # no path is one
        if any(_is_of(data, mount, names, paths) for each in services.values() for mount in each.get("volumes") or ()):
            volumes[data.name] = fresh
        for service, index, mount in _mounts_of(data, config["services"], names, paths):
            if data.single:
                files.append(RestoredFile(service, index, data.name, posixpath.basename(data.path)))
                mount |= {"type": "bind", "source": "", "bind": {"create_host_path": False}}
            else:
                subpath = _written(services[service], mount["target"]).get("subpath")
                mount |= {"type": "volume", "source": key}
                mount.pop("volume", None)
                if subpath:
                    mount["volume"] = {"subpath": subpath}
                config.setdefault("volumes", {})[key] = {"name": fresh, "external": True}
            if not mount.get("read_only"):
                writing.setdefault(data.name, []).append(service)
    _only_mounted_volumes(config)
    notes = [*scratch.notes, *_without_the_hosts_data(config["services"], files, paths)]
    served = [each for each in saved if each.name in writing]
    return ProjectCopy(
        volumes=volumes,
        dumps={each.name: writing[each.name][0] for each in served if _is_dumped(each)},
        commands={each.name: _runs_in(each, writing[each.name]) for each in served if _is_by_command(each)},
        databases={each.name: writing[each.name][0] for each in served if each.kind in _ASKED_BY_SQL},
        order=tuple(scope),
        waits={name: _waits(services[name], scope) for name in scope},
        lost=tuple(_lost(saved, volumes, writing)),
        notes=tuple(notes),
        unplaced=config,
        files=tuple(files),
    )


def bound_paths(rendered: Mapping[str, Any]) -> tuple[str, ...]:
    """The paths of the host that its services bind."""
    found = {
        str(mount.get("source") or ""): None
        for service in rendered["services"].values()
        for mount in service.get("volumes") or ()
        if mount.get("type") == "bind"
    }
    return tuple(path for path in found if path)


def _only_mounted_volumes(config: dict[str, Any]) -> None:
    """A volume whose data is in a fresh one now is mounted nowhere any more, and may have the same name."""
    mounts = [mount for service in config["services"].values() for mount in service["volumes"]]
    mounted = {str(mount["source"]) for mount in mounts if mount["type"] == "volume" and "source" in mount}
    config["volumes"] = {key: each for key, each in (config.get("volumes") or {}).items() if key in mounted}
    if not config["volumes"]:
        del config["volumes"]


def _mounts_of(
    data: SavedData, services: Mapping[str, Any], names: Mapping[str, str], paths: Mapping[str, PathOnHost]
) -> Iterator[tuple[str, int, dict[str, Any]]]:
    for service, definition in services.items():
        for index, mount in enumerate(definition["volumes"]):
            if _is_of(data, mount, names, paths):
                yield service, index, mount


def _is_of(
    data: SavedData, mount: Mapping[str, Any], names: Mapping[str, str], paths: Mapping[str, PathOnHost]
) -> bool:
    """Does it show the data set: by the volume's name, or by the folder or file of the host?"""
    source = str(mount.get("source") or "")
    if mount.get("type") == "volume":
        return bool(data.volume) and names.get(source, source) == data.volume
    real = paths[source].real if source in paths else source
    return mount.get("type") == "bind" and bool(source) and real == data.path


def _volume_names(rendered: Mapping[str, Any]) -> dict[str, str]:
    """Key in the file -> the engine's name."""
    project = rendered.get("name", "")
    return {
        key: str((each or {}).get("name") or (key if (each or {}).get("external") else f"{project}_{key}"))
        for key, each in (rendered.get("volumes") or {}).items()
    }


def _written(service: Mapping[str, Any], target: str) -> Mapping[str, Any]:
    """The options of the volume at `target`, as the file has them."""
    mounts: Iterable[Mapping[str, Any]] = service.get("volumes") or ()
    return next((mount.get("volume") or {} for mount in mounts if mount.get("target") == target), {})


def _without_the_hosts_data(
    services: Mapping[str, Any], files: Collection[RestoredFile], paths: Mapping[str, PathOnHost]
) -> Iterator[str]:
    """What is bound still is the host's own: read and never written to. A folder to which a service may write, and that
    was not saved, begins empty, as it would where the host is lost."""
    restored = {(each.service, each.index) for each in files}
    for service, definition in services.items():
        for index, mount in enumerate(definition["volumes"]):
            if mount["type"] != "bind" or (service, index) in restored:
                continue
            path = paths.get(mount["source"])
            if path is not None and path.is_folder and not mount.get("read_only"):
                yield f"{service} has nothing at {mount['target']}: it is not in this backup"
                mount |= {"type": "volume"}
                del mount["source"]
            else:
                mount["read_only"] = True


def _is_dumped(data: SavedData) -> bool:
    return data.method in SERVER_DUMPS


def _is_by_command(data: SavedData) -> bool:
    return data.method is BackupMethod.COMMAND


def _runs_in(data: SavedData, services: Sequence[str]) -> str:
    """The service whose container dumped it, where it still has the data."""
    return data.service if data.service in services else services[0]


def _waits(service: Mapping[str, Any], scope: Collection[str]) -> dict[str, bool]:
    """Those of the copy that must be up before it; True where they must have ended."""
    written = service.get("depends_on") or {}
    conditions: Mapping[str, Any] = written if isinstance(written, Mapping) else {}
    return {
        needed: (conditions.get(needed) or {}).get("condition") == _ENDS
        for needed in dependencies(service)
        if needed in scope
    }


def _lost(saved: Iterable[SavedData], volumes: Mapping[str, str], writing: Mapping[str, list[str]]) -> Iterator[str]:
    for data in saved:
        if data.name not in volumes:
            yield f"{data.name} was saved, and no service of the project has it any more"
        elif _is_by_command(data) and not data.restore:
            yield f"{data.name} was saved by your own command, and this backup does not say which one takes it back"
        elif (_is_dumped(data) or _is_by_command(data)) and data.name not in writing:
            yield f"{data.name} was dumped by its server, and no service of the project writes to it any more"
