"""Deploys as processes of their own, of one test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from machines.engines import clean_environment
from patience import patience

_TESTS = Path(__file__).parent.parent


class Holder:
    """A process that holds the lock, and the shell that works for it."""

    def __init__(self, state: Path, temporary: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "deploy.holder", str(state)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=clean_environment(TMPDIR=str(temporary), PYTHONPATH=str(_TESTS)),
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, command: str) -> str:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        return self.answer()

    def answer(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    def begin(self, command: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()

    def family(self) -> list[int]:
        """It, its shell, and what that runs just now."""
        return [self.pid, *descendants(self.pid)]

    def signal(self, number: signal.Signals, pids: list[int] | None = None) -> None:
        for pid in pids or [self.pid]:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue

    def end(self) -> None:
        pids = self.family()
        self.signal(signal.SIGKILL, pids)
        self.signal(signal.SIGCONT, pids)
        self._process.communicate(timeout=patience(20))


def descendants(pid: int) -> list[int]:
    """Its children, theirs, and so on."""
    found = [pid]
    for each in found:
        for task in Path(f"/proc/{each}/task").glob("*/children"):
            try:
                found += [int(child) for child in task.read_text().split()]
            except OSError:
                continue  # it ended meanwhile
    return found[1:]
