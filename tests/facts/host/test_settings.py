"""daemon.json and the command line: what the engine was told, and secrets left out of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dockworthy.facts.host.masking import mask_text, mask_urls
from dockworthy.facts.host.settings import flag
from dockworthy.model.field import Set, Unknown, Unset

from .host_trees import Tree, debian


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return debian(Tree(tmp_path / "root"))


def settings(tree: Tree) -> dict[str, Any]:
    field = tree.read().daemon_json
    assert isinstance(field, Set), field
    return field.value


def test_absent_is_a_fact(tree: Tree) -> None:
    field = tree.read().daemon_json
    assert isinstance(field, Unset)
    assert field.source.where == "/etc/docker/daemon.json"


@pytest.mark.parametrize("content", ["", " \n", "\ufeff{}"])
def test_what_the_engine_takes_for_empty(tree: Tree, content: str) -> None:
    tree.write("/etc/docker/daemon.json", content)
    assert settings(tree) == {}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{\n  "live-restore": true,\n}', "line 3, column 1"),
        ('{\n  "café": tru }', "line 2, column"),
        ("{", "line 1, column 2"),
        ("[]", "isn't a JSON object"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": NaN}', "line 1, column"),
    ],
)
def test_what_is_not_json_says_where(tree: Tree, content: str, says: str) -> None:
    tree.write("/etc/docker/daemon.json", content)
    host = tree.read()
    assert isinstance(host.daemon_json, Unknown)
    assert says in host.daemon_json.reason
    assert "/etc/docker/daemon.json" in host.daemon_json.reason
    assert isinstance(host.kernel, Set), "everything else is still read"
    assert isinstance(host.storage, Unknown), "the data-root may be written there"


def test_secret_values_are_replaced_and_paths_are_not(tree: Tree) -> None:
    tree.write(
        "/etc/docker/daemon.json",
        """{"proxies": {"http-proxy": "http://ann:hunter2@proxy:3128", "no-proxy": "localhost"},
            "tlskey": "/etc/docker/key.pem", "registry-mirrors": ["https://ghp_hunter2@mirror"],
            "log-opts": {"splunk-token": "hunter2", "splunk-url": "https://splunk:8088", "max-size": "10m"}}""",
    )
    read = settings(tree)
    assert read == {
        "proxies": {"http-proxy": "http://ann:***@proxy:3128", "no-proxy": "localhost"},
        "tlskey": "/etc/docker/key.pem",
        "registry-mirrors": ["https://***@mirror"],
        "log-opts": {"splunk-token": "***", "splunk-url": "https://splunk:8088", "max-size": "10m"},
    }


def test_a_number_that_no_snapshot_can_hold(tree: Tree) -> None:
    tree.write("/etc/docker/daemon.json", '{"mtu": 99999999999999999999999999}')
    assert settings(tree) == {"mtu": "99999999999999999999999999"}


def test_the_file_that_the_command_line_names(tree: Tree) -> None:
    tree.process(450, "/usr/sbin/dockerd", "dockerd", "--config-file", "/srv/d.json", sockets=(700,))
    tree.write("/run/docker.pid", "450")
    tree.write("/srv/d.json", '{"data-root": "/srv/docker", "group": "ops"}')
    tree.write("/etc/group", "ops:x:7:bob\ndocker:x:105:ann\n")
    host = tree.read()
    assert isinstance(host.daemon_json, Set)
    assert isinstance(host.storage, Set)
    assert isinstance(host.docker_group, Set)
    assert host.storage.value.path == "/srv/docker"
    assert host.docker_group.value == ("bob",)
    assert "/srv/d.json" in host.files


@pytest.mark.parametrize(
    ("argv", "value"),
    [
        (["dockerd", "--data-root", "/a"], "/a"),
        (["dockerd", "--data-root=/a"], "/a"),
        (["dockerd", "-g", "/a"], "/a"),
        (["dockerd", "--data-root=/a", "--data-root=/b"], "/b"),
        (["dockerd", "--data-root"], None),
        (["dockerd", "--data-root-x=/a"], None),
        ([], None),
    ],
)
def test_flags(argv: list[str], value: str | None) -> None:
    assert flag(argv, "--data-root", "-g") == value


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("http://u:p@h/x@y", "http://u:***@h/x@y"),
        ("http://u:p@q@h", "http://u:***@h"),
        ("http://h:3128/a@b", "http://h:3128/a@b"),
        ("https://token@h", "https://***@h"),
        ("unix:///run/docker.sock", "unix:///run/docker.sock"),
    ],
)
def test_urls(text: str, masked: str) -> None:
    assert mask_urls(text) == masked


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ('Environment="API_TOKEN=a b" DB_PASSWORD=x', 'Environment="API_TOKEN=***" DB_PASSWORD=***'),
        ("Environment=HOME=/root\nPrivateTmp=yes", "Environment=HOME=/root\nPrivateTmp=yes"),
        ("ExecStart=/x --api-key=q -v", "ExecStart=/x --api-key=*** -v"),
    ],
)
def test_lines_of_a_unit(line: str, masked: str) -> None:
    assert mask_text(line) == masked
