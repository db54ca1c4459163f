"""What containers and services mount of the host, from the engine's own lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ..model.host_paths import plain_path
from ..model.volume_options import bound_path, volume_content
from ..model.workload import MountKind
from ..readers.api_object import ApiObject
from .floor.mounts import KEPT_IN
from .floor.replaceable import Mounted
from .host_tree import spellings
from .rights.projects import project_of

Spelt = Callable[[str], Iterable[str]]
LeftOpen = Callable[[str, str, str], bool]
"""From a container's id, the target of a mount of its, and the path of the host that it shows."""
Ways = Mapping[str, tuple[str, ...]]
"""Name of a volume -> the paths of the host where it lies."""


def mounted(
    containers: Any,
    volumes: Any,
    services: Any,
    spelt: Spelt = spellings,
    left_open: LeftOpen = lambda id, target, path: False,
) -> tuple[Mounted, ...]:
    """From `GET /containers/json?all=1`, `GET /volumes` and `GET /services`. A volume that the engine keeps itself
    counts where it lies; other paths count by all that `spelt` makes of them. `left_open` tells whether what
    is mounted on the host below a path that a container only reads stays writable there."""
    known = {volume.word("Name"): volume for volume in ApiObject(volumes, "GET /volumes").items("Volumes")}
    ways = {name: tuple(_ways_of(volume, spelt)) for name, volume in known.items()}
    return (*_of_containers(containers, ways, spelt, left_open), *_of_services(services, ways, spelt))


def _ways_of(volume: ApiObject, spelt: Spelt) -> Iterator[str]:
    """Where the engine itself keeps a volume is not looked at: a network file system may be mounted there, and hang."""
    shown, kept = volume_content("", volume.words("Options")).folders, volume.word("Mountpoint")
    for folder in shown:
        yield from spelt(folder.path)
    if not shown and kept.startswith("/"):
        yield plain_path(kept)


def _bound(path: str, spelt: Spelt) -> Iterator[str]:
    if path.startswith("/"):
        yield from spelt(path)


def _of_containers(containers: Any, ways: Ways, spelt: Spelt, left_open: LeftOpen) -> Iterator[Mounted]:
    for container in containers if isinstance(containers, list) else ():
        name, project = str((container.get("Names") or [""])[0]).lstrip("/"), project_of(container)
        id = str(container.get("Id", ""))
        for item in ApiObject(container, "GET /containers/json").items("Mounts"):
            volume = item.word("Name") if item.word("Type") == MountKind.VOLUME else ""
            for way in ways.get(volume) or _bound(item.word("Source"), spelt):
                is_written = item.at("RW").data is not False
                follows = item.word("Propagation") not in KEPT_IN
                yield Mounted(
                    holder=f"container {name}", path=way, writable=is_written, id=id, project=project, volume=volume,
                    follows=follows or (not is_written and left_open(id, item.word("Destination"), way)),
                )  # fmt: skip


def _of_services(services: Any, ways: Ways, spelt: Spelt) -> Iterator[Mounted]:
    """Also by their settings before the last change: a roll-out that fails brings them back without a question."""
    for service in services if isinstance(services, list) else ():
        found = ApiObject(service, "GET /services")
        for part, when in (("Spec", ""), ("PreviousSpec", ", when it is rolled back,")):
            holder = f"service {found.word('Spec', 'Name')}{when}"
            for item in found.at(part, "TaskTemplate", "ContainerSpec").items("Mounts"):
                project = project_of(service.get(part))
                yield from _of_service(item, ways, spelt, holder, id=found.word("ID"), project=project)


def _of_service(item: ApiObject, ways: Ways, spelt: Spelt, holder: str, *, id: str, project: str) -> Iterator[Mounted]:
    is_volume = item.word("Type") == MountKind.VOLUME
    volume = item.word("Source") if is_volume else ""
    asked = bound_path("", item.words("VolumeOptions", "DriverConfig", "Options"))
    found = ways.get(volume) or tuple(_bound(asked if is_volume else item.word("Source"), spelt))
    for way in found or ([""] if volume else ()):
        yield Mounted(
            holder=holder, path=way, writable=item.at("ReadOnly").data is not True,
            follows=_follows(item.at("BindOptions")), id=id, project=project, volume=volume,
        )  # fmt: skip


def _follows(options: ApiObject) -> bool:
    return options.word("Propagation") not in KEPT_IN or options.at("ReadOnlyNonRecursive").data is True
