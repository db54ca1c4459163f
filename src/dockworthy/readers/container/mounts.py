"""Mounts and devices: what of the host a container has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ...model.field import Source
from ...model.volume_options import bound_path
from ...model.workload import Device, Mount, MountKind
from ..api_object import ApiObject
from ..engine_context import EngineContext

_ANONYMOUS = re.compile(r"[0-9a-f]{64}")
_KINDS = {kind.value: kind for kind in MountKind}


def read_mounts(inspect: ApiObject, context: EngineContext, resolved: Mapping[str, str]) -> tuple[Mount, ...]:
    """From `Mounts`, and the tmpfs of `HostConfig.Tmpfs`, which it leaves out. `resolved`: bind source -> real path."""
    seen = [_mount(item, context, resolved) for item in inspect.items("Mounts")]
    targets = {mount.target for mount in seen}
    return (*seen, *(mount for mount in _tmpfs(inspect.at("HostConfig", "Tmpfs")) if mount.target not in targets))


def _mount(item: ApiObject, context: EngineContext, resolved: Mapping[str, str]) -> Mount:
    kind = _KINDS.get(item.word("Type"), MountKind.BIND)
    name, source = item.word("Name"), item.word("Source")
    volume = ApiObject(context.volumes.get(name), "GET /volumes") if kind is MountKind.VOLUME else None
    options = {} if volume is None else volume.words("Options")
    path = source if kind is MountKind.BIND else bound_path(item.word("Driver"), options)
    return Mount(
        kind=kind,
        source=name if kind is MountKind.VOLUME else source,
        target=item.word("Destination"),
        read_only=item.at("RW").data is False,
        declared_at=item.source,
        propagation=item.word("Propagation"),
        host_path=resolved.get(path, path),
        driver=item.word("Driver"),
        options=options,
        anonymous=kind is MountKind.VOLUME and _is_anonymous(name, volume),
    )


def _is_anonymous(name: str, volume: ApiObject | None) -> bool:
    labelled = volume is not None and "com.docker.volume.anonymous" in volume.words("Labels")
    return labelled or _ANONYMOUS.fullmatch(name) is not None


def _tmpfs(tmpfs: ApiObject) -> Iterator[Mount]:
    for target, options in tmpfs.words().items():
        read_only = "ro" in options.split(",")
        yield Mount(MountKind.TMPFS, "", target, read_only, Source(tmpfs.where, f"{tmpfs.path}.{target}"))


def read_devices(host: ApiObject) -> tuple[Device, ...]:
    return tuple(
        Device(item.word("PathOnHost"), item.word("PathInContainer"), item.word("CgroupPermissions"), item.source)
        for item in host.items("Devices")
    )
