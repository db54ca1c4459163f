"""Accounts, the docker group, audit rules: who may do what, and who watches."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from dockworthy.model.field import Set, Unset
from dockworthy.model.host import Account

from .host_trees import Tree, debian


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return debian(Tree(tmp_path / "root"))


def accounts(tree: Tree) -> dict[str, Account]:
    field = tree.read().accounts
    assert isinstance(field, Set), field
    return {account.name: account for account in field.value}


def test_members_of_the_docker_group_by_either_way(tree: Tree) -> None:
    tree.write("/etc/passwd", "ann:x:1000:1000::/home/ann:/bin/bash\nbuild:x:1001:105::/:/bin/sh\n")
    field = tree.read().docker_group
    assert isinstance(field, Set)
    assert field.value == ("ann", "build")


def test_no_docker_group(tree: Tree) -> None:
    tree.write("/etc/group", "root:x:0:\n")
    assert isinstance(tree.read().docker_group, Unset)


def test_who_can_log_in_and_how(tree: Tree) -> None:
    tree.write(
        "/etc/passwd",
        "root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000::/home/ann:\nwww:x:33:33::/:/usr/sbin/nologin\n"
        "old::1002:1002::/home/old:/bin/sh\nnew:x:1003:1003::/home/new:/bin/sh\n+::::::\nbroken\n",
    )
    tree.write("/home/ann/.ssh/authorized_keys", "# mine\nssh-ed25519 AAAA ann\n\nssh-rsa BBBB\n")
    found = accounts(tree)
    assert found.keys() == {"root", "ann", "old", "new"}
    assert {name: account.password for name, account in found.items()} == {
        "root": "locked",
        "ann": "set",
        "old": "none",
        "new": "unknown",
    }
    assert (found["ann"].keys, found["ann"].keys_seen, found["ann"].shell) == (2, True, "/bin/sh")
    assert found["ann"].groups == ("docker", "ann")


def test_neither_hashes_nor_keys_are_kept(tree: Tree) -> None:
    tree.write("/home/ann/.ssh/authorized_keys", "ssh-ed25519 AAAAsecretkey ann\n")
    text = msgspec.json.encode(tree.read())
    assert b"secrethash" not in text
    assert b"secretkey" not in text


def test_keys_where_sshd_looks_for_them(tree: Tree) -> None:
    tree.write("/etc/ssh/sshd_config", "AuthorizedKeysFile /etc/ssh/keys/%u none\n")
    tree.write("/etc/ssh/keys/ann", "ssh-ed25519 AAAA\n")
    tree.write("/home/ann/.ssh/authorized_keys", "a\nb\n")
    assert accounts(tree)["ann"].keys == 1


def test_keys_that_cannot_be_read_may_be_there(tree: Tree) -> None:
    tree.path("/home/ann/.ssh/authorized_keys/x")
    assert accounts(tree)["ann"].keys_seen is False


def test_audit_that_is_not_installed_and_audit_without_rules(tree: Tree) -> None:
    assert isinstance(tree.read().audit_rules, Unset)
    tree.write("/etc/audit/auditd.conf", "")
    rules = tree.read().audit_rules
    assert isinstance(rules, Set)
    assert rules.value == ()


def test_audit_rules_each_once(tree: Tree) -> None:
    tree.write("/etc/audit/audit.rules", "## made by augenrules\n-D\n-w /usr/bin/dockerd  -k docker\n")
    tree.write("/etc/audit/rules.d/docker.rules", "-w /usr/bin/dockerd -k docker\n-w /etc/docker -k docker\n")
    tree.write("/etc/audit/rules.d/docker.rules.bak", "-w /nothing\n")
    rules = tree.read().audit_rules
    assert isinstance(rules, Set)
    assert rules.value == ("-D", "-w /usr/bin/dockerd -k docker", "-w /etc/docker -k docker")
