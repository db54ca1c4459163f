"""harden's time service on a Debian: switched on and off again; and said where the clock is somebody else's."""

from __future__ import annotations

import json

import pytest

from machines.debian_fixtures import StartDebian
from machines.debian_host import DebianHost

pytestmark = [pytest.mark.ssh, pytest.mark.program, pytest.mark.timeout(300)]

CONTROL = "host/time-sync"


def test_a_service_that_is_installed_is_switched_on_and_off_again(start: StartDebian) -> None:
    """chrony runs with -x: it may set the clock, and never does, for that is the machine's."""
    debian = start(may=("sys_time",))
    debian.write("/etc/default/chrony", 'DAEMON_OPTS="-x"\n')
    debian.run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "--no-install-recommends",
               "-o", "Dpkg::Options::=--force-confold", "chrony")  # fmt: skip
    debian.run("systemctl", "disable", "-q", "--now", "chrony")
    before = debian.settings()
    done = debian.dockworthy("harden", "--apply", "--yes", "--only", CONTROL)
    assert done.returncode == 0, done.stdout + done.stderr
    assert debian.run("systemctl", "is-active", "chrony") == "active\n"
    assert debian.run("systemctl", "is-enabled", "chrony") == "enabled\n"

    taken = debian.dockworthy("harden", "--undo")
    assert taken.returncode == 0, taken.stdout + taken.stderr
    assert debian.run("systemctl", "is-active", "chrony", check=False) == "inactive\n"
    assert debian.settings() == before


def test_a_host_that_may_not_set_its_clock_says_so(debian: DebianHost) -> None:
    done = debian.dockworthy("harden", "--only", CONTROL, "--format", "json")
    told = json.loads(done.stdout)
    assert told["steps"] == []
    (left,) = told["not_done"]
    assert "may not set its clock" in left["why"] and left["instead"]
