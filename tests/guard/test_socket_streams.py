"""A stream at the guard's socket ends with the role by which it was opened, and lasts as long as that."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from guard.people_host import PEOPLE, POLICY
from guard.sockets import Listening, Reached
from machines.own_host import OwnHost
from patience import patience

pytestmark = pytest.mark.engine


@pytest.fixture
def nils(people_host: OwnHost) -> Iterator[Reached]:
    """An operator for an hour."""
    given = people_host.dockworthy("guard", "grant", "nils", "operator", "--for", "1h", "--reason", "a test")
    assert given.returncode == 0, given.stderr
    yield Reached(people_host, PEOPLE, "nils")
    people_host.dockworthy("guard", "revoke", "nils")


def docker(reached: Reached, *arguments: str) -> Listening:
    command = [*reached.host.inside, *reached._as(), "setpriv", "--pdeathsig", "KILL", "env", "HOME=/tmp/nils",
               "docker", "-H", f"unix://{PEOPLE}", *arguments]  # fmt: skip
    return Listening(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT))


def test_what_a_grant_opened_ends_when_it_is_revoked(people_host: OwnHost, nils: Reached) -> None:
    vera = Reached(people_host, PEOPLE, "vera").begin("GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
    vera.wait_for(b"200 OK")
    events = nils.begin("GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
    events.wait_for(b"200 OK")
    logs = docker(nils, "logs", "-f", "shop")
    logs.wait_for(b"hello")
    shell = docker(nils, "exec", "-i", "shop", "sh", "-c", "echo begun; cat")
    shell.wait_for(b"begun")
    try:
        assert people_host.dockworthy("guard", "revoke", "nils").returncode == 0
        for stream in (events, logs, shell):
            stream.process.wait(patience(20))
        assert vera.process.poll() is None, "others' streams go on"
        said = people_host.read("/var/log/guard")
        assert said.count("A stream ends with the role that opened it (guard/roles): user nils has no role here") == 3
    finally:
        for stream in (events, logs, shell, vera):
            stream.end()


def test_a_grant_that_ends_leaves_the_role_that_stays(people_host: OwnHost, nils: Reached) -> None:
    """Who may look anyway goes on looking, but no longer at environments, or at other projects."""
    read_before = people_host.read("/var/log/guard").count("read again")
    people_host.write("/etc/dockworthy.yaml", POLICY + '    - {who: "user:nils", role: viewer, projects: [shop]}\n')
    people_host.wait(
        lambda: people_host.read("/var/log/guard").count("read again") > read_before, "the policy was read again"
    )
    logs, events = docker(nils, "logs", "-f", "shop"), nils.begin("GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
    try:
        logs.wait_for(b"hello")
        events.wait_for(b"200 OK")
        assert people_host.dockworthy("guard", "revoke", "nils").returncode == 0
        events.process.wait(patience(20))  # it showed all projects
        assert logs.process.poll() is None
    finally:
        logs.end()
        events.end()
        people_host.write("/etc/dockworthy.yaml", POLICY)


def test_a_web_socket_is_attached_as_the_engine_would(people_host: OwnHost) -> None:
    keys = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://docker\r\n"
    request = f"HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{keys}\r\n"
    query = "stream=1&stdin=1&stdout=1&logs=1"
    stream = Reached(people_host, PEOPLE, "opal").begin(f"GET /containers/shop/attach/ws?{query} {request}")
    try:
        stream.wait_for(b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")  # RFC 6455, section 1.3
        stream.wait_for(b"\x82\x06hello\n")
    finally:
        stream.end()
    vera = Reached(people_host, PEOPLE, "vera")
    assert vera.send(f"GET /containers/shop/attach/ws?{query} {request}".encode()).startswith(b"HTTP/1.1 403")
