"""Addresses of hosts, and the command lines that are made of them: nothing in an address is an option or a command."""

from __future__ import annotations

import json
import shlex
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockworthy.engine.endpoint import find_endpoint
from dockworthy.engine.ssh.address import SshAddress, ssh_address
from dockworthy.engine.ssh.commands import dial, first_connection, forward_socket, further_session, relay, shell_command
from dockworthy.errors import UsageError


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("ssh://shop", SshAddress("shop")),
        ("ssh://root@shop", SshAddress("shop", "root")),
        ("ssh://ci@shop.example.com:2222", SshAddress("shop.example.com", "ci", 2222)),
        ("ssh://Shop_1", SshAddress("Shop_1")),
        ("ssh://root@[2001:db8::7]:22", SshAddress("2001:db8::7", "root", 22)),
        ("ssh://root@shop/run/user/1000/docker.sock", SshAddress("shop", "root", None, "/run/user/1000/docker.sock")),
        ("ssh://root@shop/", SshAddress("shop", "root")),
        ("ssh://first.last%40corp@shop", SshAddress("shop", "first.last@corp")),
    ],
)
def test_addresses(url: str, address: SshAddress) -> None:
    assert ssh_address(url) == address
    assert ssh_address(address.url) == address


@pytest.mark.parametrize(
    "url",
    [
        "ssh://",
        "ssh://@",
        "ssh://-oProxyCommand=id",
        "ssh://root@-oProxyCommand=id",
        "ssh://-l@shop",
        "ssh://root:secret@shop",
        "ssh://shop:port",
        "ssh://shop:99999999",
        "ssh://sh op",
        "ssh://shop;id",
        "ssh://$(id)",
        "ssh://shop?x=y",
        "ssh://shop/a%0ab",
        "ssh://[::1",
    ],
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(UsageError) as error:
        ssh_address(url)
    assert "is no address of a host" in error.value.says
    assert "secret" not in error.value.says


@given(st.text(max_size=40))
def test_no_address_becomes_an_option(text: str) -> None:
    try:
        address = ssh_address(f"ssh://{text}")
    except UsageError:
        return
    command = first_connection(address, Path("/t/ssh"), seconds=5, sudo=False)
    where = command[command.index("--") :]
    assert where == ["--", address.host, "exec sh -s"]
    assert not address.host.startswith("-") and not address.user.startswith("-")


def test_the_first_connection_asks_nobody_and_trusts_as_the_user_does() -> None:
    command = first_connection(SshAddress("shop", "ci", 2222), Path("/t/50%/ssh"), seconds=7, sudo=False)
    assert command[:2] == ["ssh", "-T"]
    assert command[-7:] == ["-l", "ci", "-p", "2222", "--", "shop", "exec sh -s"]
    options = [command[place + 1] for place, word in enumerate(command) if word == "-o"]
    assert {"BatchMode=yes", "ControlMaster=yes", "ControlPath=/t/50%%/ssh", "ConnectTimeout=7"} <= set(options)
    assert not any("StrictHostKeyChecking" in option or "KnownHosts" in option for option in options)


@pytest.mark.parametrize(
    "command",
    [
        further_session(Path("/t/ssh"), "id"),
        forward_socket(Path("/t/ssh"), Path("/t/engine"), "/var/run/docker.sock"),
        dial(Path("/t/ssh"), "192.0.2.7", 6379),
    ],
)
def test_everything_else_goes_through_that_connection(command: list[str]) -> None:
    options = [command[place + 1] for place, word in enumerate(command) if word == "-o"]
    assert options == ["BatchMode=yes", "ProxyCommand=false", "ControlPath=/t/ssh"], "without it, nothing connects"
    assert command[1:3] == ["-F", "none"] or command[1:4] == ["-T", "-F", "none"]


def test_commands_survive_any_login_shell() -> None:
    """It sees one command whose words are quoted once: no variable, bracket or backslash for it to read."""
    for command in (shell_command(sudo=True), relay("/run/it's here/docker.sock")):
        words = shlex.split(command)
        assert words[:3] == ["exec", "sh", "-c"] and len(words) == 4
        subprocess.run(["sh", "-nc", words[3]], check=True)


def test_an_address_that_docker_would_take_is_taken_here_too(tmp_path: Path) -> None:
    assert find_endpoint("ssh://root@shop", {}) == "ssh://root@shop"
    assert find_endpoint(None, {"DOCKER_HOST": "ssh://root@shop:22/"}) == "ssh://root@shop:22"
    name = "far"
    folder = tmp_path / "contexts" / "meta" / sha256(name.encode()).hexdigest()
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text(json.dumps({"Endpoints": {"docker": {"Host": "ssh://ci@shop"}}}))
    assert find_endpoint(None, {"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTEXT": name}) == "ssh://ci@shop"
