"""Keeps a guard running: one that ends is followed by another, and a new version takes over from the one that serves.

The sockets are the keeper's. Whoever connects while no guard is there waits; the files stay the same, also for
containers into which they are mounted. TERM ends it, HUP goes to the guards, USR2 makes it restart from its file:
a new keeper, in the same process, that brings a new guard. The old one serves until the new one answers, and then
finishes its streams. Beside the guard that serves, a spare one waits, with all in memory that takes a while to load:
it serves as soon as that one is gone.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

from ....errors import DockworthyError
from ...listening import PathTaken
from .guards import Guard, KeeperSettings, become, leave_with_systemd, notify, open_all, read_kept, start

GUARDS = "DOCKWORTHY_GUARDS"
"""The variable by which a keeper tells its successor whom it has: the processes, the one that answers first."""
AGAIN_AFTER = 0.1
"""Seconds between the end of a guard that had no spare and the start of the next."""
SPARE_AFTER = 1.0
"""Seconds for which a guard has answered when its spare is started: those who waited for it come first."""
SPARE_AGAIN_AFTER = 60.0
"""And after a spare that ended: one that can't live must not use up the machine."""
END_WITHIN = 5.0
_TAKEN = 3
"""The exit status with which no service manager starts it again: the next start would find the same program there, or,
worse, a moment in which that program is being restarted."""
_HEARD = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR2)


class Keeper:
    def __init__(self, kept: KeeperSettings, file: Path) -> None:
        """Raises UsageError where a socket can't be made."""
        self._kept, self._file = kept, file
        self._opened = open_all(kept.sockets)
        inherited = [int(each) for each in os.environ.pop(GUARDS, "").split()]
        self._now = Guard(inherited[0], "") if inherited and inherited[0] else None
        self._leaving = set(inherited[1:])
        self._orphan = 0 if inherited else _orphan(Path(kept.serving))
        self._coming: Guard | None = None
        self._spare: Guard | None = None
        self._start_at, self._spare_at = 0.0, 0.0

    def run(self) -> None:
        """Until it is told to end."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
        if self._now is None:
            Path(self._kept.serving).unlink(missing_ok=True)
        _write(self._kept.pid_file, f"{os.getpid()}\n")
        leave_with_systemd(self._opened)
        self._begin()
        while True:
            heard = signal.sigtimedwait(_HEARD, self._patience())
            if heard is not None and heard.si_signo in (signal.SIGTERM, signal.SIGINT):
                return self._end()
            if heard is not None:
                self._hear(signal.Signals(heard.si_signo))
            self._look()

    def _patience(self) -> float:
        if self._coming or self._now is None:
            return 0.02 if self._coming else AGAIN_AFTER
        return 60.0 if self._spare else max(self._spare_at - time.monotonic(), 0.0)

    def _hear(self, number: signal.Signals) -> None:
        if number is signal.SIGHUP:
            for pid in {*self._leaving, *((self._now.pid,) if self._now else ())}:
                _tell(pid, number)  # one that comes reads what is there
        elif number is signal.SIGUSR2:
            if self._coming is not None:
                self._coming.tell(signal.SIGKILL)
            guards = [self._now.pid if self._now else 0, *self._leaving]
            try:
                become(self._kept.again, self._opened, more={GUARDS: " ".join(map(str, guards))})
            except OSError as error:
                _say(f"no new keeper can be started: {error}")

    def _look(self) -> None:
        self._bury()
        if self._coming is not None and self._coming.answers():
            if self._now is not None:
                self._leaving.add(self._now.pid)
                self._now.tell(signal.SIGUSR1)
            if self._orphan:
                _tell(self._orphan, signal.SIGUSR1)
            self._now, self._coming, self._orphan = self._coming, None, 0
            self._spare_at = time.monotonic() + SPARE_AFTER
            _write(self._kept.serving, f"{self._now.pid} {self._now.program}\n")
            notify("READY=1")
        elif self._coming is not None and self._coming.is_late:
            self._coming.tell(signal.SIGKILL)
        if self._coming is not None:
            return
        if self._now is None and time.monotonic() >= self._start_at:
            self._begin()
        elif self._now is not None and self._spare is None and time.monotonic() >= self._spare_at:
            self._put_by()

    def _begin(self) -> None:
        if self._spare is not None:
            self._coming, self._spare = self._spare, None
            self._coming.is_due()
            return
        try:
            self._coming = start(self._kept.command, self._opened)
        except OSError as error:
            _say(f"no guard can be started: {error}")
            self._start_at = time.monotonic() + 1.0

    def _put_by(self) -> None:
        """A spare; without one it goes on."""
        try:
            self._spare = start(self._kept.command, self._opened, waits=True)
        except OSError as error:
            _say(f"no spare guard can be started: {error}")
            self._spare_at = time.monotonic() + SPARE_AGAIN_AFTER

    def _bury(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while pid := os.waitpid(-1, os.WNOHANG)[0]:
                self._leaving.discard(pid)
                if self._now is not None and pid == self._now.pid:
                    self._now = None
                    self._start_at = time.monotonic() + (0.0 if self._spare else AGAIN_AFTER)
                elif self._spare is not None and pid == self._spare.pid:
                    self._spare.let_go()
                    self._spare = None
                    self._spare_at = time.monotonic() + SPARE_AGAIN_AFTER
                elif self._coming is not None and pid == self._coming.pid:
                    self._coming.let_go()
                    self._coming = None
                    self._start_at = time.monotonic() + AGAIN_AFTER
                    _say("the guard that was started ended" + ("; the one before stays" if self._now else ""))

    def _all(self) -> set[int]:
        return {*self._leaving, *(each.pid for each in (self._now, self._coming, self._spare) if each)}

    def _end(self) -> None:
        """Nobody is left behind; the sockets' files stay, and refuse."""
        until = time.monotonic() + END_WITHIN
        for pid in self._all():
            _tell(pid, signal.SIGTERM)
        while self._all() and time.monotonic() < until:
            signal.sigtimedwait((signal.SIGCHLD,), 0.05)
            self._bury()
        for pid in self._all():
            _tell(pid, signal.SIGKILL)
        for path in (self._kept.pid_file, self._kept.serving):
            Path(path).unlink(missing_ok=True)


def _tell(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _orphan(serving: Path) -> int:
    """The guard of a keeper that was killed: it serves on, until there is another. 0: none."""
    with contextlib.suppress(OSError, ValueError):
        pid = int(serving.read_text().split()[0])
        if b"\0guard\0serve\0" in Path(f"/proc/{pid}/cmdline").read_bytes():
            return pid
    return 0


def _write(path: str, text: str) -> None:
    beside = Path(f"{path}.new")
    beside.write_text(text)
    beside.replace(path)


def _say(text: str) -> None:
    print(f"keeping the guard: {text}", file=sys.stderr, flush=True)


def main() -> int:
    if len(sys.argv) != 2 or sys.argv[1] == "--help":
        print("keep.sh FILE: keeps the guard running that FILE describes")
        return 0 if sys.argv[1:] == ["--help"] else 2
    file = Path(sys.argv[1])
    try:
        Keeper(read_kept(file), file).run()
    except DockworthyError as error:
        _say(f"{error.says}; {error.hint}" if error.hint else error.says)
        return _TAKEN if isinstance(error, PathTaken) else 2
    return 0
