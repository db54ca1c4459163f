"""harden's audit rules on a Debian: loaded by augenrules, measured, taken back; and refused where they can't be.

The kernel's audit is one for the whole machine, so no test may set it: `auditctl` is played by a script that notes
what it is given. auditd's package, augenrules and the files are real.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from machines.debian_host import DebianHost

pytestmark = [pytest.mark.ssh, pytest.mark.program, pytest.mark.timeout(300)]

CONTROL = "host/audit-rules"
RULES = "/etc/audit/rules.d/60-dockworthy.rules"
AUDITCTL = """#!/bin/sh
case $1 in
-s) echo 'enabled {enabled}' ;;
-R) cp "$2" /var/lib/loaded ;;
*) echo "$*" >>/var/lib/asked ;;
esac
"""


def engine_files(debian: DebianHost) -> None:
    debian.write("/etc/docker/daemon.json", "{}")
    debian.write("/etc/default/docker", "# none\n")


def play_auditctl(debian: DebianHost, path: str, *, enabled: int = 1) -> None:
    debian.write(path, AUDITCTL.format(enabled=enabled))
    debian.run("chmod", "755", path)


def install_auditd(debian: DebianHost) -> None:
    """It can't start here; its package is installed all the same, as on a host whose administrator did so."""
    debian.shell(
        "ln -s /dev/null /etc/systemd/system/auditd.service; ln -s /dev/null /etc/systemd/system/audit-rules.service"
    )
    debian.run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "--no-install-recommends", "auditd")


def plan(debian: DebianHost) -> dict[str, Any]:
    done = debian.dockworthy("harden", "--only", CONTROL, "--format", "json")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_rules_are_loaded_measured_and_taken_back(debian: DebianHost) -> None:
    engine_files(debian)
    install_auditd(debian)
    play_auditctl(debian, "/usr/sbin/auditctl")
    debian.write("/etc/audit/rules.d/50-own.rules", "-w /etc/passwd -p wa -k identity\n")
    debian.run("augenrules", "--load")
    before = debian.settings()
    done = debian.dockworthy("harden", "--apply", "--yes", "--only", CONTROL)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "-w /etc/docker/daemon.json -p wa -k docker" in debian.read(RULES)
    loaded = debian.read("/var/lib/loaded")
    assert "-w /etc/docker/daemon.json -p wa -k docker" in loaded and "identity" in loaded
    assert plan(debian)["steps"] == [], "the second run has nothing to do"

    taken = debian.dockworthy("harden", "--undo")
    assert taken.returncode == 0, taken.stdout + taken.stderr
    assert "-k docker" not in debian.read("/var/lib/loaded"), "the kernel has the old rules again"
    after = debian.settings()
    assert {path for path in before if before[path] != after.get(path)} == set()


def test_a_daemon_that_does_not_start_is_taken_away_again(debian: DebianHost) -> None:
    """Asked, this host says that the audit is its own; the daemon then finds that the kernel refuses it."""
    engine_files(debian)
    play_auditctl(debian, "/usr/local/sbin/auditctl")
    before = debian.settings()
    done = debian.dockworthy("harden", "--apply", "--yes", "--only", CONTROL)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "auditd does not run" in done.stdout
    assert debian.settings() == before
    assert (
        "installed" not in debian.run("dpkg-query", "-W", "-f", "${db:Status-Status}\n", "auditd", check=False).split()
    )


def test_a_guest_says_so_and_locked_rules_wait_for_a_reboot(debian: DebianHost) -> None:
    engine_files(debian)
    told = plan(debian)
    assert told["steps"] == []
    (left,) = told["not_done"]
    assert "container itself" in left["why"] and left["instead"]

    install_auditd(debian)
    play_auditctl(debian, "/usr/sbin/auditctl", enabled=2)
    (step,) = plan(debian)["steps"]
    assert step["effect"] == "reboot" and "locked" in step["why"]
    assert "$ augenrules" not in step["diff"]
