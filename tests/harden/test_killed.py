"""Killed (kill -9, as a power failure would) before and after each change of a file: the next run ends it."""

from __future__ import annotations

import json

import pytest

from machines.own_host import OwnHost

from .conftest import two_containers

pytestmark = pytest.mark.engine

SETTINGS = '{"live-restore": true}'
WRITTEN = 4
"""The change that puts the settings in their place; before it come the run's entry, its state, the old settings."""
APPLY = ("harden", "--apply", "--yes", "--only", "engine/no-new-privileges")
DEADLY = """#!/bin/sh
# Every change of a stage's state and of a file ends with `mv`: at the chosen one everything of harden dies.
number=$(($(cat /run/moves 2>/dev/null || echo 0) + 1))
echo $number >/run/moves
die() { for p in $(pgrep -f 'guard.sh|do.sh|undo.sh|dockworthy harden'); do kill -9 $p; done; exit 1; }
[ "$number" != "$(cat /run/before 2>/dev/null)" ] || die
/run/real-mv "$@" || exit
[ "$number" != "$(cat /run/after 2>/dev/null)" ] || die
"""


def arm(host: OwnHost) -> None:
    host.run("cp", "/usr/bin/mv", "/run/real-mv")
    host.write("/run/deadly", DEADLY)
    host.run("chmod", "755", "/run/deadly")
    host.run("mount", "--bind", "/run/deadly", "/usr/bin/mv")


def test_undo_after_a_kill_takes_back_that_run_and_none_before_it(host: OwnHost) -> None:
    host.start_engine("{}")
    assert host.dockworthy("harden", "--apply", "--yes", "--only", "engine/live-restore").returncode == 0
    kept = host.read("/etc/docker/daemon.json")
    arm(host)
    host.write("/run/before", "5")  # the settings are written, and that they are is not
    assert host.dockworthy(*APPLY).returncode != 0
    assert "no-new-privileges" in host.read("/etc/docker/daemon.json")
    host.run("rm", "/run/before")
    assert host.dockworthy("harden", "--undo").returncode == 0
    assert host.read("/etc/docker/daemon.json") == kept
    assert host.dockworthy("harden", "--undo").returncode == 0
    assert host.read("/etc/docker/daemon.json") == "{}"


@pytest.mark.timeout(600)
def test_killed_at_each_step(host: OwnHost) -> None:
    """Before each change; and after that of the settings, when the engine does not know them yet."""
    host.start_engine(SETTINGS)
    running = two_containers(host)
    arm(host)
    moments = [("after", WRITTEN), *(("before", number) for number in range(1, 30))]
    for when, number in moments:
        host.write("/run/moves", "0\n")
        host.write(f"/run/{when}", str(number))
        killed = host.dockworthy(*APPLY)
        if killed.returncode == 0:
            break
        host.run("rm", f"/run/{when}")
        assert host.running() == running
        written = host.read("/etc/docker/daemon.json")
        assert written and (when == "before" or "no-new-privileges" in written), "never empty, never half"
        done = host.dockworthy(*APPLY)
        planned = json.loads(host.read("/etc/docker/daemon.json"))
        assert done.returncode == 0 and planned == {"live-restore": True, "no-new-privileges": True}, done.stderr
        assert host.dockworthy("harden", "--undo").returncode == 0
        assert host.read("/etc/docker/daemon.json") == SETTINGS and host.running() == running
    assert number >= 6, "it was killed at each of several steps"
