"""The engine's place when memory runs out, on a Debian whose systemd starts the engine: at once, without a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from machines.debian_host import DebianHost

pytestmark = [pytest.mark.ssh, pytest.mark.program, pytest.mark.engine, pytest.mark.timeout(300)]

CONTROL = "host/out-of-memory"
_CAP_SYS_RESOURCE = 24


def may_lower_scores() -> bool:
    """Is this machine allowed to lower one? A sandbox may not be, and its engine has 0 then."""
    lines = Path("/proc/self/status").read_text().splitlines()
    bounding = next(line.split()[1] for line in lines if line.startswith("CapBnd:"))
    return bool(int(bounding, 16) >> _CAP_SYS_RESOURCE & 1)


def engine(debian: DebianHost) -> tuple[str, str]:
    """Its process, and that one's score."""
    pid = debian.read("/run/docker.pid").strip()
    return pid, debian.read(f"/proc/{pid}/oom_score_adj").strip()


def test_the_score_is_lowered_without_a_restart(debian: DebianHost) -> None:
    debian.write("/etc/systemd/system/docker.service.d/10-own.conf", "[Service]\nOOMScoreAdjust=0\n")
    debian.shell("DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends docker.io")
    before, running = debian.settings(), engine(debian)
    assert running[1] == "0"
    done = debian.dockworthy("harden", "--apply", "--yes", "--only", CONTROL)
    if may_lower_scores():
        assert done.returncode == 0, done.stdout + done.stderr
        assert engine(debian) == (running[0], "-500")
        assert "OOMScoreAdjust=-500" in debian.run("systemctl", "cat", "docker.service")
        assert debian.dockworthy("harden", "--undo").returncode == 0
    else:
        assert done.returncode == 1 and "could not be set" in done.stdout
    assert engine(debian) == running
    assert debian.settings() == before, "byte for byte"
