"""SQLite's own shell in an image, as an application that keeps its data in it: `sqlite3` of the distribution."""

from __future__ import annotations

import shutil

import pytest

from .engines import OwnEngine
from .images import busybox_root

IMAGE = "dockworthy-test-sqlite:1.0"


def make_sqlite_image(engine: OwnEngine) -> str:
    """Returns its name. Skips the test where there is no sqlite3."""
    if shutil.which("sqlite3") is None:
        pytest.skip("sqlite3 is not installed (sudo ./test installs it)")
    words = ("--change", "ENV PATH=/bin", "--change", 'CMD ["sleep", "86400"]')
    engine.docker("import", *words, "-", IMAGE, input=busybox_root("sqlite3"))
    return IMAGE
