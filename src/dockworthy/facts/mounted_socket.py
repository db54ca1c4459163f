"""In a container with the host's files below a root, the engine's socket is often mounted at a path of its own."""

from __future__ import annotations

import os
from pathlib import Path

from .host.mounts import mount_of, parse_mountinfo
from .host.root import Root

_USUAL = ("/var/run/docker.sock", "/run/docker.sock")


def host_path_of(socket: str, root: Path) -> str:
    """The path by which the host below `root` knows the socket that we see; `socket` where it can't be told."""
    tree = Root(root)
    if tree.is_real or not os.path.exists(socket):
        return socket
    candidates = (socket, *_USUAL, _by_mounts(socket, tree))
    return next((path for path in candidates if path and _is_same(socket, tree, path)), socket)


def _is_same(socket: str, tree: Root, path: str) -> bool:
    try:
        return os.path.samestat(os.stat(socket), tree.stat(path))
    except OSError:
        return False


def _by_mounts(socket: str, tree: Root) -> str:
    """A bind mount tells which file of its file system it is; the host's mounts tell where that file system is."""
    try:
        ours = mount_of(parse_mountinfo(Root(Path("/")).read("/proc/self/mountinfo")), os.path.realpath(socket))
        theirs = parse_mountinfo(tree.read("/proc/1/mountinfo"))
    except OSError:
        return ""
    if ours is None:
        return ""
    inside = f"{ours.root}{os.path.realpath(socket).removeprefix(ours.target)}"
    for mount in theirs:
        top = mount.root.rstrip("/")
        if mount.device == ours.device and inside.startswith(f"{top}/"):
            return f"{mount.target.rstrip('/')}{inside.removeprefix(top)}"
    return ""
