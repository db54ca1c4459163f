"""The guard before its engine where no systemd keeps the order: an engine whose plugin is not there does not start."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ...errors import UsageError
from ...harden.engine_ways import ServiceManager
from . import kept_files
from .moving.way import DEFAULTS
from .places import Places

_SCRIPT = Path("/etc/init.d/docker")
_TOOLS = ("update-rc.d", "insserv", "chkconfig")
"""They read the headers of init scripts (X-Start-Before), and order them for a machine's start."""


def line_for(places: Places) -> bytes:
    """In the file that docker's init script reads first. One line, which any tool can take out."""
    start = f"[ ! -x {places.init} ] || {places.init} start || :"
    return (
        f"case ${{1:-}} in start | restart) {start} ;; esac # dockworthy-guard first: no engine without it\n".encode()
    )


def check_order(manager: ServiceManager) -> None:
    """Raises UsageError where an init script starts the engine, and nothing here can start the guard before it."""
    if manager is not ServiceManager.INIT_SCRIPT:
        return
    if not any(map(shutil.which, _TOOLS)) and not _reads_defaults():
        raise UsageError(
            f"the engine is started by {_SCRIPT}, and nothing here puts a script before it ({', '.join(_TOOLS)}): "
            "after the next start of this machine it would wait for its guard, and fail",
            hint="start the engine and the guard by a service manager that keeps an order, such as systemd",
        )


def order_in_words(manager: ServiceManager, places: Places, *, by_systemd: bool) -> tuple[str, ...]:
    """What keeps the order, or who has to."""
    if manager is ServiceManager.INIT_SCRIPT and not by_systemd:
        by = [f"`{_SCRIPT} start` ({DEFAULTS} says so)"] if _reads_defaults() else []
        by += ["a machine's start (by the headers of the script)"] if any(map(shutil.which, _TOOLS)) else []
        return (f"the guard comes before the engine at {' and at '.join(by)}",)
    if manager is ServiceManager.NOBODY:
        start = f"systemctl start {places.unit.name}" if by_systemd else f"{places.init} start"
        return (
            "no service of this machine starts the engine: whoever starts it must start the guard before, also after a "
            f"start of the machine: {start}. Without its guard the engine does not start",
        )
    return ()


def bring_order(manager: ServiceManager, places: Places) -> kept_files.Kept | None:
    """Gives back what was there; None where nothing is to be done. Raises OSError."""
    if manager is not ServiceManager.INIT_SCRIPT or not _reads_defaults():
        return None
    now = kept_files.look(DEFAULTS).content or b""
    if line_for(places) in now:
        return None
    return kept_files.write(DEFAULTS, line_for(places) + now)


def take_order_away(places: Places) -> None:
    """The rest of the file stays as it is, also where somebody changed it since. Raises OSError."""
    now = kept_files.look(DEFAULTS)
    if now.content is None or line_for(places) not in now.content:
        return
    left = now.content.replace(line_for(places), b"")
    if left:
        kept_files.write(DEFAULTS, left)
    else:
        DEFAULTS.unlink(missing_ok=True)


def _reads_defaults() -> bool:
    try:
        return os.access(_SCRIPT, os.X_OK) and "/etc/default/" in _SCRIPT.read_text(errors="replace")
    except OSError:
        return False


__all__ = ["bring_order", "check_order", "line_for", "order_in_words", "take_order_away"]
