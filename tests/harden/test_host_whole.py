"""The whole of harden on a Debian whose systemd starts a real engine: what can be done stays, the rest is undone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from machines.debian_host import DebianHost

pytestmark = [pytest.mark.ssh, pytest.mark.program, pytest.mark.engine, pytest.mark.timeout(400)]

_CAP_SYS_RESOURCE = 24
_DONE = ("host/automatic-updates", "engine/live-restore", "engine/log-rotation")
_SHARED = ("host/kernel-capacity", "host/kernel-hardening")
"""What is the machine's own can't be changed from inside."""


def may_lower_scores() -> bool:
    """Is this machine allowed to lower one? A sandbox may not be, and its engine has 0 then."""
    lines = Path("/proc/self/status").read_text().splitlines()
    bounding = next(line.split()[1] for line in lines if line.startswith("CapBnd:"))
    return bool(int(bounding, 16) >> _CAP_SYS_RESOURCE & 1)


def score(debian: DebianHost) -> str:
    return debian.shell('cat "/proc/$(cat /run/docker.pid)/oom_score_adj"').strip()


def updates_leave_the_engine_alone(debian: DebianHost) -> None:
    """By unattended-upgrades' own reading of its settings."""
    dump = debian.run("apt-config", "dump")
    assert 'APT::Periodic::Unattended-Upgrade "1";' in dump
    script = (
        "import re, apt_pkg; apt_pkg.init_config(); "
        "names = apt_pkg.config.value_list('Unattended-Upgrade::Package-Blacklist'); "
        "print(*(p for p in ('docker.io', 'docker-ce', 'containerd', 'containerd.io', 'runc', 'bash', 'runcible') "
        "if any(re.match(name, p) for name in names)))"
    )
    assert debian.run("python3", "-c", script).split() == [
        "docker.io",
        "docker-ce",
        "containerd",
        "containerd.io",
        "runc",
    ]


def test_what_can_be_done_stays_and_the_rest_is_taken_back(debian: DebianHost) -> None:
    debian.write("/etc/systemd/system/docker.service.d/10-own.conf", "[Service]\nOOMScoreAdjust=0\n")
    debian.shell("DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends docker.io")
    before = debian.settings()
    assert score(debian) == "0"
    done = debian.dockworthy("harden", "--apply", "--yes", "--format", "json")
    told = json.loads(done.stdout)
    states = {step["id"]: step["state"] for step in told["steps"]}
    assert {states[id] for id in _DONE} == {"done"}
    assert {states.get(id, "taken back") for id in _SHARED} == {"taken back"}
    assert states["host/out-of-memory"] == ("done" if may_lower_scores() else "taken back")
    assert score(debian) == ("-500" if may_lower_scores() else "0")
    assert {"host/audit-rules", "host/time-sync"} <= {left["id"] for left in told["not_done"]}
    updates_leave_the_engine_alone(debian)
    settings = debian.settings()
    assert not [path for path in settings if path.startswith("./sysctl.d/60-dockworthy")]

    taken = debian.dockworthy("harden", "--undo")
    assert taken.returncode == 0, taken.stdout + taken.stderr
    assert score(debian) == "0"
    assert debian.settings() == before, "byte for byte"
    state = debian.run("dpkg-query", "-W", "-f", "${db:Status-Status}\n", "unattended-upgrades", check=False)
    assert "installed" not in state.split()
