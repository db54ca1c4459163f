"""The processes of running containers, from the host's /proc. Nothing is run inside a container.

A container's processes are those whose cgroup names it; where the engine uses no cgroups (rootless, without
delegation), those under its shim. The engine's pid is believed only where one of both confirms it: an engine elsewhere
tells pids of elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ..model.field import Field, Origin, Set, Source, Unknown
from ..model.workload import Process
from . import proc
from .host.root import Root
from .proc import Proc, proc_of

_ID = re.compile(rb"[0-9a-f]{64}")

_AS_ROOT = "run as root"


def read_processes(pids: Mapping[str, int], root: Path | Root = Path("/")) -> dict[str, Field[tuple[Process, ...]]]:
    """Container id -> its processes, the first one first. `pids` are the first processes' as the engine tells them."""
    there = proc_of(root if isinstance(root, Root) else Root(root))
    members = _by_cgroup(there, pids)
    host = proc.namespaces(there, 1)
    return {id: _container(there, id, pid, members, host) for id, pid in pids.items()}


def _container(
    there: Proc, id: str, first: int, members: dict[str, list[int]], host: Mapping[str, str]
) -> Set[tuple[Process, ...]] | Unknown:
    source = Source(f"/proc/{first}/status")
    status = proc.status(there, first)
    if status is None:
        reason = f"the container's first process ({first}) is not in this host's /proc: it ended, or runs elsewhere"
        return Unknown(reason, tell="read the facts on the host that runs the engine", source=source)
    shim = status.parent
    pids = members.get(id, [])
    if first not in pids:
        if id.encode() not in (there.read(f"{shim}/cmdline") or b""):
            reason = f"process {first} of this host does not belong to the container: its engine runs elsewhere"
            return Unknown(reason, tell="read the facts on the host that runs the engine", source=source)
        pids = [first, *(pid for pid in _below(there, status.parent) if pid != first)]
    # The shim stands outside the container: its namespaces are the engine's own, which are the host's to a container.
    hosts = (host, proc.namespaces(there, shim))
    missing = set(proc.NAMESPACES) - set().union(*hosts)
    if missing or not there.link(f"{first}/ns/mnt"):
        return Unknown("the namespaces of other users' processes can't be seen", tell=_AS_ROOT, source=source)
    ordered = [first, *(pid for pid in pids if pid != first)]
    now = proc.uptime(there)
    read = (_process(there, pid, hosts, ordered, now) for pid in ordered)
    return Set(tuple(process for process in read if process is not None), source, Origin.MEASURED)


def _process(
    there: Proc, pid: int, hosts: tuple[Mapping[str, str], ...], members: list[int], now: float
) -> Process | None:
    """None for a process that ended, be it only in name (a zombie runs nothing), or has not begun."""
    executable = proc.executable_of(there, pid)
    status = proc.status(there, pid)
    if status is None or status.state in "ZX" or proc.is_starting(there, pid, status, executable, members, now):
        return None
    return Process(
        pid=pid,
        program=proc.program(executable, status.command),
        uid=status.uid,
        cap_effective=status.cap_effective,
        cap_bounding=status.cap_bounding,
        seccomp=status.seccomp,
        no_new_privs=status.no_new_privs,
        container_uid=proc.inner_uid(there, pid, status.uid),
        parent=status.parent,
        apparmor=proc.apparmor(there, pid),
        shared_namespaces=proc.shared(proc.namespaces(there, pid), *hosts),
    )


def _by_cgroup(there: Proc, wanted: Mapping[str, int]) -> dict[str, list[int]]:
    """Container id -> the processes in its cgroup and those below. The outermost container counts for a nested one."""
    known = {id.encode(): id for id in wanted}
    found: dict[str, list[int]] = {}
    for pid in there.pids():
        cgroups = there.read(f"{pid}/cgroup") or b""
        id = next((known[part] for part in _ID.findall(cgroups) if part in known), None)
        if id is not None:
            found.setdefault(id, []).append(pid)
    return found


def _below(there: Proc, ancestor: int) -> list[int]:
    """All descendants of a process, itself left out."""
    children: dict[int, list[int]] = {}
    for pid in there.pids():
        status = proc.status(there, pid)
        if status is not None:
            children.setdefault(status.parent, []).append(pid)
    found: list[int] = []
    waiting = list(children.get(ancestor, ()))
    while waiting:
        pid = waiting.pop(0)
        found.append(pid)
        waiting += children.get(pid, ())
    return found
