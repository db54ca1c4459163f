"""Volumes: a path of the host, one that Mesos keeps, one of a storage provider, or a secret as a file."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.workload import Mount, MountKind
from ..definition import items, word
from ..yaml_source import Value

_READ_ONLY = "RO"


def read_app_volumes(app: Value) -> Iterator[Mount]:
    """`container.volumes`; a secret is no mount, and is told among the secrets."""
    for volume in items(app.get("container"), "volumes"):
        target, read_only = word(volume, "containerPath"), word(volume, "mode") == _READ_ONLY
        yield from _mounted(volume, word(volume, "hostPath"), target, read_only)


def read_pod_volumes(pod: Value, container: Value) -> Iterator[Mount]:
    """`volumeMounts` of a container name `volumes` of the pod: `{name, host}` is a path of the host."""
    declared = {word(volume, "name"): volume for volume in items(pod, "volumes")}
    for mounted in items(container, "volumeMounts"):
        volume, only = declared.get(word(mounted, "name")), mounted.get("readOnly")
        if volume is not None:
            read_only = only is not None and only.boolean()
            yield from _mounted(volume, word(volume, "host"), word(mounted, "mountPath"), read_only)


def _mounted(volume: Value, host: str, target: str, read_only: bool) -> Iterator[Mount]:
    """A path of the host that is not whole lies in the task's own folder, like a volume of neither kind."""
    if volume.get("secret") is not None:
        return
    if host.startswith("/"):
        yield Mount(MountKind.BIND, host, target, read_only, volume.source, host_path=host)
        return
    external = volume.get("external")
    persistent = external is not None or volume.get("persistent") is not None
    name = word(external, "name") or word(volume, "name") or (target if persistent else "")
    driver = word(external, "provider")
    yield Mount(MountKind.VOLUME, name, target, read_only, volume.source, driver=driver, anonymous=not persistent)
