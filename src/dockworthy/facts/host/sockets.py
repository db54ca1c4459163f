"""The kernel's tables of sockets: /proc/net/unix, tcp, tcp6, udp, udp6."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from typing import NamedTuple

_ACCEPTS = 0x10000  # the flag of a unix socket that listens
_TCP_LISTENS = "0A"
_UDP_BOUND = "07"


class NetSocket(NamedTuple):
    """A listening (TCP) or bound (UDP) socket. `uid` is its creator's."""

    protocol: str
    address: str
    port: int
    uid: int
    inode: int


def unix_listeners(table: str) -> Iterator[tuple[int, str]]:
    """(inode, path as it was bound) of every listening unix socket that has a path. Lines that are odd are left out."""
    for line in table.splitlines():
        parts = line.split(None, 7)
        if len(parts) < 8 or not parts[7].startswith("/"):
            continue
        try:
            flags, inode = int(parts[3], 16), int(parts[6])
        except ValueError:
            continue
        if flags & _ACCEPTS and 0 < inode < 1 << 64:
            yield inode, parts[7]


def net_listeners(table: str, protocol: str, byteorder: str = sys.byteorder) -> Iterator[NetSocket]:
    """The listening sockets of /proc/net/`protocol`, `byteorder` the host's. Lines that are odd are left out."""
    state = _TCP_LISTENS if protocol.startswith("tcp") else _UDP_BOUND
    for line in table.splitlines()[1:]:
        parts = line.split(None, 10)
        if len(parts) < 10 or parts[3] != state:
            continue
        try:
            address, _, port = parts[1].rpartition(":")
            found = NetSocket(protocol, _address(address, byteorder), int(port, 16), int(parts[7]), int(parts[9]))
        except ValueError:
            continue
        if 0 <= found.port < 1 << 16 and 0 <= found.uid < 1 << 32 and 0 <= found.inode < 1 << 64:
            yield found


def _address(text: str, byteorder: str) -> str:
    """The kernel prints 32-bit words in the machine's byte order. IPv4 inside IPv6 is IPv4. Raises ValueError."""
    raw = bytes.fromhex(text)
    if len(raw) not in (4, 16):
        raise ValueError(f"not an address: {text[:40]!r}")
    if byteorder == "little":
        raw = b"".join(raw[word : word + 4][::-1] for word in range(0, len(raw), 4))
    text = socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw)
    return text.removeprefix("::ffff:") if "." in text else text
