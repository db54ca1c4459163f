"""Plugins that files register at the engine, and whether somebody listens there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from dockworthy.facts.host import read_host
from dockworthy.facts.host.root import Root
from dockworthy.model.field import Set, Unknown, Unset
from dockworthy.model.host import PluginFile

from .host_trees import ROOT_MOUNT, Tree

SOCKET = "/run/docker/plugins/shop.sock"
TCP = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 1\n"


def socket_at(tree: Tree, path: str) -> None:
    os.mknod(tree.path(path), stat.S_IFSOCK | 0o600)


def host(folder: Path, *listening: str, tcp: str = "") -> Tree:
    tree = Tree(folder / "host")
    tree.write("/proc/1/mountinfo", ROOT_MOUNT)
    tree.process(1, "/sbin/init")
    tree.network(dict(enumerate(listening, start=700)), tcp=tcp)
    return tree


def plugins(tree: Tree, *, as_root: bool = True) -> list[PluginFile]:
    root = Root(tree.folder)
    root.as_root = as_root
    found = read_host(root).plugins
    assert isinstance(found, Set), found
    return list(found.value)


def test_no_plugins(tmp_path: Path) -> None:
    tree = host(tmp_path)
    assert isinstance(tree.read().plugins, Unset)
    tree.path("/run/docker/plugins/x").parent.mkdir(exist_ok=True)
    assert plugins(tree) == []


@pytest.mark.parametrize("path", [SOCKET, "/run/docker/plugins/shop/shop.sock"])
@pytest.mark.parametrize(
    ("listening", "answers"),
    [
        ("{path}", True),
        ("/run/other.sock", False),
        ("/run/workshop.sock", False),
        ("{folder}/.shop.sock.12", True),  # renamed by who has bound it
        ("{folder}/.tmp-1", None),
        ("{folder}/.guard.sock.12", False),  # guard.sock is there
        ("/sockets/shop.sock", None),  # it may be bound in a container
    ],
)
def test_a_socket(tmp_path: Path, path: str, listening: str, answers: bool | None) -> None:
    tree = host(tmp_path, listening.format(path=path, folder=os.path.dirname(path)))
    socket_at(tree, path)
    tree.write(f"{os.path.dirname(path)}/guard.sock")
    (found,) = plugins(tree)
    assert (found.path, found.address, found.answers, bool(found.gap)) == (
        path, f"unix://{path}", answers, answers is None
    )  # fmt: skip


def test_one_that_a_container_serves(tmp_path: Path) -> None:
    """Its own network namespace has a table of its own."""
    tree = host(tmp_path)
    socket_at(tree, SOCKET)
    tree.process(50, "/shop")
    tree.path("/proc/50/ns/net").unlink()
    tree.link("/proc/50/ns/net", "net:[4026539999]")
    tree.network({900: SOCKET}, pid=50)
    assert [each.answers for each in plugins(tree)] == [True]


def test_only_root_says_that_nobody_listens(tmp_path: Path) -> None:
    tree = host(tmp_path)
    socket_at(tree, SOCKET)
    (found,) = plugins(tree, as_root=False)
    assert found.answers is None and "root" in found.gap and found.tell


def test_without_the_tables_of_the_kernel_nothing_is_said(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "bare")
    socket_at(tree, SOCKET)
    assert [each.answers for each in plugins(tree)] == [None]


@pytest.mark.parametrize(
    ("name", "text", "answers"),
    [
        ("shop.spec", "unix:///run/shop.sock\n", True),
        ("shop.spec", "unix:///run/gone.sock", False),
        ("shop/shop.spec", "unix:///run/gone.sock", False),
        ("shop.json", '{"Name": "shop", "Addr": "unix:///run/gone.sock"}', False),
        ("shop.json", '{"Addr": "tcp://127.0.0.1:8080"}', True),
        ("shop.json", '{"Addr": "https://localhost:8081/x"}', False),
        ("shop.spec", "tcp://user:hunter2@plugins.example:80/x", None),
        ("shop.spec", "tcp://localhost:x", None),
        ("shop.json", "{", None),
        ("shop.json", "[]", None),
    ],
)
@pytest.mark.parametrize("folder", ["/etc/docker/plugins", "/usr/lib/docker/plugins"])
def test_a_file_that_names_an_address(tmp_path: Path, folder: str, name: str, text: str, answers: bool | None) -> None:
    tree = host(tmp_path, "/run/shop.sock", tcp=TCP)
    socket_at(tree, "/run/shop.sock")
    tree.write(f"{folder}/{name}", text)
    (found,) = plugins(tree)
    assert (found.path, found.answers) == (f"{folder}/{name}", answers)
    assert bool(found.gap) is (answers is None)
    assert "hunter2" not in found.address


def test_a_socket_goes_before_a_file_of_its_name(tmp_path: Path) -> None:
    tree = host(tmp_path, SOCKET)
    socket_at(tree, SOCKET)
    tree.write("/etc/docker/plugins/shop.spec", "unix:///run/gone.sock")
    tree.write("/etc/docker/plugins/README", "no plugin")
    assert [each.path for each in plugins(tree)] == [SOCKET]


def test_a_folder_that_can_not_be_read_is_no_empty_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def names(self: Root, path: str) -> list[str]:
        if path == "/run/docker/plugins":
            raise PermissionError(13, "Permission denied", path)
        return usual(self, path)

    usual = Root.names
    monkeypatch.setattr(Root, "names", names)
    assert isinstance(host(tmp_path).read().plugins, Unknown)
