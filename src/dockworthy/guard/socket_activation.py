"""What whoever started this process handed over: sockets that listen already, and a key. Source: sd_listen_fds(3).

Whoever keeps a guard running keeps these, so that a new guard answers where an old one did, and at no moment nobody.
"""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path

FIRST = 3
KEY = "key"
"""The name of a file in memory with KEY_BYTES random bytes: guards of one keeper know one another's tickets by it."""
KEY_BYTES = 32


def name_of(path: Path) -> str:
    """By the file, not by its path: one that was replaced meanwhile is another. Raises OSError."""
    seen = path.stat()
    return f"file-{seen.st_dev}-{seen.st_ino}"


@cache
def handed() -> dict[str, int]:
    """Name -> descriptor; no process that is started from here inherits them."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return {}
    names = os.environ.get("LISTEN_FDNAMES", "").split(":")
    found = {name: FIRST + number for number, name in enumerate(names) if name}
    for descriptor in found.values():
        os.set_inheritable(descriptor, False)
    return found


def handed_socket(path: Path) -> socket.socket | None:
    """The one that listens at `path`; None where none was handed over."""
    try:
        descriptor = handed().get(name_of(path))
        return None if descriptor is None else socket.socket(fileno=os.dup(descriptor))
    except OSError:
        return None


def handed_key() -> bytes | None:
    descriptor = handed().get(KEY)
    if descriptor is None:
        return None
    key = os.pread(descriptor, KEY_BYTES, 0)
    return key if len(key) == KEY_BYTES else None
