"""What may stand in the place of a file: reading it never ends, or takes all memory."""

from __future__ import annotations

import os
import stat
from pathlib import Path

ODD = ("pipe", "device", "folder", "link to a device", "far too large")


def odd(path: Path, kind: str) -> Path:
    """Makes it; a device needs root."""
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device" and os.geteuid() == 0:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 5))
    elif kind == "folder":
        path.mkdir()
    elif kind == "far too large":
        with path.open("wb") as file:
            file.truncate(5_000_000_000)
    else:
        path.symlink_to("/dev/zero")
    return path
