"""Mounts of a container that is asked for: `Binds`, `Mounts`, `Tmpfs`, and the volumes without a name of `Volumes`."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.field import Source
from ...model.volume_options import bound_path
from ...model.workload import Mount, MountKind
from ..api_object import ApiObject
from ..engine_context import EngineContext

_KINDS = {kind.value: kind for kind in MountKind}
_PROPAGATIONS = frozenset({"private", "rprivate", "shared", "rshared", "slave", "rslave"})


def read_mounts(request: ApiObject, context: EngineContext) -> tuple[Mount, ...]:
    """The engine refuses two of `Mounts`, `Binds` and `Tmpfs` on one path, and leaves out a nameless volume there."""
    host = request.at("HostConfig")
    asked = [
        *(_mount(item, context) for item in host.items("Mounts")),
        *(_bind(text, source, host, context) for text, source in _texts(host.at("Binds"))),
        *_tmpfs(host.at("Tmpfs")),
    ]
    targets = {_plain(mount.target) for mount in asked}
    nameless = (_nameless(target, at.source) for target, at in request.entries("Volumes"))
    return (*asked, *(mount for mount in nameless if _plain(mount.target) not in targets))


def _plain(target: str) -> str:
    return target.rstrip("/") or "/"


def _texts(listed: ApiObject) -> Iterator[tuple[str, Source]]:
    for index, item in enumerate(listed.data if isinstance(listed.data, list) else ()):
        if isinstance(item, str):
            yield item, Source(listed.where, f"{listed.path}[{index}]")


def _mount(item: ApiObject, context: EngineContext) -> Mount:
    kind = _KINDS.get(item.word("Type"), MountKind.BIND)
    source = item.word("Source")
    driver, options = item.word("VolumeOptions", "DriverConfig", "Name"), {}
    if kind is MountKind.VOLUME:
        options = options_of(source, context) or item.words("VolumeOptions", "DriverConfig", "Options")
        driver = driver or driver_of(source, context)
    return Mount(
        kind=kind,
        source=source,
        target=item.word("Target"),
        read_only=item.at("ReadOnly").data is True,
        declared_at=item.source,
        propagation=item.word("BindOptions", "Propagation"),
        host_path=source if kind is MountKind.BIND else bound_path(driver, options),
        driver=driver,
        options=options,
        anonymous=kind is MountKind.VOLUME and not source,
    )


def _bind(text: str, declared_at: Source, host: ApiObject, context: EngineContext) -> Mount:
    """`/data`, `name:/data`, `/srv/data:/data:ro,rslave`: a path of the host is a bind, a name a volume."""
    parts = text.split(":")
    source = parts[0] if len(parts) > 1 else ""
    modes = parts[2].split(",") if len(parts) > 2 else []
    kind = MountKind.BIND if source.startswith(("/", ".", "~")) else MountKind.VOLUME
    options = options_of(source, context) if kind is MountKind.VOLUME else {}
    driver = host.word("VolumeDriver") or driver_of(source, context) if kind is MountKind.VOLUME else ""
    return Mount(
        kind=kind,
        source=source,
        target=parts[1] if len(parts) > 1 else parts[0],
        read_only="ro" in modes,
        declared_at=declared_at,
        propagation=next((mode for mode in modes if mode in _PROPAGATIONS), ""),
        host_path=source if kind is MountKind.BIND else bound_path(driver, options),
        driver=driver,
        options=options,
        anonymous=not source,
    )


def options_of(volume: str, context: EngineContext) -> dict[str, str]:
    """Those that a volume which is there already was made with: asking for others changes nothing."""
    return ApiObject(context.volumes.get(volume), "GET /volumes").words("Options")


def driver_of(volume: str, context: EngineContext) -> str:
    return ApiObject(context.volumes.get(volume), "GET /volumes").word("Driver")


def _tmpfs(tmpfs: ApiObject) -> Iterator[Mount]:
    for target, options in tmpfs.words().items():
        yield Mount(MountKind.TMPFS, "", target, "ro" in options.split(","), tmpfs.at(target).source)


def _nameless(target: str, declared_at: Source) -> Mount:
    """As in `Volumes`: `/data`, kept by the engine under a random name."""
    return Mount(MountKind.VOLUME, "", target, False, declared_at, anonymous=True)


__all__ = ["driver_of", "options_of", "read_mounts"]
