"""The guards of a keeper: one that answers, one that comes, and those that leave."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Mapping, Sequence

from .handing import become

READY_WITHIN = 60.0
"""Seconds: a loaded machine is slow."""


class Guard:
    """A process that was started as `program` (where its files lie), and says when it answers."""

    def __init__(self, pid: int, program: str, ready: int = -1) -> None:
        self.pid, self.program, self._ready = pid, program, ready
        self._until = time.monotonic() + READY_WITHIN

    def answers(self) -> bool:
        """From the moment at which it said so."""
        if self._ready < 0:
            return True
        with contextlib.suppress(BlockingIOError):
            if os.read(self._ready, 1):
                self.let_go()
                return True
        return False

    @property
    def is_late(self) -> bool:
        return self._ready >= 0 and time.monotonic() > self._until

    def let_go(self) -> None:
        if self._ready >= 0:
            os.close(self._ready)
        self._ready = -1

    def tell(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)


def start(command: Sequence[str], opened: Mapping[str, int]) -> Guard:
    """Raises OSError where no process can be made."""
    ready, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            become(command, opened, ready=told)
        finally:
            os._exit(127)
    os.close(told)
    os.set_blocking(ready, False)
    return Guard(pid, os.path.dirname(os.path.realpath(command[0])), ready)


__all__ = ["READY_WITHIN", "Guard", "start"]
