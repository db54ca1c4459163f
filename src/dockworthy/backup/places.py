"""Where on the host containers write: volumes, and folders and files that are mounted. Which of these places may hold
data is told here, from what the engine says; what they hold is seen by looking (`discovery`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from ..model.backup import DataWriter
from ..model.host_paths import plain_path, without_var
from ..model.labels import (
    COMPOSE_PROJECT,
    COMPOSE_SERVICE,
    COMPOSE_VOLUME,
    OWN_HELPERS,
    PROJECT_LABELS,
    STACK,
    SWARM_SERVICE,
)
from ..model.own_places import ENGINE_SOCKET, ENGINE_TO_WRITE, STATE, TO_READ, TO_WRITE
from ..model.volume_options import VolumeKind, volume_content

_KERNEL = ("/dev", "/proc", "/sys")
_MADE_UP = re.compile(r"[0-9a-f]{64}")
"""The name that the engine gives such a volume."""


class DataPlace(Struct, frozen=True, kw_only=True):
    """A volume, or a folder or file of the host. `key`: of the volume in its Compose file. `project`: whose volume it
    is, as its label says. `shown`: can its content be seen on the host now? `below`: the folder of the engine's or the
    kernel's that lies in it: then it is more than somebody's data."""

    path: str
    volume: str = ""
    key: str = ""
    project: str = ""
    writers: tuple[DataWriter, ...] = ()
    shown: bool = True
    below: str = ""

    @property
    def name(self) -> str:
        return self.key or self.volume or self.path


class EngineFolders(Struct, frozen=True):
    """Folders of the host that are no data: the engine's, dockworthy's, the kernel's."""

    data_root: str
    state: str = STATE

    def holds(self, path: str) -> bool:
        return any(
            _is_below(path, each) for each in (ENGINE_SOCKET, *ENGINE_TO_WRITE, *TO_READ, *TO_WRITE, *self._above)
        )

    def in_it(self, path: str) -> str:
        """The one of them that lies in the folder `path`; "" for none."""
        return next((each for each in self._above if _is_below(each, path)), "")

    @property
    def _above(self) -> tuple[str, ...]:
        return (self.data_root, STATE, self.state, *_KERNEL)


def project_of(labels: Mapping[str, str]) -> str:
    return next((labels[label] for label in PROJECT_LABELS if labels.get(label)), "")


def data_places(
    containers: Iterable[Mapping[str, Any]],
    volumes: Sequence[Mapping[str, Any]],
    folders: EngineFolders,
    project: str,
) -> tuple[DataPlace, ...]:
    """Those of `project` ("" for the whole engine). `containers`: what the engine says of each, as `docker inspect`
    has it; `volumes`: as it lists them.

    A place is of a project where a container of it may write there, or where the volume is its own. A volume counts
    also where nobody mounts it now, or nobody may write to it: who filled it may be gone.
    """
    known = {str(each.get("Name")): _of_volume(each) for each in volumes}
    found = {f"volume {name}": place for name, place in known.items() if place is not None}
    by_path = {place.path: key for key, place in found.items() if place.path}
    showing: set[str] = set()
    """Volumes that a running container mounts: only then a file system from elsewhere is there."""
    for container in containers:
        if any(each in ((container.get("Config") or {}).get("Labels") or {}) for each in OWN_HELPERS):
            continue  # what a restore loads, or left when it was killed, is nobody's data yet; nor is a received log
        for mount, writer in _mounts(container):
            name, source = mount.get("Name"), str(mount.get("Source") or "")
            if mount.get("Type") in ("tmpfs", "image", "npipe"):
                continue
            if mount.get("Type") in ("volume", "cluster") and isinstance(name, str) and name:
                if name in known and known[name] is None:
                    continue  # in memory
                key = f"volume {name}"
                place = found.get(key) or DataPlace(path=source, volume=name)
            elif source:
                path = without_var(plain_path(source))
                key = next((by_path[at] for at in _upwards(path) if at in by_path), path)
                place = found.get(key) or DataPlace(path=path)
            else:
                continue
            if writer.running:
                showing.add(key)
            found[key] = structs.replace(place, writers=_joined(place.writers, writer))
    shown = (structs.replace(place, shown=place.shown or key in showing) for key, place in found.items())
    bounded = (_bounded(place, folders) for place in shown)
    return tuple(place for place in bounded if place is not None and _is_in_scope(place, project))


def _is_in_scope(place: DataPlace, project: str) -> bool:
    written_by = {each.project for each in place.writers if not each.read_only}
    if project:
        return project in written_by or (place.project == project and bool(place.volume))
    return bool(written_by) or (bool(place.volume) and _is_named(place))


def _is_named(place: DataPlace) -> bool:
    return bool(place.key) or not _MADE_UP.fullmatch(place.volume)


def _bounded(place: DataPlace, folders: EngineFolders) -> DataPlace | None:
    """None for what is the engine's own. A volume lies in the engine's folder, which is as it must be."""
    if place.volume and _is_below(place.path, folders.data_root):
        return place
    if not place.path:
        return place
    if folders.holds(place.path):
        return None
    return structs.replace(place, below=folders.in_it(place.path))


def _of_volume(volume: Mapping[str, Any]) -> DataPlace | None:
    """None for one in memory."""
    name, labels = str(volume.get("Name")), volume.get("Labels") or {}
    options = {str(key): str(value) for key, value in (volume.get("Options") or {}).items()}
    content = volume_content(str(volume.get("Driver") or ""), options)
    if content.kind is VolumeKind.MEMORY:
        return None
    path, shown = str(volume.get("Mountpoint") or ""), content.kind is VolumeKind.ENGINE
    if content.kind is VolumeKind.HOST and len(content.folders) == 1:
        path, shown = without_var(plain_path(content.folders[0].path)), True
    project = project_of(labels)
    key = labels.get(COMPOSE_VOLUME) or (
        name.removeprefix(f"{project}_") if labels.get(STACK) and not labels.get(COMPOSE_PROJECT) else ""
    )
    return DataPlace(path=path, volume=name, key=key, project=project, shown=shown)


def _mounts(container: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], DataWriter]]:
    labels = (container.get("Config") or {}).get("Labels") or {}
    project = project_of(labels)
    service = labels.get(COMPOSE_SERVICE) or str(labels.get(SWARM_SERVICE) or "").removeprefix(f"{project}_")
    state = container.get("State") or {}
    for mount in container.get("Mounts") or ():
        yield (
            mount,
            DataWriter(
                container=str(container.get("Name") or "").lstrip("/"),
                id=str(container.get("Id")),
                project=project,
                service=service,
                mounted_at=str(mount.get("Destination") or ""),
                read_only=mount.get("RW") is False,
                running=bool(state.get("Running")),
                runtime=str((container.get("HostConfig") or {}).get("Runtime") or ""),
            ),
        )


def _joined(writers: tuple[DataWriter, ...], more: DataWriter) -> tuple[DataWriter, ...]:
    """A container counts once, as one that may write where it may by one of its mounts."""
    before = next((each for each in writers if each.id == more.id), None)
    if before is None:
        return (*writers, more)
    if before.read_only and not more.read_only:
        return tuple(more if each is before else each for each in writers)
    return writers


def _is_below(path: str, folder: str) -> bool:
    """Or the folder itself."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _upwards(path: str) -> Iterator[str]:
    while path not in ("", "/"):
        yield path
        path = path.rpartition("/")[0]
