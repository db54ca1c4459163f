"""Where bind mounts really lead: `-v /var/run:/x` is `/run`, and a link anywhere in the path may lead elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from msgspec import structs

from ..model.field import Set, Unknown
from ..model.snapshot import ContainerFacts
from ..model.volume_options import bound_path
from .host.reading import TELL_AGAIN
from .host.root import NotHeld, Root
from .host_files import HostFiles


def resolved_binds(inspect: Mapping[str, Any], volumes: Iterable[Mapping[str, Any]], root: Root) -> dict[str, str]:
    """Path as written -> the host's own path without links, for those that differ.

    From `Mounts` of the container, and the devices that options of its volumes name.
    """
    found = {}
    for path in {*_bound(inspect), *_devices(inspect, volumes)}:
        try:
            real = root.resolve(path)
        except OSError:
            continue  # a loop of links: what is written is all that can be said
        if real != path:
            found[path] = real
    return found


def _mounts(inspect: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed = inspect.get("Mounts")
    return [mount for mount in listed if isinstance(mount, dict)] if isinstance(listed, list) else []


def _bound(inspect: Mapping[str, Any]) -> Iterator[str]:
    for mount in _mounts(inspect):
        source = mount.get("Source")
        if mount.get("Type") == "bind" and isinstance(source, str) and source.startswith("/"):
            yield source


def _devices(inspect: Mapping[str, Any], volumes: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    names = {mount.get("Name") for mount in _mounts(inspect) if mount.get("Type") == "volume"}
    for volume in volumes:
        options = volume.get("Options")
        if volume.get("Name") in names and isinstance(options, dict):
            path = bound_path("local", {key: value for key, value in options.items() if isinstance(value, str)})
            if path:
                yield path


async def with_resolved_binds(
    containers: Set[tuple[ContainerFacts, ...]] | Unknown,
    volumes: Set[tuple[dict[str, Any], ...]] | Unknown,
    files: HostFiles | None,
) -> tuple[Set[tuple[ContainerFacts, ...]] | Unknown, dict[str, Unknown]]:
    """The containers with their binds resolved, where the host that runs them can be seen; and what could not be."""
    if files is None or isinstance(containers, Unknown):
        return containers, {}
    known = volumes.value if isinstance(volumes, Set) else ()
    try:
        return await files.read(partial(_all_resolved, containers, known)), {}
    except NotHeld as gap:
        return containers, {"containers.resolved_binds": Unknown(str(gap), TELL_AGAIN)}


def _all_resolved(
    containers: Set[tuple[ContainerFacts, ...]], volumes: Iterable[Mapping[str, Any]], root: Root
) -> Set[tuple[ContainerFacts, ...]]:
    return Set(tuple(_resolved(container, volumes, root) for container in containers.value), containers.source)


def _resolved(container: ContainerFacts, volumes: Iterable[Mapping[str, Any]], root: Root) -> ContainerFacts:
    if not isinstance(container.inspect, Set):
        return container
    return structs.replace(container, resolved_binds=resolved_binds(container.inspect.value, volumes, root))
