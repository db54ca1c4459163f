"""Files that only their owner reads, each written as a whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write(file: Path, content: bytes) -> None:
    """On the disk, also in place of an earlier one. No link is followed. Raises OSError."""
    aside = file.with_suffix(".new")
    aside.unlink(missing_ok=True)  # of one who was cut off
    with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
        written.write(content)
        written.flush()
        os.fsync(written.fileno())
    aside.replace(file)
