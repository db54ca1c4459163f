"""The running engine and its containerd: who holds the listening socket, checked against executable and pid file.

A process that is merely named dockerd is never taken for the engine, and PID 1 holds the socket under activation.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from msgspec import structs

from ...model.field import Field, Set, Source, Unknown, Unset
from ...model.host import DaemonProcess
from .elsewhere import Elsewhere
from .guarded_socket import container_roles, engine_behind
from .masking import mask_arguments
from .processes import Processes
from .reading import TELL_ROOT, measured, number_or
from .root import Root
from .settings import EngineSettings, flag
from .sockets import SocketTables

_ENGINES = ("dockerd", "dockerd-ce", "moby-engine", "balena-engine-daemon", "balenad")
_CONTAINERDS = ("containerd", "balena-engine-containerd", "balena-containerd")
_PID_FILE = "/var/run/docker.pid"

_LIMITS = {
    "cpu time": "cpu",
    "file size": "fsize",
    "data size": "data",
    "stack size": "stack",
    "core file size": "core",
    "resident set": "rss",
    "processes": "nproc",
    "open files": "nofile",
    "locked memory": "memlock",
    "address space": "as",
    "file locks": "locks",
    "pending signals": "sigpending",
    "msgqueue size": "msgqueue",
    "nice priority": "nice",
    "realtime priority": "rtprio",
    "realtime timeout": "rttime",
}


def read_daemon(root: Root, processes: Processes, sockets: SocketTables, socket: str) -> Field[DaemonProcess]:
    """The engine that answers at `socket`, also behind dockworthy's guard; with no socket given, the one that the pid
    file names."""
    if not socket:
        return _by_pid_file(root, processes, sockets)
    found = _holder(root, processes, sockets, socket, _ENGINES, "a Docker Engine")
    if isinstance(found, Set) or not (own := engine_behind(root, socket)):
        return found
    found = _holder(root, processes, sockets, own, _ENGINES, "a Docker Engine")
    if not isinstance(found, Set):
        return found
    roles = container_roles(root)
    guarded = structs.replace(found.value, guarded_at=socket, own_socket=own, container_roles=roles)
    return structs.replace(found, value=guarded)


def read_containerd(
    root: Root, processes: Processes, sockets: SocketTables, settings: EngineSettings
) -> Field[DaemonProcess]:
    """The containerd that the engine uses: named by its settings, its own child, or the system's."""
    named = settings.text("containerd")
    own = f"{settings.exec_root}/containerd/containerd.sock"
    places = [named] if named else [own, "/run/containerd/containerd.sock"]
    found: Field[DaemonProcess] = Unset(Source(places[-1]))
    for place in places:
        found = _holder(root, processes, sockets, place, _CONTAINERDS, "containerd")
        if not isinstance(found, Unset):
            break
    return found


def limits_of(table: str) -> dict[str, tuple[int, int]]:
    """/proc/PID/limits by the names of ulimit (`nofile`): (soft, hard), -1 for unlimited."""
    limits: dict[str, tuple[int, int]] = {}
    for line in table.splitlines():
        name = _LIMITS.get(line[4:26].strip().lower()) if line.startswith("Max ") else None
        values = line[26:].split()
        if name and len(values) >= 2:
            limits[name] = (number_or(values[0], -1), number_or(values[1], -1))
    return limits


def _holder(
    root: Root, processes: Processes, sockets: SocketTables, path: str, programs: Sequence[str], what: str
) -> Field[DaemonProcess]:
    tables, inodes = sockets.listening_at(path)
    if not tables.present:
        return Unknown(f"who listens on {path} can't be told: there is no /proc/net below the root")
    if not inodes:
        return _nobody(root, path)
    holders = sorted({pid for inode in inodes for pid in processes.holders.get(inode, []) if _sees(root, pid, path)})
    theirs = [pid for pid in holders if _is(root, processes, pid, programs)]
    if theirs:
        best = next((pid for pid in theirs if _in_pid_file(root, pid)), theirs[0])
        return measured(_describe(root, processes, sockets, best, inodes), f"/proc/{best}", f"holds {path}")
    if processes.unreadable:
        return Unknown(f"who listens on {path} can't be read: permission denied", TELL_ROOT)
    others = [pid for pid in holders if pid != 1]
    if others:
        program = processes.executable(others[0]) or processes.program(others[0])
        return Unknown(f"{path} is held by {program} (process {others[0]}), which is not {what}")
    return Unset(Source(path, "held by PID 1 alone, waiting for the first connection" if holders else "nobody has it"))


def _nobody(root: Root, path: str) -> Unset | Unknown:
    """Nobody listens, unless the path can't even be seen: then another name may lead to the same socket."""
    try:
        root.stat(path)
    except PermissionError:
        return Unknown(f"who listens on {path} can't be read: permission denied", TELL_ROOT)
    except OSError:
        pass
    return Unset(Source(path, "nobody listens"))


def _by_pid_file(root: Root, processes: Processes, sockets: SocketTables) -> Field[DaemonProcess]:
    pid = number_or(root.read(_PID_FILE), 0)
    if pid not in processes.pids:
        return Unset(Source(_PID_FILE, "names no running process"))
    if not processes.executable(pid):
        return Unknown(f"the program of process {pid} can't be read: permission denied", TELL_ROOT)
    if not _is(root, processes, pid, _ENGINES):
        return Unset(Source(_PID_FILE, f"names {processes.executable(pid)}, not an engine"))
    return measured(_describe(root, processes, sockets, pid, ()), f"/proc/{pid}", f"named by {_PID_FILE}")


def _is(root: Root, processes: Processes, pid: int, programs: Sequence[str]) -> bool:
    return processes.executable(pid).rsplit("/", 1)[-1] in programs


def _in_pid_file(root: Root, pid: int) -> bool:
    path = flag(_arguments(root, pid), "--pidfile", "-p") or _PID_FILE
    return number_or(root.word(path), 0) == pid


def _sees(root: Root, pid: int, path: str) -> bool:
    """Does the process see the same socket at this path? An engine inside a container has one of the same name."""
    if isinstance(root, Elsewhere):
        return root.sees_same(pid, path)
    if not root.is_real:
        return True  # a tree's /proc/PID/root leads nowhere
    try:
        ours, theirs = os.stat(path), os.stat(f"/proc/{pid}/root{os.path.realpath(path)}")
    except OSError:
        return True  # it can't be told: the socket's inode has spoken
    return (ours.st_dev, ours.st_ino) == (theirs.st_dev, theirs.st_ino)


def _describe(
    root: Root, processes: Processes, sockets: SocketTables, pid: int, inodes: Sequence[int]
) -> DaemonProcess:
    argv = _arguments(root, pid)
    held_by_init = any(1 in processes.holders.get(inode, []) for inode in inodes) and pid != 1
    status = dict(line.split(":", 1) for line in root.word(f"/proc/{pid}/status").splitlines() if ":" in line)
    score = root.word(f"/proc/{pid}/oom_score_adj")
    return DaemonProcess(
        pid=pid,
        argv=mask_arguments(argv),
        executable=processes.executable(pid),
        listens=sockets.listens_of(pid),
        socket_activated=held_by_init or any(argument.endswith("fd://") for argument in argv),
        limits=limits_of(root.word(f"/proc/{pid}/limits")),
        uid=number_or([*status.get("Uid", "").split(), "", ""][1], 0),
        oom_score_adj=-number_or(score[1:], 0) if score.startswith("-") else number_or(score, 0),
    )


def _arguments(root: Root, pid: int) -> list[str]:
    return root.word(f"/proc/{pid}/cmdline").rstrip("\0").split("\0")
