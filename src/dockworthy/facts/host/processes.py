"""One pass over all processes: who holds which socket. A process is told by its executable, never by its name."""

from __future__ import annotations

import os

from .container_processes import is_in_container
from .elsewhere import Elsewhere
from .reading import number_or
from .root import Root, clean
from .trusted_accounts import TrustedAccounts


class Processes:
    """`holders`: socket inode -> pids that have it open, ascending. `unreadable`: how many hid their descriptors."""

    def __init__(self, root: Root) -> None:
        self._root = root
        self._trusted = TrustedAccounts(root)
        numbers = (number_or(name, 0) for name in root.names_or_none("/proc") if len(name) < 10)
        self.pids = tuple(sorted(pid for pid in numbers if pid))
        self.holders: dict[int, list[int]] = {}
        self.unreadable = 0
        proc = "" if isinstance(root, Elsewhere) else root.os_path(root.identity("/proc"), follow=False)
        for pid in self.pids:
            sockets, hidden = root.sockets_of(pid) if isinstance(root, Elsewhere) else _sockets_in(f"{proc}/{pid}/fd")
            for inode in dict.fromkeys(sockets):
                self.holders.setdefault(inode, []).append(pid)
            # What PID 1 holds decides nothing: it keeps sockets for others.
            self.unreadable += hidden and pid != 1

    def executable(self, pid: int) -> str:
        """The path of the program, also when it was replaced since it started; `""` where it can't be read."""
        try:
            return clean(self._root.link(f"/proc/{pid}/exe")).removesuffix(" (deleted)")
        except OSError:
            return ""

    def program(self, pid: int) -> str:
        """The executable's name. Where that can't be read, the kernel's short name of the process, which the process
        itself can choose: in brackets unless a trusted account started it, and without `/`, so that nothing takes it
        for `container/NAME` or another program. Source: prctl(2), PR_SET_NAME."""
        path = self.executable(pid)
        if path:
            return path.rsplit("/", 1)[-1]
        chosen = self._root.word(f"/proc/{pid}/comm").replace("/", "_")
        return chosen if not chosen or self._trusted.started(pid) else f"({chosen})"

    def running(self, *programs: str) -> int:
        """The first process of a service of the host whose executable has one of these names; 0 where there is none."""
        for pid in self.pids:
            is_called = self.executable(pid).rsplit("/", 1)[-1] in programs
            if is_called and self._trusted.started(pid) and not is_in_container(self._root, pid):
                return pid
        return 0

    def owner(self, inode: int) -> int:
        """Who holds a socket: not PID 1 where somebody else does (it keeps what it activates). 0: nobody seen."""
        held = self.holders.get(inode, []) if inode else []
        return next((pid for pid in held if pid != 1), held[0] if held else 0)


def _sockets_in(folder: str) -> tuple[list[int], bool]:
    """(inodes of the sockets among a process's descriptors, were some hidden)."""
    found: list[int] = []
    hidden = False
    try:
        descriptors = os.listdir(folder)
    except OSError as error:
        return [], isinstance(error, PermissionError)  # otherwise it ended meanwhile
    for descriptor in descriptors:
        try:
            target = os.readlink(f"{folder}/{descriptor}")
        except OSError as error:
            hidden = hidden or isinstance(error, PermissionError)
            continue
        if target.startswith("socket:["):
            found.append(number_or(target[8:-1], 0))
    return found, hidden
