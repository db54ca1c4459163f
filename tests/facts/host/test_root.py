"""A root is a cage: whatever links say, nothing outside is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dockworthy.facts.host.root import Root, clean

from .host_trees import Tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    (tmp_path / "outside").write_text("outside")
    return Tree(tmp_path / "root")


def test_absolute_links_start_at_the_root_again(tree: Tree) -> None:
    tree.write("/usr/lib/os-release", "ID=inside")
    tree.link("/etc/os-release", "/usr/lib/os-release")
    assert Root(tree.folder).read("/etc/os-release") == "ID=inside"


@pytest.mark.parametrize("target", ["../outside", "../../../../outside", "/../outside", "//..//outside"])
def test_no_link_climbs_out(tree: Tree, target: str) -> None:
    tree.link("/escape", target)
    with pytest.raises(FileNotFoundError):
        Root(tree.folder).read("/escape")


def test_a_folder_that_is_a_link_stays_inside(tree: Tree, tmp_path: Path) -> None:
    tree.link("/etc", str(tmp_path))
    with pytest.raises(FileNotFoundError):
        Root(tree.folder).read("/etc/outside")


def test_links_in_a_circle_end(tree: Tree) -> None:
    tree.link("/a", "/b")
    tree.link("/b", "/a")
    with pytest.raises(OSError, match="symbolic links"):
        Root(tree.folder).read("/a")
    assert Root(tree.folder).identity("/a") == "/a"


def test_the_root_itself_may_be_a_link(tree: Tree, tmp_path: Path) -> None:
    tree.write("/etc/hostname", "shop")
    (tmp_path / "link").symlink_to(tree.folder)
    assert Root(tmp_path / "link").read("/etc/hostname") == "shop"


def test_what_is_no_regular_file_is_refused_at_once(tree: Tree) -> None:
    os.mkfifo(tree.path("/etc/fifo"))
    with pytest.raises(OSError, match="not a regular file"):
        Root(tree.folder).read("/etc/fifo")
    with pytest.raises(OSError, match="not a regular file"):
        Root(tree.folder).read("/etc")


@pytest.mark.parametrize("path", ["/a\0b", "/\ud800", "/" + "x" * 5000])
def test_a_path_that_is_none_is_an_os_error(tree: Tree, path: str) -> None:
    for root in (Root(tree.folder), Root(Path("/"))):
        with pytest.raises(OSError):
            root.read(path)


def test_errors_name_the_hosts_own_path(tree: Tree) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        Root(tree.folder).read("/etc/nothing")
    assert caught.value.filename == "/etc/nothing"


def test_a_file_beyond_all_bounds_is_refused(tree: Tree) -> None:
    tree.write("/big")
    os.truncate(tree.path("/big"), 40 * 1024 * 1024)
    with pytest.raises(OSError, match="too large"):
        Root(tree.folder).read("/big")


def test_odd_bytes_become_valid_text(tree: Tree) -> None:
    tree.write("/x", b"caf\xe9")
    assert Root(tree.folder).read("/x") == "caf\ufffd"
    assert clean(os.fsdecode(b"caf\xe9")) == "caf\ufffd"
    assert clean("caf\u00e9") == "caf\u00e9"
    clean("\ud800").encode()
