"""Names of files for people."""

from __future__ import annotations

import os
from typing import Final

HOME: Final = "/root"
"""What `~` means in somebody else's file: whose home it will be is hidden, and root's is the one that matters most."""


def as_written_here(path: str) -> str:
    """As a person who stands in this folder would write it."""
    whole = os.path.abspath(path)
    below = os.path.relpath(whole)
    return whole if below.startswith("..") else below
