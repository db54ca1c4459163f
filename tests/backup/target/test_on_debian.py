"""A store on a Debian as people have it: packages by apt, sshd as it is installed, a timer of systemd."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from backup.repositories import needs_restic
from machines.debian_host import DebianHost
from machines.engines import clean_environment
from machines.program import run_dockworthy
from patience import patience

pytestmark = [pytest.mark.engine, pytest.mark.ssh, needs_restic, pytest.mark.timeout(900)]


def test_a_debian_keeps_the_backups(debian: DebianHost, tmp_path: Path) -> None:
    policy = tmp_path / "dockworthy.yaml"
    policy.write_text(f"backup: {{key: {tmp_path}/key}}\n")
    environment = {
        "DOCKWORTHY_STATE": f"{tmp_path}/state",
        "DOCKER_HOST": "unix:///nonexistent/docker.sock",
        "PATH": os.environ["PATH"],
    }

    def target(*words: str) -> subprocess.CompletedProcess[str]:
        where = (debian.address, "--name", "shop", "--address", "127.0.0.1", "--policy", str(policy))
        return run_dockworthy("backup", "target", *where, *words, env=environment, inside=debian.network, timeout=300)

    accounts = debian.read("/etc/passwd")
    done = target("--yes")
    assert done.returncode == 0, done.stderr
    assert "apt-get install rclone restic" in done.stderr
    assert "to: [ssh:backup-shop@127.0.0.1:/srv/backups/shop]" in done.stderr
    assert debian.run("ls", "/usr/bin/rclone")
    [timer] = debian.shell("cd /etc/systemd/system && ls dockworthy-store-*.timer").split()
    assert debian.run("systemctl", "is-enabled", timer).strip() == "enabled"
    assert debian.run("systemctl", "is-active", timer).strip() == "active"
    service = timer.replace(".timer", ".service")
    debian.run("systemctl", "start", service)
    assert "nothing is old enough to go" in debian.run("journalctl", "-u", service, "--no-pager")
    assert "nothing to do" in target("--yes").stderr

    [kept] = (tmp_path / "state" / "backup").glob("*/restic")
    listed = subprocess.run(
        [*debian.network, "sh", kept, "snapshots"],
        capture_output=True,
        text=True,
        env=clean_environment(**environment),
        timeout=patience(60),
    )
    assert listed.returncode == 0 and "dockworthy:part=store" in listed.stdout, listed.stderr

    done = target("--remove", "--yes")
    assert done.returncode == 0, done.stderr
    assert debian.read("/etc/passwd") == accounts
    assert not debian.shell("ls /etc/systemd/system | grep dockworthy || true")
    assert debian.run("ls", "/srv/backups/shop/repository/config")
