"""Which sockets listen at a path, and what a process listens on. Every network namespace has tables of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from .processes import Processes
from .root import Root
from .sockets import NetSocket, net_listeners, unix_listeners

_PROTOCOLS = ("tcp", "tcp6", "udp", "udp6")


class Tables:
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
        texts = ((protocol, self._root.word(f"{self.folder}/{protocol}")) for protocol in _PROTOCOLS)
        return tuple(item for protocol, text in texts for item in net_listeners(text, protocol, self._root.byteorder))


class SocketTables:
    """Reads each namespace's tables once."""

    def __init__(self, root: Root, processes: Processes) -> None:
        self._root = root
        self._processes = processes
        self._read: dict[str, Tables] = {}

    def of_host(self) -> Tables:
        """PID 1's, where /proc is the host's; else those of this process."""
        first = self._of("/proc/1")
        return first if first.present else self._of("/proc/self")

    def listening_at(self, path: str) -> tuple[Tables, list[int]]:
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

    def _renamed_in(self, folder: str, tables: Tables) -> list[str]:
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

    def _all(self, host: Tables, exists: bool) -> Iterator[Tables]:
        yield host
        if not exists:
            return
        yield self._of("/proc/self")
        for pid in self._processes.pids:
            yield self._of(f"/proc/{pid}")

    def _of(self, process: str) -> Tables:
        key = self._namespace(process)
        if key not in self._read:
            self._read[key] = Tables(self._root, f"{process}/net")
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
