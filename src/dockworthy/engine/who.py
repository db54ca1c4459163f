"""Who is at work: for journals, releases and locks."""

from __future__ import annotations

import getpass
import os
import socket


def who_runs() -> str:
    """The account that a person came with, and from which machine."""
    try:
        name = os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        name = f"uid {os.geteuid()}"
    return f"{name}@{socket.gethostname()}"
