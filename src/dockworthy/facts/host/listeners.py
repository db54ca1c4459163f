"""Listening sockets of the host's own network, and who holds them."""

from __future__ import annotations

from ...model.field import Field, Unknown
from ...model.host import Listener
from .processes import Processes
from .reading import measured
from .socket_tables import SocketTables


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
