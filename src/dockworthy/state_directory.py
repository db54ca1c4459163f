"""Where dockworthy keeps what it must remember between two runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def state_directory(environ: Mapping[str, str]) -> Path:
    """Where dockworthy keeps what it must remember: where it is told, the system's place for root, the user's own."""
    if environ.get("DOCKWORTHY_STATE"):
        return Path(environ["DOCKWORTHY_STATE"])
    if os.geteuid() == 0:
        return Path("/var/lib/dockworthy")
    state = environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path(environ.get("HOME") or "/") / ".local" / "state") / "dockworthy"
