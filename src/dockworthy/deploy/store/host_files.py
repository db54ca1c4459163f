"""The scripts by which a store writes on a host: each is sent after the functions that it calls.

Nothing but POSIX and sync, mktemp, base64, flock is there.
"""

from __future__ import annotations

from ...engine.host_shell import ScriptDone
from ...errors import DockworthyError, HostError, Occupied
from ...host_scripts import HostScript

ASIDE = ".new."
"""How files begin that are not whole yet. What a killed run left of them goes when the next one takes the lock."""

FLOOR = ".epochs"
"""Beside the projects' folders: the highest epoch of those that were removed."""

FENCED = 45
"""The status of a script that found a later epoch than its own."""

TOP = HostScript(__package__, "top.sh")
"""The function that finds the highest epoch."""
_PUT = HostScript(__package__, "put.sh")
_FENCE = HostScript(__package__, "fence.sh")


def writing() -> str:
    """The functions by which a script writes files, to stand before it and before its fence."""
    return _PUT.with_arguments(dw_aside=ASIDE)


def fence(folder: str, epoch: int) -> str:
    """After `writing()`, before the rest of a script: ends it with FENCED where somebody took over after `epoch`.

    `put` looks once more before it moves. What it made aside before the other one came is then gone, what it makes
    later it does not move: however long it is stopped in the middle, nothing of it comes into place.
    """
    return TOP.text + _FENCE.with_arguments(dw_locked=folder, dw_epoch=epoch)


def failed(done: ScriptDone, host: str, what: str) -> DockworthyError:
    """Why a script did not do `what` (as `PATH can't be written`)."""
    if done.status == FENCED:
        return taken_over(host)
    return HostError(
        f"{host}: {what}: {done.words or 'no reason was given'}",
        hint="is the disk full, or the file system read-only?",
    )


def taken_over(host: str, by: str = "") -> Occupied:
    return Occupied(
        f"this deploy was paused, and meanwhile another one took over on {host}{f': {by}' if by else ''}",
        hint="it did nothing since; `dockworthy releases` shows what became of its release",
    )
