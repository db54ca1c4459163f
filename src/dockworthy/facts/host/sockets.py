"""Sockets that listen: the kernel's tables of them (/proc/net/unix, tcp, tcp6, udp, udp6), and who holds them.

Every network namespace has tables of its own.
"""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from ...model.field import Field, Unknown
from ...model.host import Listener
from .processes import Processes
from .reading import measured
from .root import Root

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


def listeners_in(lines: Iterable[str], protocol: str, byteorder: str = sys.byteorder) -> Iterator[NetSocket]:
    """The listening sockets of /proc/net/`protocol`, `byteorder` the host's. Lines that are odd are left out. Where
    they come one by one, a table of a hundred thousand connections is never held as a whole."""
    state = _TCP_LISTENS if protocol.startswith("tcp") else _UDP_BOUND
    for line in lines:
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


_PROTOCOLS = ("tcp", "tcp6", "udp", "udp6")


def listening_here() -> Iterator[NetSocket]:
    """The listening sockets of the network namespace of this process, from the kernel as it is now. Raises OSError
    where it does not tell; a host without IPv6 has no tables of it."""
    for protocol in _PROTOCOLS:
        try:
            with open(f"/proc/self/net/{protocol}", encoding="ascii", errors="replace") as table:
                yield from listeners_in(table, protocol)
        except FileNotFoundError:
            if not protocol.endswith("6"):
                raise


class NamespaceSockets:
    """The listening sockets of one network namespace. `unix`: inode -> path as it was bound."""

    def __init__(self, root: Root, folder: str) -> None:
        self._root = root
        self.folder = folder
        text = root.word(f"{folder}/unix")
        self.present = bool(text) or root.exists(f"{folder}/tcp")
        self.unix = dict(unix_listeners(text))

    @cached_property
    def net(self) -> tuple[NetSocket, ...]:
        """Read when they are asked for: the kernel takes milliseconds to print them."""
        tables = ((name, self._root.word(f"{self.folder}/{name}").splitlines()) for name in _PROTOCOLS)
        return tuple(item for name, lines in tables for item in listeners_in(lines, name, self._root.byteorder))


class SocketTables:
    """Reads each namespace's tables once."""

    def __init__(self, root: Root, processes: Processes) -> None:
        self._root = root
        self._processes = processes
        self._read: dict[str, NamespaceSockets] = {}

    def of_host(self) -> NamespaceSockets:
        """PID 1's, where /proc is the host's; else those of this process."""
        first = self._of("/proc/1")
        return first if first.present else self._of("/proc/self")

    def listening_at(self, path: str) -> tuple[NamespaceSockets, list[int]]:
        """(tables, inodes that listen at `path`). The host's namespace first, then, where there is such a file, all
        the others: an engine without root runs in a network namespace of its own."""
        wanted = self._root.identity(path)
        host = self.of_host()
        for tables in self._all(host, self._root.exists(path)):
            same_name = ((inode, bound) for inode, bound in tables.unix.items() if _last(bound) == _last(path))
            inodes = [inode for inode, bound in same_name if self._root.identity(bound) == wanted]
            if inodes:
                return tables, inodes
        return host, []

    def may_listen_at(self, path: str) -> bool | None:
        """Does a socket listen at `path`? A table names a socket as it was bound: it may have been renamed since, or be
        bound in a container that calls its folder by another name. None where it can't be told."""
        tables, inodes = self.listening_at(path)
        if inodes:
            return True
        if not tables.present:
            return None
        folder, _, name = path.rpartition("/")
        renamed = self._renamed_in(folder or "/", tables)
        if any(_named_like(name, bound) for bound in renamed):
            return True
        everywhere = (bound for each in self._all(tables, exists=True) for bound in each.unix.values())
        if any(_named_like(name, bound) for bound in everywhere):
            return None
        beside = [other for other in self._root.names_or_none(folder or "/") if other != name]
        return False if all(any(_named_like(other, bound) for other in beside) for bound in renamed) else None

    def _renamed_in(self, folder: str, tables: NamespaceSockets) -> list[str]:
        """Paths that listen by their names of before: bound in `folder`, and no longer there."""
        here = self._root.identity(folder)
        inside = (bound for bound in tables.unix.values() if self._root.identity(bound.rpartition("/")[0]) == here)
        return [bound for bound in inside if not self._root.exists(bound)]

    def listens_of(self, pid: int) -> tuple[str, ...]:
        """What a process listens on: `unix:///run/docker.sock`, `tcp://127.0.0.1:2375`, `tcp://[::]:2377`."""
        tables = self._of(f"/proc/{pid}")
        if not tables.present:
            tables = self.of_host()
        found = [f"unix://{path}" for inode, path in tables.unix.items() if self._holds(pid, inode)]
        for item in tables.net:
            if item.protocol.startswith("tcp") and self._holds(pid, item.inode):
                address = f"[{item.address}]" if ":" in item.address else item.address
                found.append(f"tcp://{address}:{item.port}")
        return tuple(dict.fromkeys(found))

    def _holds(self, pid: int, inode: int) -> bool:
        return pid in self._processes.holders.get(inode, ())

    def _all(self, host: NamespaceSockets, exists: bool) -> Iterator[NamespaceSockets]:
        yield host
        if not exists:
            return
        yield self._of("/proc/self")
        for pid in self._processes.pids:
            yield self._of(f"/proc/{pid}")

    def _of(self, process: str) -> NamespaceSockets:
        key = self._namespace(process)
        if key not in self._read:
            self._read[key] = NamespaceSockets(self._root, f"{process}/net")
        return self._read[key]

    def _namespace(self, process: str) -> str:
        try:
            return self._root.link(f"{process}/ns/net")
        except OSError:
            return process


def _named_like(name: str, bound: str) -> bool:
    """`.shop.sock.12` is renamed to shop.sock by who has bound it."""
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", _last(bound)) is not None


def _last(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def read_listeners(processes: Processes, sockets: SocketTables) -> Field[tuple[Listener, ...]]:
    """TCP sockets that listen and UDP sockets that are bound. `pid` 0: the kernel's own, or hidden without root."""
    tables = sockets.of_host()
    if not tables.present:
        return Unknown("who listens can't be told: there is no /proc/net below the root")
    programs: dict[int, str] = {0: ""}
    listeners = []
    for found in tables.net:
        pid = processes.owner(found.inode)
        if pid not in programs:
            programs[pid] = processes.program(pid)
        listeners.append(Listener(found.protocol, found.address, found.port, pid, programs[pid], found.uid))
    return measured(tuple(sorted(set(listeners), key=_order)), f"{tables.folder}/tcp")


def _order(listener: Listener) -> tuple[str, int, str, int]:
    return listener.protocol, listener.port, listener.address, listener.pid
