"""The command line: each command is a file here. It parses, calls one function of a room, and hands on the result."""

from __future__ import annotations


def main() -> int:
    """The program. Returns its exit status; nothing heavy is imported before a command needs it."""
    import gc

    gc.set_threshold(100_000, 50, 1_000)  # what is read holds few cycles: looking for them takes a fifth of a call
    from .interruption import INTERRUPTED, end_quickly_when_interrupted

    end_quickly_when_interrupted()
    try:
        from .run import run
    except KeyboardInterrupt:  # while the program is read in: there is nobody yet who could say more
        return INTERRUPTED
    status = run()
    gc.freeze()  # the interpreter's last looks for cycles take a sixth of a call, and the process ends anyway
    return status
