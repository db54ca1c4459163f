"""The SSH server's settings as sshd itself reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockworthy.model.field import Set, Unset

from .host_trees import Tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "root")


def settings(tree: Tree, config: str) -> dict[str, str]:
    tree.write("/etc/ssh/sshd_config", config)
    field = tree.read().ssh
    assert isinstance(field, Set), field
    return field.value


def test_no_server_is_a_fact(tree: Tree) -> None:
    tree.write("/etc/ssh/ssh_config", "Host *\n")
    tree.process(9, "/usr/bin/grep", "grep", "sshd")
    assert isinstance(tree.read().ssh, Unset)


def test_a_server_without_a_file_has_its_defaults(tree: Tree) -> None:
    tree.write("/usr/sbin/sshd")
    field = tree.read().ssh
    assert isinstance(field, Set)
    assert field.value == {}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("PermitRootLogin no\nPermitRootLogin yes\n", {"permitrootlogin": "no"}),
        ("permitrootlogin=no", {"permitrootlogin": "no"}),
        ('PermitRootLogin "no" # why\n', {"permitrootlogin": "no"}),
        ("# PermitRootLogin no\n\n", {}),
        ("Port 22\nPort 2222\n", {"port": "22 2222"}),
        ("AllowUsers ann bob\nAllowUsers eve", {"allowusers": "ann bob eve"}),
        ("ChallengeResponseAuthentication no\n", {"kbdinteractiveauthentication": "no"}),
        ("X11Forwarding yes\nMatch User ann\nX11Forwarding no\nPermitRootLogin no\n", {"x11forwarding": "yes"}),
        ("PasswordAuthentication yes\nMatch all\nPasswordAuthentication no", {"passwordauthentication": "no"}),
    ],
)
def test_lines(tree: Tree, config: str, expected: dict[str, str]) -> None:
    assert settings(tree, config) == expected


def test_what_is_included_first_wins(tree: Tree) -> None:
    tree.write("/etc/ssh/sshd_config.d/50-cloud.conf", "PasswordAuthentication yes\n")
    tree.write("/etc/ssh/sshd_config.d/10-ours.conf", "PasswordAuthentication no\nMatch User x\nPermitRootLogin yes\n")
    tree.write("/etc/ssh/sshd_config.d/skip.bak", "X11Forwarding yes\n")
    config = "Include /etc/ssh/sshd_config.d/*.conf\nPasswordAuthentication yes\nPermitRootLogin no\n"
    assert settings(tree, config) == {"passwordauthentication": "no", "permitrootlogin": "no"}


def test_a_relative_include_is_one_of_etc_ssh_and_inside_match_it_is_left_out(tree: Tree) -> None:
    tree.write("/etc/ssh/extra.conf", "UseDNS no\n")
    assert settings(tree, "Include extra.conf\n") == {"usedns": "no"}
    assert settings(tree, "Match User x\nInclude extra.conf\n") == {}


def test_a_file_that_includes_itself_ends(tree: Tree) -> None:
    assert settings(tree, "Include sshd_config\nUseDNS no\n") == {"usedns": "no"}
