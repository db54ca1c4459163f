"""Which paths of the host belong to root alone; on real files."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dockworthy.cli.guard.in_force import loader
from dockworthy.errors import UnreadableInput
from dockworthy.guard.life.kept_policy import LivingPolicy
from dockworthy.guard.path_ownership import who_may_change, who_may_swap, who_may_write
from dockworthy.model.levels import Level

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


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda f: None, ""),
        (lambda f: os.chown(f / "a" / "p.yaml", 1000, 0), "belongs to user 1000"),
        (lambda f: (f / "a" / "p.yaml").chmod(0o664), "can be written by others"),
        (lambda f: (f / "a").chmod(0o777), "can be written by others"),
        (lambda f: os.chown(f / "a", 1000, 0), "belongs to user 1000"),
        (lambda f: (f / "a").chmod(0o1777), ""),
    ],
)
@pytest.mark.parametrize("link", ["", "a/p.yaml", "../{}/a/p.yaml", "folder/p.yaml"])
def test_a_file_that_others_than_root_change(
    folder: Path, change: Callable[[Path], object], says: str, link: str
) -> None:
    """Directly, by a link of root's, by one that leads up first, and by one through a folder that is a link."""
    (folder / "a").mkdir()
    (folder / "a" / "p.yaml").write_text("policy: {}")
    (folder / "folder").symlink_to(folder / "a")
    if link:
        (folder / "link").symlink_to(link.format(folder.name))
    change(folder)
    found = who_may_change(str(folder / "link") if link else str(folder / "a" / "p.yaml"))
    assert says in found if says else found == ""


def test_a_link_of_somebody_else(folder: Path) -> None:
    (folder / "p.yaml").write_text("policy: {}")
    (folder / "link").symlink_to("p.yaml")
    os.lchown(folder / "link", 1000, 1000)
    assert "link is a link that belongs to user 1000" in who_may_change(str(folder / "link"))
    (folder / "loop").symlink_to("loop")
    assert "too many links" in who_may_change(str(folder / "loop"))
    assert "can't be looked at" in who_may_change(str(folder / "none"))


@pytest.mark.parametrize("theirs", ["dockworthy.yaml", "base.yaml"])
async def test_a_guard_follows_no_policy_of_another_user(folder: Path, theirs: str) -> None:
    """Nor one that it extends. The last good one stays in force."""
    (folder / "base.yaml").write_text("policy: {level: restricted}")
    policy = folder / "dockworthy.yaml"
    policy.write_text("policy: {extends: base.yaml}")
    said = list[str]()
    living = LivingPolicy(loader(None, str(policy), followed=True), said.append)
    assert living().level is Level.RESTRICTED
    (folder / "base.yaml").write_text("policy: {level: baseline}")
    os.chown(folder / theirs, 1000, 1000)
    await living.read_anew()
    assert living().level is Level.RESTRICTED
    assert "the old one stays" in said[-1] and "belongs to user 1000" in said[-1]
    with pytest.raises(UnreadableInput, match="belongs to user 1000"):
        LivingPolicy(loader(None, str(policy), followed=True), said.append)
    assert loader(None, str(policy))()[0].level is Level.BASELINE
