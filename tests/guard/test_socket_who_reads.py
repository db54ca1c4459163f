"""Nobody takes lists and events away from others by what they make, or stops a container by not reading."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

import pytest

from guard.people_host import PEOPLE
from guard.sockets import Listening, Reached
from machines.images import BUSYBOX
from machines.own_host import OwnHost

pytestmark = pytest.mark.engine

LABEL = "com.docker.compose.project"
_DEAF = """
import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(sys.argv[2].encode())
head = b""
while b"\\r\\n\\r\\n" not in head: head += s.recv(1)
sys.stdout.buffer.write(head); sys.stdout.buffer.flush()
time.sleep(3600)
"""


def deaf(host: OwnHost, user: str, request: str) -> Listening:
    """Somebody who reads the head of the answer, and no more."""
    who = ("setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--pdeathsig", "KILL")
    stream = Listening(
        subprocess.Popen(
            [*host.inside, *who, "/usr/bin/python3", "-c", _DEAF, PEOPLE, request],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
    )
    stream.wait_for(b"\r\n\r\n")
    return stream


@pytest.fixture
def loud(people_host: OwnHost) -> Iterator[str]:
    """A container of the shop that writes as fast as it can, and counts in a file what it wrote."""
    root = Reached(people_host, PEOPLE)
    script = 'i=0; l=$(head -c 4000 /dev/zero | tr "\\0" x); while :; do i=$((i+1)); echo $l; echo $i >/n; done'
    root.docker("run", "-d", "--name", "shop-loud", "--label", f"{LABEL}=shop", "--log-opt", "max-size=10m",
                "--log-opt", "max-file=2", BUSYBOX, "sh", "-c", script)  # fmt: skip
    yield "shop-loud"
    root.docker("rm", "-f", "shop-loud")


def written(host: OwnHost, name: str) -> int:
    said = Reached(host, PEOPLE).docker("exec", name, "cat", "/n", check=False).stdout.strip()
    return int(said or b"0")


def goes_on(host: OwnHost, name: str, lines: int) -> None:
    """It writes that many lines more."""
    before = written(host, name)
    host.wait(lambda: written(host, name) > before + lines, f"{name} writes on")


UPGRADE = "Host: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    "request_line, headers",
    [
        ("POST /containers/shop-loud/attach?stream=1&stdout=1 HTTP/1.1", UPGRADE),
        ("POST /containers/shop-loud/attach?stream=1&stdout=1 HTTP/1.1", "Host: x\r\nContent-Length: 0\r\n\r\n"),
        ("GET /containers/shop-loud/logs?follow=1&stdout=1 HTTP/1.1", "Host: x\r\n\r\n"),
    ],
    ids=["attach", "attach without an upgrade", "logs"],
)
def test_who_does_not_read_does_not_stop_a_container(
    people_host: OwnHost, loud: str, request_line: str, headers: str
) -> None:
    stream = deaf(people_host, "vera", f"{request_line}\r\n{headers}")
    try:
        goes_on(people_host, loud, 5000)  # 20 MB: more than lies on the way
    finally:
        stream.end()


def test_who_may_stop_it_may_also_let_it_wait(people_host: OwnHost, loud: str) -> None:
    """`docker run … | gzip` loses nothing, however slow gzip is."""
    stream = deaf(people_host, "opal", f"POST /containers/shop-loud/attach?stream=1&stdout=1 HTTP/1.1\r\n{UPGRADE}")
    try:
        last = -1

        def stands() -> bool:
            nonlocal last
            before, last = last, written(people_host, loud)
            return before == last

        people_host.wait(stands, "it waits for its reader")
        assert stands()
    finally:
        stream.end()
    goes_on(people_host, loud, 1000)


def test_who_does_not_read_events_holds_up_nobody(people_host: OwnHost) -> None:
    """The engine waits 100 ms with each event for everybody who has not read the 1,024 before it."""
    root, wide = Reached(people_host, PEOPLE), "x" * 60_000
    root.docker("create", "--name", "shop-wide", "--label", f"{LABEL}=shop", "--label", f"b={wide}", BUSYBOX, "true")
    listener = deaf(people_host, "vera", "GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
    try:
        script = "for i in $(seq 160); do docker rename shop-wide shop-wider; docker rename shop-wider shop-wide; done"
        root.host.run("sh", "-c", script)
        people_host.wait(
            lambda: "4 MiB waited for it" in people_host.read("/var/log/guard"),
            "who did not read is disconnected",
        )
    finally:
        listener.end()
        root.docker("rm", "-f", "shop-wide", "shop-wider", check=False)


def test_what_is_kept_of_a_container_is_bounded(people_host: OwnHost) -> None:
    dora = Reached(people_host, PEOPLE, "dora")
    for body in (
        {"Labels": {LABEL: "shop", "b": "x" * 1_900_000}},
        {"Labels": {LABEL: "shop"}, "Env": ["A=" + "x" * 300_000]},
        {"Labels": {LABEL: "shop"}, "Cmd": ["x" * 300_000]},
    ):
        answer = dora.ask("POST", "/containers/create?name=shop-big", {"Image": BUSYBOX, **body})
        assert answer.status == 403 and b"guard/size" in answer.body, answer.body[:300]
    answer = dora.ask("POST", "/volumes/create", {"Name": "shop_big", "Labels": {LABEL: "shop", "b": "x" * 100_000}})
    assert answer.status == 403 and b"guard/size" in answer.body, answer.body[:300]


def test_lists_and_events_stay_whoever_made_them_long(people_host: OwnHost) -> None:
    """What was made before, or by an admin, is larger than the guard lets others make it."""
    root, opal = Reached(people_host, PEOPLE), Reached(people_host, PEOPLE, "opal")
    names = [f"bank-long-{each}" for each in range(20)]
    events = opal.begin("GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
    try:
        events.wait_for(b"200 OK")
        for name in names:
            body = {"Image": BUSYBOX, "Cmd": ["true"], "Labels": {LABEL: "bank", "b": "x" * 1_900_000}}
            made = root.ask("POST", f"/containers/create?name={name}", body)
            assert made.status == 201, made.body[:300]
        for target in ("/containers/json?all=1", "/system/df"):
            answer = opal.ask("GET", target)
            assert answer.status == 200, (target, answer.body[:300])
            found = json.loads(answer.body)
            listed = found if isinstance(found, list) else found["Containers"]
            assert {name for each in listed for name in each["Names"]} >= {"/shop"}
            assert not any("bank" in name for each in listed for name in each["Names"])
        root.docker("restart", "-t", "0", "shop")
        events.wait_for(b'"restart"')
    finally:
        events.end()
        for name in names:
            root.docker("rm", "-f", name, check=False)
