"""^C ends the program within a second, whatever it waits for. Commands that take back first what they began run their
work by `run_to_its_end` (dockworthy/interruption.py) in place of this."""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType

GRACE = 0.7
"""Seconds that a command has to end by itself: to take away a file it was writing, to close its connections."""

INTERRUPTED = 130


def end_quickly_when_interrupted() -> None:
    """SIGINT raises KeyboardInterrupt, and ends the process where that alone does not."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        return  # started in the background by a shell without job control: whoever did that does not want ^C here
    signal.signal(signal.SIGINT, _interrupted)


def _interrupted(_signal: int, _frame: FrameType | None) -> None:
    # A thread of its own: the main one may be waiting in a system call, or for threads that never come back.
    watchdog = threading.Timer(GRACE, os._exit, (INTERRUPTED,))
    watchdog.daemon = True
    watchdog.start()
    sys.unraisablehook = _nothing  # what is torn down half made has nothing to tell whoever interrupted it
    raise KeyboardInterrupt


def _nothing(_unraisable: object) -> None:
    pass
