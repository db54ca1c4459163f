"""Which mounts lead to the socket of an engine."""

from __future__ import annotations

from ...model.own_places import ENGINE_BEHIND
from ...model.workload import EnginePaths, Mount, MountKind
from ._host_paths import Relation, host_folders, real_path, relation

_BEHIND = (
    "/run/containerd/containerd.sock",
    "/run/docker/containerd/containerd.sock",
    f"{ENGINE_BEHIND}/docker.sock",
)
"""The engine's own runtime, of which one is there wherever an engine runs; and the engine, where the guard stands at its
place."""

_OTHERS = (
    "/run/podman /run/crio /run/k3s/containerd /run/buildkit /run/user/*/podman /home/*/.docker/run"
    " /home/*/.docker/desktop"
).split()
"""Folders that hold nothing but the socket of an engine."""

_NAMES = frozenset(
    "docker.sock docker.raw.sock docker-cli.sock containerd.sock podman.sock crio.sock cri-dockerd.sock"
    " dockershim.sock buildkitd.sock balena-engine.sock".split()
)


def socket_reached(mount: Mount, paths: EnginePaths) -> str:
    """The socket that a mount leads to; `""` where it leads to none. Read-only makes no difference to a socket."""
    if mount.kind is MountKind.NPIPE:
        return mount.source if "docker_engine" in mount.source or "containerd" in mount.source else ""
    return next((socket for folder in host_folders(mount) if (socket := socket_at(folder.path, paths))), "")


def socket_at(path: str, paths: EnginePaths) -> str:
    """The socket that a path of the host is, or holds; `""` where there is none."""
    if path.rsplit("/", 1)[-1] in _NAMES:
        return path
    for socket in (*(real_path(socket) for socket in paths.sockets), *_BEHIND):
        if relation(path, socket) in (Relation.HOLDS, Relation.IS):
            return socket
    return next((path for folder in _OTHERS if relation(path, folder) is Relation.IS), "")
