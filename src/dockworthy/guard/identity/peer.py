"""Who is at the other end of a Unix socket, as the kernel tells: unix(7), socket(7), pidfd_open(2)."""

from __future__ import annotations

import os
import re
import socket
import struct
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from .processes import PeerProcess, read_process

_SO_PEERGROUPS = 59
_SO_PEERPIDFD = 77
"""There since Linux 6.5. Before that, the process is looked up by its number, which could by then be another's."""
_CONTAINER = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


class Peer(Struct, frozen=True, kw_only=True):
    """Facts of the moment at which it connected. `containers` are the ids that its control group's path is spelt with,
    the outermost first: anybody may call a group so to whom a part of the tree was given. `foreign` is why it is no
    process of this host's own, as far as that shows without the engine. `mounts` is its mount namespace where that is
    not ours."""

    pid: int
    uid: int
    groups: tuple[int, ...] = ()
    containers: tuple[str, ...] = ()
    foreign: str = ""
    mounts: str = ""
    process: PeerProcess | None = None


def peer_of(connection: socket.socket, proc: Path = Path("/proc")) -> Peer:
    """Never raises: who can't be looked up is foreign."""
    try:
        pid, uid, gid = struct.unpack("iII", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        groups = _groups(connection) | {gid}
    except (OSError, struct.error) as error:
        return Peer(pid=0, uid=-1, foreign=f"the kernel does not tell who connected ({error})")
    if pid <= 0:
        return Peer(pid=0, uid=uid, foreign="its process belongs to another host or container")
    try:
        process = _process(connection, pid)
    except OSError:
        return Peer(pid=pid, uid=uid, foreign="the process that connected has ended")
    try:
        return _looked_up(process, pid, uid, groups, proc)
    except ProcessLookupError:
        return Peer(pid=pid, uid=uid, foreign="the process that connected has ended")
    except OSError as error:
        return Peer(pid=pid, uid=uid, foreign=f"its process can't be looked up ({error.strerror})")
    finally:
        os.close(process)


def _looked_up(process: int, pid: int, uid: int, groups: set[int], proc: Path) -> Peer:
    read = read_process(pid, proc, process)
    foreign = "" if read.pids == os.readlink(proc / "self/ns/pid") else "it runs in a process namespace of its own"
    return Peer(
        pid=pid,
        uid=uid,
        groups=tuple(sorted(groups)),
        containers=tuple(dict.fromkeys(_CONTAINER.findall(read.cgroup))),
        foreign=foreign,
        mounts=read.mounts if read.mounts != os.readlink(proc / "self/ns/mnt") else "",
        process=read,
    )


def _process(connection: socket.socket, pid: int) -> int:
    """A descriptor that stays this process's."""
    with suppress(OSError):
        raw = connection.getsockopt(socket.SOL_SOCKET, _SO_PEERPIDFD, 4)
        return int(struct.unpack("i", raw)[0])
    return os.pidfd_open(pid)


def _groups(connection: socket.socket) -> set[int]:
    """The groups of the peer; none where they are more than 256: Python asks for no more bytes. Fewer groups are fewer
    rights."""
    try:
        raw = connection.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, 1024)
    except OSError:
        return set()
    return set(struct.unpack(f"{len(raw) // 4}I", raw))
