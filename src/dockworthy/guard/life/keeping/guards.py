"""The guards of a keeper: one that answers, one that comes, and those that leave."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Mapping, Sequence

from ..readiness import READY
from ..spare import GO
from .handing import become

READY_WITHIN = 60.0
"""Seconds: a loaded machine is slow."""


class Guard:
    """A process that was started as `program` (where its files lie), and says when it answers."""

    def __init__(self, pid: int, program: str, ready: int = -1, go: int = -1) -> None:
        """`go`: it waits for its turn, and hears of it there."""
        self.pid, self.program, self._ready, self._go = pid, program, ready, go
        self._until = time.monotonic() + READY_WITHIN

    def is_due(self) -> None:
        """Its turn has come. It may have ended meanwhile: then it is buried like any other."""
        self._until = time.monotonic() + READY_WITHIN
        with contextlib.suppress(OSError):
            os.write(self._go, b"!")
        os.close(self._go)
        self._go = -1

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
        for descriptor in (self._ready, self._go):
            if descriptor >= 0:
                os.close(descriptor)
        self._ready = self._go = -1

    def tell(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)


def start(command: Sequence[str], opened: Mapping[str, int], *, waits: bool = False) -> Guard:
    """`waits`: for its turn. Raises OSError where no process can be made."""
    ready, told = os.pipe()
    turn, go = os.pipe() if waits else (-1, -1)
    pid = os.fork()
    if pid == 0:
        try:
            become(command, opened, telling={READY: told, **({GO: turn} if waits else {})})
        finally:
            os._exit(127)
    os.close(told)
    if waits:
        os.close(turn)
    os.set_blocking(ready, False)
    return Guard(pid, os.path.dirname(os.path.realpath(command[0])), ready, go)


__all__ = ["READY_WITHIN", "Guard", "start"]
