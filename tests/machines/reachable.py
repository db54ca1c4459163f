"""Folders of the tests that another user can come to."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def reachable_folder() -> Iterator[Path]:
    """An empty one that everybody may list and pass through; it is removed at the end."""
    folder = make_reachable("dockworthy-test-reachable-")
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def make_reachable(prefix: str) -> Path:
    """Not below pytest's folder: each run of pytest that starts on this machine closes that to others again."""
    place = Path(os.environ.get("DOCKWORTHY_TEST_FOLDER", "/var/tmp"))
    if place != Path("/var/tmp"):
        place.chmod(0o711)  # ./test made it for this run, and removes it with all that is in it
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place))
    folder.chmod(0o755)
    return folder
