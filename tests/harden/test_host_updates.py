"""harden on a Debian with systemd: security updates install themselves, and all of it is taken back."""

from __future__ import annotations

import json

import pytest

from machines.debian_host import DebianHost

pytestmark = [pytest.mark.ssh, pytest.mark.program, pytest.mark.timeout(300)]

CONTROL = "host/automatic-updates"


def test_updates_are_installed_measured_and_taken_back(debian: DebianHost) -> None:
    before = debian.settings()
    plan = debian.dockworthy("harden", "--only", CONTROL)
    assert plan.returncode == 1, plan.stdout + plan.stderr
    assert "installs unattended-upgrades, and with it" in " ".join(plan.stdout.split())
    assert '+APT::Periodic::Unattended-Upgrade "1";' in plan.stdout
    assert debian.settings() == before, "a plan changes nothing"

    done = debian.dockworthy("harden", "--apply", "--yes", "--only", CONTROL)
    assert done.returncode == 0, done.stdout + done.stderr
    dump = debian.run("apt-config", "dump")
    assert 'APT::Periodic::Unattended-Upgrade "1";' in dump
    blacklist = [line for line in dump.splitlines() if line.startswith("Unattended-Upgrade::Package-Blacklist::")]
    assert any(r"containerd(\\.io)?$" in line for line in blacklist), blacklist
    again = debian.dockworthy("harden", "--only", CONTROL, "--format", "json")
    assert json.loads(again.stdout)["steps"] == [], "the second run has nothing to do"

    taken = debian.dockworthy("harden", "--undo")
    assert taken.returncode == 0, taken.stdout + taken.stderr
    assert debian.settings() == before
    assert debian.run("dpkg-query", "-W", "-f", "${db:Status-Status}", "unattended-upgrades", check=False) in (
        "", "not-installed",
    )  # fmt: skip
