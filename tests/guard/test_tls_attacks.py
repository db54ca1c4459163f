"""The drill's attacks by their form, and heads of two meanings, sent through TLS by somebody who may deploy."""

from __future__ import annotations

import json
import sys

import pytest

from guard.people_host import REMOTE, papers_of
from machines.images import BUSYBOX
from machines.own_host import OwnHost

pytestmark = pytest.mark.engine

_ALL = """
import json, socket, ssl, sys
from dockworthy.drills.guard import attacks
from dockworthy.drills.guard.asking import request_of
folder, address, names, raw = sys.argv[1], sys.argv[2].split(":"), json.loads(sys.argv[3]), json.loads(sys.argv[4])
context = ssl.create_default_context(cafile=f"{folder}/ca.pem")
context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")

def answer(request):
    with context.wrap_socket(socket.create_connection(address), server_hostname=address[0]) as there:
        try:
            there.sendall(request)
        except (BrokenPipeError, ConnectionResetError):
            pass  # an answer may come before a large request has gone out
        said = there.recv(12)
        return int(said.split()[1]) if said else 0

for attack in attacks():
    if attack.kind == "form" and not attack.hijack:
        print(json.dumps([attack.name, answer(request_of(attack, names))]))
for request in raw:
    print(json.dumps([request, answer(request.encode())]))
"""
_RAW = [
    f"{line} HTTP/1.1\r\nHost: x\r\n{lines}\r\n\r\n{rest}"
    for line, lines, rest in (
        ("GET /_ping", "Host: y", ""),
        ("POST /build", "Content-Type: application/x-www-form-urlencoded\r\nContent-Type: application/x-tar", ""),
        ("POST /containers/create", "Content-Length: 2\r\nContent-Length: 2", "{}"),
        ("POST /containers/create", "Content-Length: 2\r\nTransfer-Encoding: chunked", "2\r\n{}\r\n0\r\n\r\n"),
        ("POST /containers/create", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "{}"),
        ("POST /session", "Connection: Upgrade\r\nUpgrade: h2c\r\nUpgrade: tcp", ""),
    )
]


def test_no_attack_gets_through_as_a_deployer(people_host: OwnHost) -> None:
    names = {"image": BUSYBOX, "container": "shop", "api": "1.45", "host_network": "host", "bridge_network": "bridge"}
    folder = papers_of(people_host) / "robot"
    before = people_host.docker("ps", "-aq").stdout
    done = people_host.run(sys.executable, "-c", _ALL, str(folder), REMOTE, json.dumps(names), json.dumps(_RAW))
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) > 50 + len(_RAW)
    assert [answer for answer in answers if answer[1] < 400] == []
    assert {status for _, status in answers[-len(_RAW) :]} == {400}
    assert people_host.docker("ps", "-aq").stdout == before
