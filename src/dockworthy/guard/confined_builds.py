"""Does the engine itself keep BuildKit's builds from the host's network?

What BuildKit is asked for is shown to no plugin. `builder.entitlements` in daemon.json holds for it, and is read when
the engine starts and never again. Source: builder/builder-next/controller.go of Engine 26.1, getEntitlements.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ..facts.host.daemon import read_daemon
from ..facts.host.daemon_json import read_daemon_json
from ..facts.host.names import Names
from ..facts.host.processes import Processes
from ..facts.host.root import Root
from ..facts.host.settings import EngineStart
from ..facts.host.sockets import SocketTables
from ..model.field import Set


def builds_are_confined(socket: str) -> bool:
    """Of the engine that listens at `socket`. False also where it can't be told, or its settings changed since its
    start."""
    root = Root(Path("/"))
    processes = Processes(root)
    daemon = read_daemon(root, processes, SocketTables(root, processes), socket)
    if not isinstance(daemon, Set):
        return False
    path = EngineStart.of(daemon, Names(root)).file_path
    try:
        changed = os.stat(path).st_mtime
        settings = read_daemon_json(root, path)
        started = _started(daemon.value.pid)
    except (OSError, ValueError, IndexError):
        return False
    return isinstance(settings, Set) and changed <= started and _confined(settings.value)


def _confined(settings: dict[str, Any]) -> bool:
    builder = settings.get("builder")
    entitlements = builder.get("entitlements") if isinstance(builder, dict) else None
    return (
        isinstance(entitlements, dict)
        and entitlements.get("network-host") is False
        and entitlements.get("security-insecure", False) is False
    )


def _started(pid: int) -> float:
    """When a process was started, in seconds since 1970, rounded up. Source: proc_pid_stat(5), field 22."""
    ticks = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    lines = Path("/proc/stat").read_text().splitlines()
    boot = next(int(line.split()[1]) for line in lines if line.startswith("btime "))
    return boot + ticks / os.sysconf("SC_CLK_TCK") + 1
