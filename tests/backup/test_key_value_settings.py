"""Whom a server of Valkey or Redis lets in, and where it listens, as what it was started with says."""

from __future__ import annotations

from typing import Any

import pytest

from dockworthy.backup.key_value_settings import Login, server_settings

FILES: dict[str, str] = {}


def settings(*command: str, environment: dict[str, str] | None = None, **files: str) -> Any:
    return server_settings(command, environment or {}, {f"/{name}": text for name, text in files.items()}.get)


def logins(*command: str, environment: dict[str, str] | None = None, **files: str) -> list[tuple[str, str]]:
    found = settings(*command, environment=environment, **files)
    assert found.logins[0] == Login(), "that it asks none is tried first"
    return [(each.user, each.password) for each in found.logins[1:]]


def test_without_any_word_it_listens_at_its_usual_port_and_asks_for_nothing() -> None:
    for command in ((), ("valkey-server",), ("docker-entrypoint.sh", "redis-server"), ("sleep", "1")):
        found = settings(*command)
        assert (found.port, found.socket, found.logins, found.values) == (6379, "", (Login(),), {})


@pytest.mark.parametrize(
    "command",
    [
        ("valkey-server", "--requirepass", "a b", "--port", "7000"),
        ("tini", "--", "/usr/bin/redis-server", "--port", "7000", "--RequirePass", "a b"),
        ("sh", "-c", "exec redis-server --port 7000 --requirepass 'a b'"),
        ("sh", "-c", 'mkdir -p /x && redis-server --port 7000 --requirepass "$SECRET" && echo done'),
        ("sh", "-c", 'redis-server --port 7000 --requirepass "${SECRET:?is missing}"'),
        ("redis-server", "/conf", "--port", "7000"),
    ],
)
def test_words_a_script_and_a_file_say_it(command: tuple[str, ...]) -> None:
    text = '# its own\nport 1\nrequirepass "a\\x20b"\n'
    found = settings(*command, environment={"SECRET": "a b"}, conf=text)
    assert found.port == 7000 and found.logins[1:] == (Login("", "a b"),)


def test_files_that_a_file_includes_also_itself() -> None:
    more = "include /conf\ninclude /none\nrequirepass 'x\\'y'\nport 0\nunixsocket /run/s\nbroken \"\n"
    found = settings("redis-server", "/conf", conf="include /more\ndir /data/sub\n", more=more)
    assert found.logins[1:] == (Login("", "x'y"),) and (found.port, found.socket) == (0, "/run/s")
    assert found.values["dir"] == "/data/sub"


def test_users_with_a_password_that_is_written_down() -> None:
    rules = (
        "user default off\nuser hashed on #abc ~* +@all\nuser gone off >old\nuser backup on >pass1 >pass2 +psync\n"
        "user open on nopass\n"
    )
    conf = f"aclfile /acl\nuser inline on >in +@all\n{rules.splitlines()[1]}\n"
    assert logins("valkey-server", "/conf", conf=conf, acl=rules) == [
        ("inline", "in"), ("backup", "pass1"), ("open", ""),
    ]  # fmt: skip


def test_variables_of_usual_images() -> None:
    environment = {
        "REDIS_PASSWORD": "a", "VALKEY_PASSWORD_FILE": "/file", "REDIS_PORT": "1", "PASSWORD": "no",
        "REDISCLI_AUTH": "b", "VALKEY_PASSWORD": "", "ALLOW_EMPTY_PASSWORD": "yes", "REDIS_PASSWORD_FILE": "/none",
    }  # fmt: skip
    assert logins("run.sh", environment=environment, file="c\n") == [("", "a"), ("", "c"), ("", "b")]


def test_one_that_listens_by_tls_alone_has_neither_port_nor_socket() -> None:
    found = settings("redis-server", "--port", "0", "--tls-port", "6379")
    assert not found.port and not found.socket
