"""An installation with the people's socket that was cut off before the move, on a host without systemd."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from machines.images import BUSYBOX
from machines.own_host import OwnHost, start_host

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

POLICY = """
policy: {level: restricted}
guard:
  registries: ["registry.example.com"]
"""
CUT_OFF = """
import os, sys
import dockworthy.guard.life.installing as installing
from dockworthy.__main__ import main
installing.move = lambda *_, **__: os._exit(137)
sys.argv = ["dockworthy", *sys.argv[1:]]
main()
"""


@pytest.fixture(scope="module")
def host(engines_folder: Path) -> Iterator[OwnHost]:
    host = start_host(engines_folder / "guard-cut-off")
    try:
        for place in ("/opt", "/usr/local"):
            host.run("mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", place)
        host.run("rm", "-rf", "/etc/dockworthy")
        host.write("/srv/strict.yaml", POLICY)
        host.start_engine({})
        host.load_busybox()
        yield host
    finally:
        host.stop()


def cut_off(host: OwnHost, *flags: str) -> None:
    done = host.run(sys.executable, "-c", CUT_OFF, "guard", "install", *flags, "--yes", check=False)
    assert done.returncode == 137, done.stderr


def privileged(host: OwnHost) -> subprocess.CompletedProcess[bytes]:
    return host.docker("run", "--rm", "--privileged", BUSYBOX, "true", check=False)


def test_the_engines_own_socket_stays(host: OwnHost) -> None:
    assert host.dockworthy("guard", "install", "--yes").returncode == 0
    cut_off(host, "--people")
    host.run("/etc/init.d/dockworthy-guard", "restart")
    assert host.docker("ps", check=False).returncode == 0
    assert b"denied by plugin dockworthy" in privileged(host).stderr, "the guard is there, as it was"
    done = host.dockworthy("guard", "uninstall", "--yes")
    assert done.returncode == 0, done.stderr
    assert host.docker("ps", check=False).returncode == 0


def test_it_is_finished_with_the_policy_that_it_was_given(host: OwnHost) -> None:
    cut_off(host, "--people", "--policy", "/srv/strict.yaml")
    untried = CUT_OFF.replace(
        "installing.move", "from dockworthy.guard.life import tried; tried.TRIED = (); tried._drilled = lambda _: (); _"
    )  # nor by a drill
    done = host.run(sys.executable, "-c", untried, "guard", "install", "--yes", check=False)
    assert b"was not tried" in done.stderr and b"docker.sock" in host.run("ls", "/run").stdout, done.stderr
    done = host.dockworthy("guard", "install", "--yes")
    assert done.returncode == 0 and "is finished, with --people" in done.stderr, done.stderr
    assert host.read("/etc/dockworthy/guard.yaml") == POLICY
    assert host.docker("ps", check=False).returncode == 0
    assert host.run("test", "-S", "/run/dockworthy-engine/docker.sock", check=False).returncode == 0
