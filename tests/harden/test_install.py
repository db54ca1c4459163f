"""From nothing to an engine that is fit, over ssh, on a Debian of the test's own; and the way back."""

from __future__ import annotations

import json

import pytest

from machines.debian_host import DebianHost

pytestmark = [pytest.mark.engine, pytest.mark.ssh, pytest.mark.timeout(600)]

_SLOW = 400.0
_OF_THE_KERNEL = ("host/kernel-capacity", "host/kernel-hardening", "host/out-of-memory", "host/network-sysctls")
"""What the host of a test must not change: it is the machine's kernel, too."""
APPLY = ("harden", "--install", "--apply", "--yes", *(word for id in _OF_THE_KERNEL for word in ("--skip", id)))


def packages(host: DebianHost) -> set[str]:
    """Names in any state that leaves something on the host."""
    return set(host.run("dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\\n").splitlines())


def test_from_nothing_to_ready_and_back(debian: DebianHost) -> None:
    before, group = packages(debian), debian.run("getent", "group", "docker", check=False)
    plan = debian.dockworthy("harden", "--install")
    assert plan.returncode == 1, plan.stdout + plan.stderr
    assert "+ docker.io " in plan.stdout and "FORWARD" in plan.stdout, plan.stdout
    assert packages(debian) == before, "a plan installs nothing"

    done = debian.dockworthy(*APPLY, timeout=_SLOW)
    assert done.returncode == 0, done.stdout + done.stderr
    version = json.loads(debian.run("docker", "version", "--format", "{{json .Server}}"))
    assert version["Version"]
    assert debian.run("docker", "compose", "version") and debian.run("docker", "buildx", "version")
    assert json.loads(debian.read("/etc/docker/daemon.json"))["live-restore"] is True

    installed, settings = packages(debian), debian.settings()
    again = debian.dockworthy(*APPLY, timeout=_SLOW)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "nothing to install" in again.stderr and "Nothing to do" in again.stdout
    assert (packages(debian), debian.settings()) == (installed, settings), "the second run changes nothing"

    taken = debian.dockworthy("harden", "--install", "--undo", timeout=_SLOW)
    assert taken.returncode == 0, taken.stdout + taken.stderr
    assert packages(debian) == before
    assert debian.run("getent", "group", "docker", check=False) == group
