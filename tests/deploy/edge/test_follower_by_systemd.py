"""The edge's follower where systemd keeps it running: with next to no rights, and gone with its unit."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

import pytest

from dockworthy.deploy.edge.following import Follower, FollowerPlaced
from dockworthy.deploy.edge.following.placing import UNIT
from dockworthy.engine.connection import Connection
from dockworthy.engine.host_shell import HostShell
from dockworthy.engine.site import Site
from dockworthy.engine.ssh.shell import RemoteShell
from machines.debian_host import DebianHost
from machines.engines import clean_environment
from patience import patience, wait_until

pytestmark = [pytest.mark.engine, pytest.mark.ssh, pytest.mark.timeout(600)]

T = TypeVar("T")
FOLDER = "/var/lib/dockworthy/edge"
ENGINE = """
import os, socket
listens = socket.socket(socket.AF_UNIX)
listens.bind("/run/docker.sock")
os.chmod("/run/docker.sock", 0o660)
listens.listen()
while True:
    asked = listens.accept()[0]
    open("/run/asked", "ab").write(asked.recv(1000))
    asked.close()
"""
"""It takes every request, and says nothing."""


def do(host: DebianHost, work: Callable[[Follower], Awaitable[T]]) -> T:
    async def inner() -> T:
        process = await asyncio.create_subprocess_exec(
            *host.inside, "sh", "-s", stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=clean_environment()
        )
        shell = RemoteShell(process)
        try:
            await shell.begin(b"", ends=asyncio.get_running_loop().time() + patience(20))
            engine = cast(Connection, None)  # nobody asks it
            site = Site(
                "debian", HostShell(shell, "debian"), engine, "", "/var/lib/dockworthy", socket="/run/docker.sock"
            )
            return await work(Follower(site, FOLDER))
        finally:
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()

    return asyncio.run(inner())


def test_it_is_a_unit_that_comes_back_and_goes_with_the_edge(debian: DebianHost) -> None:
    debian.write("/root/engine.py", ENGINE)
    debian.shell("systemd-run --quiet --unit=engine /usr/bin/python3 /root/engine.py")
    assert do(debian, lambda follower: follower.look()) == FollowerPlaced(UNIT)
    assert do(debian, lambda follower: follower.ensure()) == ""
    assert do(debian, lambda follower: follower.look()) == FollowerPlaced()
    assert debian.shell("systemctl is-enabled dockworthy-edge-follow.service").strip() == "enabled"
    wait_until(lambda: "GET /events" in debian.shell("cat /run/asked 2>/dev/null || true"), "the engine is asked")

    def pid() -> str:
        return debian.shell("systemctl show --property=MainPID --value dockworthy-edge-follow.service").strip()

    status = debian.read(f"/proc/{(first := pid())}/status")
    assert "CapEff:\t0000000000000000" in status and "NoNewPrivs:\t1" in status
    for _ in range(7):  # as often as they like
        debian.shell(f"kill -9 {(last := pid())}")
        wait_until(lambda last=last: pid() not in ("0", last), "it comes back")  # type: ignore[misc]
    assert pid() != first

    debian.shell(f"echo 'raise SystemExit(1)' >{FOLDER}/follow/follower.py; systemctl restart dockworthy-edge-follow")
    assert do(debian, lambda follower: follower.look()) == FollowerPlaced(UNIT)
    assert do(debian, lambda follower: follower.ensure()) == ""
    assert do(debian, lambda follower: follower.look()) == FollowerPlaced()

    last = pid()
    do(debian, lambda follower: follower.remove())
    assert debian.shell(f"ls -d {UNIT} {FOLDER}/follow /proc/{last} 2>/dev/null || true") == ""
    assert "dockworthy" not in debian.shell("systemctl list-units --all --no-legend 'dockworthy-*' | cat")
    do(debian, lambda follower: follower.remove())  # once more: nothing to do


def test_a_host_without_python_has_none_and_the_plan_says_so(debian: DebianHost) -> None:
    debian.shell("chmod a-x /usr/bin/python3*")
    said = do(debian, lambda follower: follower.look())
    assert said.missing == "" and "the host has no python3" in said.note
    assert do(debian, lambda follower: follower.ensure()) == ""
    assert debian.shell(f"ls -d {UNIT} {FOLDER} 2>/dev/null || true") == ""
