"""Who is connected to a Unix socket just now, as the kernel tells. Sources: sock_diag(7), linux/unix_diag.h."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Iterator

from msgspec import Struct

_SOCK_DIAG, _BY_FAMILY = 4, 20
_DUMP = 0x301
"""NLM_F_REQUEST and NLM_F_DUMP."""
_ERROR, _DONE = 2, 3
_SHOW = 0x1 | 0x4 | 0x40
"""UDIAG_SHOW_NAME, _PEER and _UID (Linux 5.3)."""
_NAME, _PEER, _UID = 0, 2, 7
_ESTABLISHED = 1 << 1


class Peer(Struct, frozen=True):
    """A connection: `inode` is its client's end, `uid` who made that."""

    inode: int
    uid: int


class _End(Struct, frozen=True):
    inode: int
    name: str = ""
    peer: int = 0
    uid: int = -1


def peers_of(path: str) -> list[Peer]:
    """Of the socket that listens at `path`; our own connections are left out. Empty where the kernel does not tell.
    Sockets of other network namespaces are not shown: a container's process is seen by its mount instead."""
    try:
        ends = {end.inode: end for end in _ends()}
        own = set(_own_inodes())
    except (OSError, struct.error):
        return []
    real = _real(path)
    clients = (ends.get(end.peer) for end in ends.values() if end.name and _real(end.name) == real)
    return [Peer(end.inode, end.uid) for end in clients if end is not None and end.uid >= 0 and end.inode not in own]


def _ends() -> Iterator[_End]:
    """All connected Unix sockets of this network namespace. Raises OSError."""
    request = struct.pack("=IHHII", 40, _BY_FAMILY, _DUMP, 1, 0)
    request += struct.pack("=BBHIIIII", socket.AF_UNIX, 0, 0, _ESTABLISHED, 0, _SHOW, 0, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as asking:
        asking.settimeout(5)
        asking.sendall(request)
        while True:
            data = asking.recv(1 << 17)
            while data:
                length, kind = struct.unpack_from("=IH", data)
                if kind == _DONE or length < 16:
                    return
                if kind == _ERROR:
                    raise OSError("the kernel does not tell of Unix sockets")
                yield _end(data[16:length])
                data = data[_aligned(length) :]


def _end(message: bytes) -> _End:
    (inode,) = struct.unpack_from("=I", message, 4)
    found = {}
    rest = message[16:]
    while len(rest) >= 4:
        length, kind = struct.unpack_from("=HH", rest)
        if length < 4:
            break
        found[kind] = rest[4:length]
        rest = rest[_aligned(length) :]
    numbers = {kind: struct.unpack_from("=I", found[kind])[0] for kind in (_PEER, _UID) if kind in found}
    name = found.get(_NAME, b"").rstrip(b"\0").decode(errors="surrogateescape")
    return _End(inode, name, numbers.get(_PEER, 0), numbers.get(_UID, -1))


def _own_inodes() -> Iterator[int]:
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError, ValueError):
            kind, _, rest = os.readlink(f"/proc/self/fd/{name}").partition(":[")
            if kind == "socket":
                yield int(rest.rstrip("]"))


def _aligned(length: int) -> int:
    return (length + 3) & ~3


def _real(path: str) -> str:
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))


__all__ = ["Peer", "peers_of"]
