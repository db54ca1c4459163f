"""Files on a file system that can hold them as they are: their containers stand still for that moment alone."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from machines.engines import OwnEngine, clean_environment
from patience import patience

from .one_service import OneService, until

pytestmark = pytest.mark.engine

SIZES = {"btrfs": "256M", "xfs": "320M"}
WRITES = """
trap 'exit 0' TERM
n=0
while n=$$((n + 1)); do
    for name in first second; do echo $$n >/data/new && mv /data/new /data/$$name; done
done
"""


@contextlib.contextmanager
def file_system(kind: str, folder: Path) -> Iterator[Path]:
    """A new one in a file, mounted on a new folder."""
    image, mounted = folder / "disk", folder / "disk.mounted"
    mounted.mkdir()
    subprocess.run(["truncate", "-s", SIZES[kind], image], check=True)
    subprocess.run([f"mkfs.{kind}", "-q", image], check=True, capture_output=True)
    subprocess.run(["mount", "-o", "loop", image, mounted], check=True)
    try:
        yield mounted
    finally:
        subprocess.run(["umount", "--lazy", mounted], check=True)


@pytest.fixture(params=["btrfs", "btrfs subvolume", "xfs"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A folder on such a file system."""
    kind, _, subvolume = request.param.partition(" ")
    with file_system(kind, tmp_path) as mounted:
        place = mounted / "shop" / "files"
        place.parent.mkdir()
        if subvolume:
            subprocess.run(["btrfs", "-q", "subvolume", "create", place], check=True)
        else:
            place.mkdir()
        yield place


@pytest.fixture
def project(
    own_engine: OwnEngine, busybox_image: str, tmp_path: Path, place: Path, request: pytest.FixtureRequest
) -> Iterator[OneService]:
    name = "".join(letter for letter in request.node.name.lower() if letter.isalnum())[:40]
    service = {"image": busybox_image, "command": ["sh", "-c", WRITES], "volumes": [f"{place}:/data"]}
    (place / "large").write_bytes(os.urandom(30_000_000))
    (place / "of a user").write_text("x")
    os.chown(place / "of a user", 7, 8)
    made = OneService(own_engine, tmp_path, f"moment-{name}", service)
    try:
        made.up()
        yield made
    finally:
        made.down()


def held(place: Path) -> list[Path]:
    return list(place.parent.glob(".dockworthy-moment.*"))


def dumped(project: OneService, place: Path, name: str) -> str:
    """A file of the newest snapshot of data, by the path that it had."""
    [restic] = project.shop.state.glob("backup/*/restic")
    words = ["sh", str(restic), "dump", "--tag", "dockworthy:part=files", "latest", f"{place}/{name}"]
    done = subprocess.run(words, capture_output=True, text=True, env=clean_environment(), timeout=patience(60))
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_saved_while_its_container_goes_on(project: OneService, place: Path) -> None:
    on_btrfs = "btrfs" in subprocess.run(["stat", "-fc", "%T", place], capture_output=True, text=True).stdout
    plan = " ".join(project.dockworthy("backup", "--dry-run").split())
    assert ("only until its file system holds them" in plan) is on_btrfs
    for _ in range(2):
        process = project.begin("backup")
        until(lambda: held(place) and not project.state["Paused"], "it never went on while its files are read")
        assert project.state["Running"]
        assert process.wait(patience(120)) == 0
        assert held(place) == []
        first, second = int(dumped(project, place, "first")), int(dumped(project, place, "second"))
        assert first in (second, second + 1), "it is of one moment"
    (place / "large").unlink()
    project.dockworthy("restore", "--yes")
    assert (place / "large").stat().st_size == 30_000_000
    assert ((place / "of a user").stat().st_uid, (place / "of a user").stat().st_gid) == (7, 8)
    assert project.state["Running"] and held(place) == []
    runs = json.loads(project.dockworthy("backup", "list", "--format", "json"))["snapshots"]
    assert len(runs) == 2


def test_what_a_killed_one_held_the_next_removes(project: OneService, place: Path) -> None:
    project.killed_when(lambda: bool(held(place)), "backup")
    until(lambda: not project.state["Paused"], "it stands still for good")
    assert held(place)
    project.dockworthy("backup")
    assert held(place) == [] and not list(project.shop.state.glob("backup/moment.*"))
