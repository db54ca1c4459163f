"""Processes as /proc shows them. One that is gone gives None or "", never an exception."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from .host.elsewhere import Elsewhere
from .host.root import Root

NAMESPACES = ("net", "pid", "ipc", "uts", "mnt", "user", "cgroup")

_MULTI_CALL = frozenset({"busybox", "toybox", "coreutils"})
"""Programs that are many: which one, only the command's name tells."""

_STATUS = re.compile(rb"^(?P<name>Name|State|PPid|Uid|CapEff|CapBnd|NoNewPrivs|Seccomp):\t(?P<value>.*)$", re.MULTILINE)


class ProcessStatus(NamedTuple):
    """/proc/PID/status. `uid` is the effective one; `seccomp` 0 where the kernel knows none."""

    command: str
    state: str
    parent: int
    uid: int
    cap_effective: int
    cap_bounding: int
    no_new_privs: bool
    seccomp: int


class Proc:
    """The /proc of the machine whose root lies at `root`. Read directly: there are thousands of processes."""

    def __init__(self, root: Path) -> None:
        self._folder = f"{root}/proc".replace("//", "/")

    def pids(self) -> list[int]:
        try:
            names = os.listdir(self._folder)
        except OSError:
            return []
        return [int(name) for name in names if name.isascii() and name.isdigit()]

    def read(self, file: str) -> bytes | None:
        """The first bytes of `PID/status`, `uptime`; None where it is gone, or may not be read."""
        try:
            handle = os.open(f"{self._folder}/{file}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            return os.read(handle, 16384)
        except OSError:
            return None
        finally:
            os.close(handle)

    def link(self, file: str) -> str:
        """Where `PID/exe` or `PID/ns/net` points to."""
        try:
            return os.readlink(f"{self._folder}/{file}")
        except OSError:
            return ""


class ProcElsewhere(Proc):
    """The /proc of another machine that runs."""

    def __init__(self, root: Elsewhere) -> None:
        self._root = root

    def pids(self) -> list[int]:
        return [int(name) for name in self._root.names_or_none("/proc") if name.isascii() and name.isdigit()]

    def read(self, file: str) -> bytes | None:
        try:
            return self._root.read_bytes(f"/proc/{file}")
        except OSError:
            return None

    def link(self, file: str) -> str:
        try:
            return self._root.link(f"/proc/{file}")
        except OSError:
            return ""


def proc_of(root: Root) -> Proc:
    return ProcElsewhere(root) if isinstance(root, Elsewhere) else Proc(Path(root.base))


def status(proc: Proc, pid: int) -> ProcessStatus | None:
    text = proc.read(f"{pid}/status")
    if not text:
        return None
    values = {match["name"]: match["value"] for match in _STATUS.finditer(text)}
    try:
        return ProcessStatus(
            command=values[b"Name"].decode(errors="replace"),
            state=values[b"State"][:1].decode(),
            parent=int(values[b"PPid"]),
            uid=int(values[b"Uid"].split()[1]),
            cap_effective=int(values[b"CapEff"], 16),
            cap_bounding=int(values[b"CapBnd"], 16),
            no_new_privs=values.get(b"NoNewPrivs") == b"1",
            seccomp=int(values.get(b"Seccomp", b"0")),
        )
    except (KeyError, ValueError, IndexError):
        return None


def executable_of(proc: Proc, pid: int) -> str:
    """The path of the file that the process runs, as in its own mount namespace; "" where it can't be read."""
    return os.fsencode(proc.link(f"{pid}/exe")).decode(errors="replace").removesuffix(" (deleted)")


def program(executable: str, command: str) -> str:
    """The program's name: its executable's, which a process can't choose; its command's where that says more."""
    name = os.path.basename(executable)
    return command if not name or name in _MULTI_CALL else name


_STARTING = 2.0
"""Seconds that a runtime may take until it has become the program, where nothing else tells that it is the runtime."""

_RUNTIMES = frozenset({"runc", "crun"})


def is_starting(
    proc: Proc, pid: int, status: ProcessStatus, executable: str, members: Collection[int], now: float
) -> bool:
    """Is it the runtime itself, on its way to become a program (a start, an exec, a health check)?

    It is in the container's cgroup by then, and not yet limited as the program will be: runc loads the seccomp filter
    last of all. Its parent is the runtime, outside the container, until it is done, however slow the machine is; no
    program in a container can have such a parent. Where the parent ended, its name counts, for moments: a program
    that calls itself so stays in view.

    `executable` is to be read before `status`: the other way round the status of a runtime could meet the file of the
    program that it became meanwhile. `members` are the container's processes, `now` the host's uptime in seconds.
    """
    if not status.command.startswith("runc:[") and not _is_runtime(executable):
        return False
    if status.parent not in members and _is_runtime(executable_of(proc, status.parent)):
        return True
    try:
        started = int((proc.read(f"{pid}/stat") or b"").rpartition(b")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
    except (ValueError, IndexError):
        return False
    return now - started < _STARTING


def _is_runtime(executable: str) -> bool:
    return os.path.basename(executable) in _RUNTIMES or executable.startswith("/memfd:runc_cloned")


def uptime(proc: Proc) -> float:
    """Seconds since the host's boot; 0 where it can't be read."""
    try:
        return float((proc.read("uptime") or b"0").split()[0])
    except (ValueError, IndexError):
        return 0.0


def inner_uid(proc: Proc, pid: int, uid: int) -> int | None:
    """`uid` as the process's own user namespace counts it; None where it is not mapped there."""
    for line in (proc.read(f"{pid}/uid_map") or b"").splitlines():
        try:
            inside, outside, count = (int(number) for number in line.split())
        except ValueError:
            return None
        if outside <= uid < outside + count:
            return inside + uid - outside
    return None


def apparmor(proc: Proc, pid: int) -> str:
    """The profile with its mode, `docker-default (enforce)`; `""` where AppArmor does not confine here."""
    text = proc.read(f"{pid}/attr/apparmor/current")
    if text is None:
        text = proc.read(f"{pid}/attr/current") or b""
        if text.count(b":") >= 2:  # SELinux's context stands in the same place
            return ""
    return text.rstrip(b"\0\n").decode(errors="replace")


def namespaces(proc: Proc, pid: int) -> dict[str, str]:
    """Namespace -> its identity (`net:[4026531840]`), without those that may not be read."""
    links = ((name, proc.link(f"{pid}/ns/{name}")) for name in NAMESPACES)
    return {name: link for name, link in links if link}


def shared(own: Mapping[str, str], *hosts: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the namespaces that are one of the `hosts`' own."""
    return tuple(name for name in NAMESPACES if name in own and any(own[name] == host.get(name) for host in hosts))
