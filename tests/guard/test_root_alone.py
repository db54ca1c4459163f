"""Which paths of the host belong to root alone; on real files."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockworthy.guard.root_alone import who_may_swap, who_may_write

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="folders of root's are made")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Below folders that root alone can write, unlike /tmp."""
    made = Path(tempfile.mkdtemp(dir="/var/lib", prefix="dockworthy-test-"))
    yield made
    shutil.rmtree(made)


def test_what_root_made(folder: Path) -> None:
    (folder / "data").mkdir()
    assert who_may_write(str(folder / "data")) == who_may_swap(str(folder / "data")) == ""
    assert who_may_write(str(folder / "not" / "there")) == ""


def test_the_last_part_may_be_anybodys(folder: Path) -> None:
    (folder / "data").mkdir()
    os.chown(folder / "data", 1000, 1000)
    assert who_may_write(str(folder / "data")) == ""
    assert "belongs to user 1000" in who_may_write(str(folder / "data" / "x"))


def test_folders_that_others_write(folder: Path) -> None:
    (folder / "data" / "x").mkdir(parents=True)
    (folder / "data").chmod(0o775)
    for look in (who_may_write, who_may_swap):
        assert "can be written by others" in look(str(folder / "data" / "x"))


def test_links(folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "link").symlink_to(folder / "data")
    (folder / "out").symlink_to("/tmp")
    assert "is a link" in who_may_write(str(folder / "link"))
    assert who_may_swap(str(folder / "link")) == ""
    assert "can be written by others" in who_may_swap(str(folder / "out" / "x"))


def test_links_that_lead_nowhere(folder: Path) -> None:
    (folder / "round").symlink_to(folder / "round")
    (folder / "walks").symlink_to("data/../../x")
    assert "too many links" in who_may_swap(str(folder / "round"))
    assert "a link that walks" in who_may_swap(str(folder / "walks"))


def test_sockets_are_nothing_to_mount(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "s"))
    assert "no file and no folder" in who_may_write(str(folder / "s"))
    assert who_may_swap(str(folder / "s")) == "", "it was judged when its container was made"
