"""Settings that somebody wrote and the engine was never started with: it is not harden that tries them first."""

from __future__ import annotations

import pytest

from machines.own_host import OwnHost

from .conftest import two_containers

pytestmark = pytest.mark.engine

BROKEN = '{"bip": "300.0.0.1/24"}'
"""The engine's own check agrees with it, and its start does not: the bridge's address is no address."""
ONE = ("harden", "--apply", "--yes", "--only", "engine/no-new-privileges")


def test_an_engine_is_not_restarted_with_what_nobody_tried(host: OwnHost) -> None:
    host.start_engine("{}")
    running = two_containers(host)
    host.write("/run/theirs.json", BROKEN)
    host.run("touch", "-d", "2001-01-01", "/run/theirs.json")
    # As rsync and packages write it: with an old time.
    host.run("sh", "-c", "cd /etc/docker && cp -p /run/theirs.json .theirs && mv .theirs daemon.json")
    plan = host.dockworthy("harden", "--only", "engine/no-new-privileges", "--only", "engine/live-restore")
    words = " ".join(plan.stdout.split())
    assert plan.returncode == 1 and "2 steps held back" in words and "somebody changed /etc/docker/daemon.json" in words
    assert words.count("with --force") == 1, "said once for both"
    for command in (ONE, ("harden", "--apply", "--yes", "--only", "engine/live-restore"), ("harden", "--for-swarm")):
        done = host.dockworthy(*command)
        assert done.returncode in (0, 1) and "stuck" not in done.stdout, done.stdout + done.stderr
        assert host.read("/etc/docker/daemon.json") == BROKEN and host.running() == running
    host.write("/etc/docker/daemon.json", "{}")
    held = host.dockworthy(*ONE)
    assert held.returncode == 1, "it can't be told from a file that was never tried"
    host.run("sh", "-c", "kill $(cat /var/run/docker.pid)")
    host.wait(lambda: host.run("test", "-e", "/var/run/docker.pid", check=False).returncode == 1, "the engine is down")
    host.start_engine()
    assert host.dockworthy(*ONE).returncode == 0, "a person has restarted it: now it is known to start"


def test_what_a_forced_restart_breaks_can_be_mended_and_left(host: OwnHost) -> None:
    host.start_engine("{}")
    running = two_containers(host)
    for way_out in ("--undo", "--forget"):
        host.write("/etc/docker/daemon.json", BROKEN)
        done = host.dockworthy(*ONE, "--force")
        assert done.returncode == 1, done.stdout + done.stderr
        # The engine is down by the mistake that was there before; nothing of ours is left in its settings.
        assert host.read("/etc/docker/daemon.json") == BROKEN
        assert "stuck" in done.stdout and "invalid CIDR address" in " ".join(done.stdout.split())
        if way_out == "--undo":
            host.write("/etc/docker/daemon.json", "{}")
        else:
            host.start_engine("{}")
        mended = host.dockworthy("harden", way_out)
        assert mended.returncode == 0, mended.stdout + mended.stderr
        assert host.read("/etc/docker/daemon.json") == "{}", "what a person mended stays"
        host.docker("start", "web", "worker")
        assert host.running().keys() == running.keys()
    assert "left as is" in host.dockworthy("harden", "--journal").stdout
    nothing = host.dockworthy("harden", "--forget")
    assert nothing.returncode == 2 and "nothing is stuck" in nothing.stderr
    assert host.dockworthy(*ONE).returncode == 0, "the next run begins anew"
